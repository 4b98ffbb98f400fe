"""Who may do what: roles, scopes, and the caller that they add up to."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from gesso.domain.identity.errors import BadEmail
from gesso.domain.identity.networks import Networks


class Role(StrEnum):
    """What a person is in their tenant, from the least to the most."""

    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"
    OWNER = "owner"


class Scope(StrEnum):
    """What a key or a session may be used for."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    WALLET_READ = "wallet:read"
    WALLET_WRITE = "wallet:write"
    ASSETS_READ = "assets:read"
    ASSETS_WRITE = "assets:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    OPERATOR = "operator"
    ADMIN = "admin"


_RANKS: Final = tuple(Role)
_SCOPES: Final = {
    Role.USER: frozenset(Scope) - {Scope.OPERATOR, Scope.ADMIN},
    Role.OPERATOR: frozenset(Scope) - {Scope.ADMIN},
    Role.ADMIN: frozenset(Scope),
    Role.OWNER: frozenset(Scope),
}
"""What each role carries. Whether an operator or admin runs the house or only looks after their own
organisation is a matter of the tenant: see `access`.
"""

BY_NAME_ALONE: Final = frozenset({Scope.KEYS_WRITE, Scope.ACCOUNT_WRITE})
"""Scopes that a key has only if they were asked for by name: with them it could outlive itself, or
end the account.
"""

_LABEL = r"[^@\s.\"(),:;<>\[\]\\]+"
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@{label}(\.{label})+".replace("{label}", _LABEL))
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has proved who they are, and what that proof allows: a key, or a session."""

    user_id: UUID
    tenant_id: UUID
    role: Role
    scopes: frozenset[Scope]
    key_id: UUID | None = None
    lineage: tuple[UUID, ...] = ()
    """The keys from which the key comes, the first one first."""
    session_id: UUID | None = None
    channel_id: UUID | None = None
    expires_at: datetime | None = None
    networks: Networks = ()
    """From where alone the key may be used; none: from anywhere."""
    proved_at: datetime | None = None
    """When they last proved who they are, where a session remembers it."""

    @property
    def keys(self) -> tuple[UUID, ...]:
        """The key in use and those from which it comes; none in a session."""
        return (*self.lineage, self.key_id) if self.key_id else ()

    @property
    def is_person(self) -> bool:
        """Whether somebody signed in; a key has no session, and a program's has no proof."""
        return self.session_id is not None and self.proved_at is not None

    @property
    def is_operator(self) -> bool:
        """Whether both the role and the key allow what operators do."""
        return Scope.OPERATOR in self.scopes


def scopes_for(role: Role) -> frozenset[Scope]:
    """Every scope that a key of somebody in this role can have."""
    return _SCOPES[role]


def may_appoint(by: Role, *roles: Role) -> bool:
    """Whether somebody in the role `by` may give, take and touch all of these: owners any, others
    only those below their own.
    """
    return by is Role.OWNER or all(_RANKS.index(role) < _RANKS.index(by) for role in roles)


def usual_scopes(role: Role) -> frozenset[Scope]:
    """What a key of somebody in this role has where nobody says what it should have."""
    return scopes_for(role) - BY_NAME_ALONE


def usable_scopes(role: Role, granted: Iterable[object]) -> frozenset[Scope]:
    """What a key allows today: who is no operator any more has no operator's key either."""
    known = {scope.value: scope for scope in scopes_for(role)}
    return frozenset(known[each] for each in granted if isinstance(each, str) and each in known)


def clean_email(text: str) -> str:
    """The address in the one form in which it is stored and looked up, or BadEmail."""
    email = unicodedata.normalize("NFC", text).strip().lower()
    printable = all(unicodedata.category(letter)[0] != "C" for letter in email)
    if len(email) > _LONGEST_EMAIL or not printable or not _EMAIL.fullmatch(email):
        raise BadEmail("This is not an e-mail address.")
    return email
