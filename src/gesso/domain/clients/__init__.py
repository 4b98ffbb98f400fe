"""Clients: programs of a tenant that come in by themselves, with a secret of their own (OAuth)."""

from gesso.domain.clients.errors import (
    BadClient,
    ClientChanged,
    NoSuchClient,
    TooManyClients,
)
from gesso.domain.clients.service import (
    Issued,
    authenticate,
    create,
    get,
    page,
    revoke,
    rotate,
)
from gesso.domain.clients.tables import OAuthClient

__all__ = [
    "BadClient",
    "ClientChanged",
    "Issued",
    "NoSuchClient",
    "OAuthClient",
    "TooManyClients",
    "authenticate",
    "create",
    "get",
    "page",
    "revoke",
    "rotate",
]
