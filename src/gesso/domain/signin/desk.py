"""The desk: what every way in leans on, put together once a process."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from fastapi import Request

from gesso.domain import sessions
from gesso.domain.identity import User, UserIdentity
from gesso.domain.signin.hasher import Hasher
from gesso.domain.signin.letters import Language, change_letter
from gesso.infra.db import Database
from gesso.infra.entrance import SigninSettings
from gesso.infra.mail import Post
from gesso.infra.web import house_of
from gesso.kit.ids import public_id


@dataclass(frozen=True, slots=True)
class Desk:
    """The database, the post, and what only this house knows."""

    db: Database
    post: Post
    hasher: Hasher
    pepper: bytes
    settings: SigninSettings
    public_url: str
    name: str = "gesso"
    """What letters call the house."""

    def link(self, token: str) -> str:
        """Where a link leads. The token is behind `#`, so no server and no log on the way sees it;
        the page posts it to `/auth/link` when its reader says so.
        """
        return f"{self.public_url}/sign-in#{token}"


class SigninHouse(sessions.SessionHouse, Protocol):
    """What this room needs of the house beside what sessions do."""

    @property
    def front_desk(self) -> Desk:
        """The desk."""


def desk_of(request: Request) -> Desk:
    """The desk of the house that this request came into."""
    return cast(SigninHouse, house_of(request)).front_desk


def tell_change(
    desk: Desk, user: User, way: UserIdentity, what: Literal["added", "removed"], language: Language
) -> None:
    """Write to the address of before: whoever took the account over cannot keep it away."""
    desk.post.send(
        change_letter(
            what,
            to=user.email,
            language=language,
            name=desk.name,
            about=public_id("identity", way.id),
            way=way.email or way.issuer,
        )
    )


def pepper_of(signing_key: bytes) -> bytes:
    """The pepper of this house, made of the secret that it signs links with: every process has it,
    and no table does.
    """
    return hmac.digest(signing_key, b"gesso signin pepper", hashlib.sha256)
