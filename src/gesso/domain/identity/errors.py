"""What the room of identity refuses.

GessoError
├── Invalid
│   ├── BadEmail           422  not an address that mail could reach
│   └── BadKeyRequest      422  a key that could never be used
├── Forbidden
│   └── ScopeNotAllowed    403  the user's role does not carry this scope
├── NotFound
│   ├── NoSuchUser         404
│   └── NoSuchKey          404
└── Conflict
    ├── EmailTaken         409  somebody else has this address
    └── TooManyKeys        409  a user has at most a hundred usable keys
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid, NotFound


class BadEmail(Invalid):
    """The text is no e-mail address that mail could reach."""

    code = "bad_email"


class BadKeyRequest(Invalid):
    """A key that could never be used: without a name, without a scope, or expired already."""

    code = "bad_key_request"


class ScopeNotAllowed(Forbidden):
    """The user's role does not carry the scope that the key should have."""

    code = "scope_not_allowed"


class NoSuchUser(NotFound):
    """There is no such user in this tenant."""

    code = "user_not_found"


class NoSuchKey(NotFound):
    """The user has no such key."""

    code = "key_not_found"


class EmailTaken(Conflict):
    """A user of this tenant has this address already."""

    code = "email_taken"


class TooManyKeys(Conflict):
    """The user has a hundred usable keys; revoke one first."""

    code = "too_many_keys"
