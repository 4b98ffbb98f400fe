"""What sign-in looks like at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain.identity import LOCAL, UserIdentity
from gesso.domain.signin.codes import Promise
from gesso.domain.signin.limits import CODE_LIFE
from gesso.kit.ids import public_id

Email = Annotated[str, Field(min_length=3, max_length=320, examples=["anna@example.org"])]
Code = Annotated[
    str,
    StringConstraints(pattern=r"^\s*[0-9]{3}[ \-]?[0-9]{3}\s*$", max_length=20),
    Field(description="Six digits; pasted with a gap in the middle they are the same.",
          examples=["482913"]),
]  # fmt: skip
Password = Annotated[
    str, Field(min_length=1, max_length=1024, description="8 to 128 letters of any kind.")
]
ChallengeId = Annotated[
    str, Field(max_length=40, examples=["challenge_01jd3v8k2m5q7r9t1w3y5z7b9d"])
]
Slug = Annotated[str, Field(min_length=1, max_length=64, description="The name of a channel.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CodeWish(_Body):
    """Somebody would like to come in by e-mail."""

    email: Email
    channel: Slug = LOCAL


class AddressWish(_Body):
    """Somebody would like to be known by another address."""

    email: Email


class ChallengeOut(BaseModel):
    """A letter may be under way; whether one is, nobody can tell from this."""

    challenge_id: str
    kind: Literal["code", "link"] = Field(
        description="What the letter holds: six digits, or a link where many wrong codes were "
        "tried for this address today."
    )
    expires_in: int = Field(description="Seconds for which it is good.")
    resend_in: int = Field(description="Seconds after which it makes sense to ask again.")


class CodeIn(_Body):
    """What stood in the letter."""

    challenge_id: ChallengeId
    code: Code

    @property
    def digits(self) -> str:
        """The six digits alone."""
        return "".join(letter for letter in self.code if letter.isdigit())


class LinkTokenIn(_Body):
    """What stood behind `#` in the link."""

    token: str = Field(max_length=100)


class LoginIn(_Body):
    """An address and a password."""

    email: Email
    password: Password
    channel: Slug = LOCAL


class PasswordIn(_Body):
    """A new password, and the old one of whoever signed in more than ten minutes ago."""

    password: Password
    old_password: Password | None = None


class IdentityOut(BaseModel):
    """One way in which somebody is known."""

    id: str
    kind: Literal["email", "oidc", "handover"]
    issuer: str = Field(description="Who vouches for them; `email` where a letter of ours did.")
    subject: str = Field(description="As whom: the address, or the issuer's own name for them.")
    email: str | None
    is_email_verified: bool
    created_at: datetime
    last_used_at: datetime | None


class IdentitiesOut(BaseModel):
    """Every way in, at most twenty, the oldest first."""

    items: list[IdentityOut]
    has_password: bool


def challenge_out(promise: Promise) -> ChallengeOut:
    """What is told of a letter."""
    return ChallengeOut(
        challenge_id=public_id("challenge", promise.challenge_id),
        kind=promise.kind,
        expires_in=int(CODE_LIFE.total_seconds()),
        resend_in=promise.resend_in,
    )


def identity_out(way: UserIdentity) -> IdentityOut:
    """A way in, as its owner sees it."""
    return IdentityOut.model_validate(
        {
            "id": public_id("identity", way.id),
            "kind": way.kind,
            "issuer": way.issuer,
            "subject": way.subject,
            "email": way.email,
            "is_email_verified": way.is_email_verified,
            "created_at": way.created_at,
            "last_used_at": way.last_used_at,
        }
    )
