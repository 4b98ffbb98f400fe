"""How long what lasts, who visits, and what a session gives them when it opens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gesso.domain.identity import Role, Scope

ACCESS_LIFE: Final = timedelta(minutes=10)
"""An access token; whoever may not come in any more is out within two seconds all the same."""

LEEWAY: Final = timedelta(seconds=30)
"""By how much the clocks of those who sign and those who read may differ (RFC 7519, 4.1.4)."""

LIFE: Final = timedelta(days=30)
"""A session from sign-in to its end, however often it is refreshed."""

AGAIN: Final = timedelta(seconds=10)
"""For which a refresh may be repeated: its answer may have been lost on the way."""

PACE: Final = timedelta(seconds=5)
"""Between one refresh of a session and the next: each leaves a row."""

PREFIX: Final = "gsr_"
_LETTERS: Final = 43


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody comes, and with what."""

    ip: str
    agent: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that goes on from here. The refresh token is nowhere else: hand it over, or it is
    lost.
    """

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    role: Role
    scopes: frozenset[Scope]
    refresh_token: str
    expires_at: datetime
    """When the session ends, whatever is refreshed until then."""


def new_refresh_token() -> str:
    """A fresh one: 256 bits that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(32)


def is_refresh_token(text: str) -> bool:
    """Whether it could be one of ours at all."""
    return text.startswith(PREFIX) and len(text) == len(PREFIX) + _LETTERS and text.isascii()


def digest_of(token: str) -> str:
    """What stays of it: SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
