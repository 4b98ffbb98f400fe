"""Who does something: a caller over HTTP, or somebody at the command line."""

import getpass
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from gesso.domain.identity import known_caller
from gesso.infra.web import client_address
from gesso.kit.ids import public_id


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, by what they proved who they are, and from where."""

    name: str
    means: str
    tenant_id: UUID | None
    """None: the house's own."""
    address: str | None = None


def actor(request: Request) -> Actor:
    """Whoever was found to be calling this route."""
    caller = known_caller(request)
    if caller.key_id is not None:
        means = public_id("key", caller.key_id)
    elif caller.session_id is not None:
        means = public_id("session", caller.session_id)
    else:
        means = "token"
    address = client_address(request) or None
    return Actor(public_id("user", caller.user_id), means, caller.tenant_id, address)


def by_hand(tenant_id: UUID | None = None) -> Actor:
    """Whoever sits at this machine."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        login = "unknown"
    return Actor(f"cli:{login}", "shell", tenant_id)
