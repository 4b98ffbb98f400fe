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


class Role(StrEnum):
    """What a person is in their tenant, from the least to the most."""

    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"
    OWNER = "owner"


class Scope(StrEnum):
    """What a key may be used for."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    WALLET_READ = "wallet:read"
    ASSETS_READ = "assets:read"
    OPERATOR = "operator"


OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN, Role.OWNER})
"""Roles that may run the house: queues, settings, other people's tasks."""

_LABEL = r"[^@\s.\"(),:;<>\[\]\\]+"
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@{label}(\.{label})+".replace("{label}", _LABEL))
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has proved who they are, and what the key in their hand allows."""

    user_id: UUID
    tenant_id: UUID
    role: Role
    scopes: frozenset[Scope]
    key_id: UUID
    expires_at: datetime | None = None

    @property
    def is_operator(self) -> bool:
        """Whether both the role and the key allow to run the house."""
        return Scope.OPERATOR in self.scopes


def scopes_for(role: Role) -> frozenset[Scope]:
    """Every scope that a key of somebody in this role can have."""
    return frozenset(Scope) if role in OPERATORS else frozenset(Scope) - {Scope.OPERATOR}


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
