"""Channels as the API takes and shows them; a secret goes in and never comes out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from gesso.domain.channels.rules import RATE
from gesso.domain.channels.tables import ChannelSecret
from gesso.domain.identity import Channel
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text, micro_credits

Kind = Literal["local", "oidc", "handover"]
RoleName = Literal["user", "operator", "admin", "owner"]
Slug = Annotated[str, Field(min_length=2, max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S+( \S+)*$")]
Host = Annotated[
    str, Field(max_length=260, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$")
]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[!-~]+$")]
Where = Annotated[
    str, Field(min_length=1, max_length=200, description="A claim; dots lead inside.")
]
Rate = Annotated[str, Field(pattern=RATE, description='e.g. "60/minute".')]
Limits = dict[Literal["requests", "submits", "signins"], Rate]
_MOST_KEYS: Final = 20


def _amount(text: str) -> str:
    """ValueError unless it is a decimal number of credits that can be given."""
    if micro_credits(text) < 0:
        raise ValueError("nobody starts with less than nothing")
    return text


Credits = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$"), AfterValidator(_amount)]
Secret = Annotated[SecretStr, Field(min_length=8, max_length=4096)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Claims(_Body):
    """Which claim of the issuer's says what, and what its words for roles mean here."""

    email: Where = "email"
    email_verified: Where = "email_verified"
    name: Where = "name"
    role: Where | None = Field(None, description="None: everybody has the default role.")
    roles: dict[Annotated[str, Field(max_length=200)], RoleName] = Field(
        {}, max_length=100, description="Their word → our role; empty: their words are ours."
    )


class _Terms(_Body):
    hosts: list[Host] = Field([], max_length=20, description="Host names that it answers to.")
    issuer: Text | None = Field(None, description="As it names itself in its tokens, exactly.")
    client_id: Text | None = None
    secret: Secret | None = Field(
        None, description="The client's, or the one that a partner signs with; never shown again."
    )
    scopes: list[Text] = Field(["openid", "email", "profile"], max_length=20)
    client_auth: Literal["client_secret_basic", "client_secret_post", "none"] = (
        "client_secret_basic"
    )
    jwks_url: Text | None = Field(None, description="Where a partner's keys are.")
    keys: list[dict[str, Any]] = Field(
        [], max_length=_MOST_KEYS, description="A partner's keys as JWKs, pinned."
    )
    admits_new: bool = Field(True, description="Whether strangers become users by it.")
    trusts_email: bool = Field(
        False, description="Whether its addresses are taken for proved where it does not say."
    )
    claims: Claims = Claims()
    allowed_roles: list[RoleName] = Field(["user"], min_length=1, max_length=4)
    default_role: RoleName = "user"
    start_credits: Credits = "0"
    limits: Limits = {}


class ChannelIn(_Terms):
    """A new channel of the caller's tenant."""

    slug: Slug
    name: Name
    kind: Literal["oidc", "handover"]


class ChannelChange(_Terms):
    """What to change; what is left out stays. `secret: null` takes the secret away."""

    name: Name = ""
    is_active: bool = True
    rev: int | None = Field(None, ge=1, description="As it was read; or the header `If-Match`.")

    @model_validator(mode="after")
    def _something(self) -> "ChannelChange":
        if not self.model_fields_set - {"rev"}:
            raise ValueError("name at least one thing to change")
        return self


class SecretHintOut(BaseModel):
    """Enough of a secret to recognise it."""

    mask: str
    sha256: str | None


class ChannelOut(BaseModel):
    """A channel, without its secret."""

    id: str
    tenant_id: str
    slug: str
    name: str
    kind: Kind
    is_active: bool
    hosts: list[str]
    issuer: str | None
    client_id: str | None
    secret: SecretHintOut | None
    scopes: list[str]
    client_auth: str | None
    jwks_url: str | None
    keys: list[dict[str, Any]]
    admits_new: bool
    trusts_email: bool
    claims: Claims
    allowed_roles: list[RoleName]
    default_role: RoleName
    start_credits: str
    limits: Mapping[str, str]
    address: str | None = Field(
        description="What to register with the issuer: the redirect URI, or the token's audience."
    )
    rev: int
    created_at: datetime
    updated_at: datetime


_PROTOCOL: Final = ("scopes", "client_auth", "jwks_url", "keys")


def facts_of(body: _Terms) -> dict[str, Any]:
    """The columns that a body speaks of; of a change only what was given."""
    is_change = isinstance(body, ChannelChange)
    given = body.model_dump(exclude={"rev", "secret"}, exclude_unset=is_change)
    protocol = {name: given.pop(name) for name in _PROTOCOL if name in given}
    if "start_credits" in given:
        given["start_credits"] = micro_credits(given["start_credits"])
    if "claims" in given:
        given["claims"] = body.claims.model_dump()
    return {**given, "protocol": protocol}


def address_of(channel: Channel, public_url: str) -> str | None:
    """Where its issuer sends people back to, or what a partner's tokens name as their audience."""
    if channel.kind == "oidc":
        return f"{public_url}/auth/sso/{channel.slug}/callback"
    return f"{public_url}/auth/handover/{channel.slug}" if channel.kind == "handover" else None


def channel_out(channel: Channel, secret: ChannelSecret | None, public_url: str) -> ChannelOut:
    """A channel as its admins see it."""
    protocol: Mapping[str, Any] = channel.protocol
    return ChannelOut.model_validate(
        {
            **{name: getattr(channel, name) for name in _SHOWN},
            "id": public_id("chan", channel.id),
            "tenant_id": public_id("tenant", channel.tenant_id),
            "secret": dict(secret.hint) if secret else None,
            "scopes": protocol.get("scopes", []),
            "client_auth": protocol.get("client_auth"),
            "jwks_url": protocol.get("jwks_url"),
            "keys": protocol.get("keys", []),
            "start_credits": credits_text(channel.start_credits),
            "address": address_of(channel, public_url),
        }
    )


_SHOWN: Final = (
    "slug", "name", "kind", "is_active", "hosts", "issuer", "client_id", "admits_new",
    "trusts_email", "claims", "allowed_roles", "default_role", "limits", "rev", "created_at",
    "updated_at",
)  # fmt: skip
