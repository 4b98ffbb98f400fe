"""What the room of clients refuses.

GessoError
├── Invalid
│   └── BadClient       422  a client without a name or a scope could do nothing
├── NotFound
│   └── NoSuchClient    404  the tenant has no such client, or not any more
└── Conflict
    ├── ClientChanged   409  somebody else gave it a new secret, or revoked it, just now
    └── TooManyClients  409  a tenant has at most a hundred of them
"""

from gesso.infra.errors import Conflict, Invalid, NotFound


class BadClient(Invalid):
    """A client that could never be used: without a name, without a scope, or with an operator's."""

    code = "bad_client"


class NoSuchClient(NotFound):
    """The tenant has no such client, or it was revoked."""

    code = "client_not_found"


class ClientChanged(Conflict):
    """Somebody else gave the client a new secret, or revoked it, at the same time."""

    code = "client_changed"


class TooManyClients(Conflict):
    """The tenant has a hundred clients; revoke one first."""

    code = "too_many_clients"
