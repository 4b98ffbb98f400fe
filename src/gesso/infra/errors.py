"""Everything that gesso refuses, as problem+json (RFC 9457) with a code that never changes.

GessoError
├── Invalid         422  the request was read and makes no sense
├── Unauthenticated 401  nobody we know
├── Unpaid          402  the wallet does not cover it
├── Forbidden       403  known, but not allowed
├── NotFound        404  not there, or not yours: the answer is the same
├── Conflict        409  the thing is not in a state for that
├── TooLarge        413  more bytes than we take
├── TooMany         429  slower, please
└── Unavailable     503  a part of us is away; try again after `retry_after` seconds
"""

from collections.abc import Mapping
from typing import ClassVar


class GessoError(Exception):
    """A refusal that a client can act on: HTTP status, stable code, one sentence, further facts."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after: int | None = None

    def __init__(self, message: str, *, code: str | None = None, **facts: object) -> None:
        """`code` narrows the class's own; `facts` appear as members of the problem."""
        super().__init__(message)
        self.message = message
        self.kind = code or self.code
        self.facts: Mapping[str, object] = facts


class Invalid(GessoError):
    """The request was understood and makes no sense."""

    status = 422
    code = "invalid_request"


class Unauthenticated(GessoError):
    """No credentials, or none that we know."""

    status = 401
    code = "unauthenticated"


class Unpaid(GessoError):
    """The wallet does not cover what was asked."""

    status = 402
    code = "insufficient_credits"


class Forbidden(GessoError):
    """Known, but not allowed to do this."""

    status = 403
    code = "forbidden"


class NotFound(GessoError):
    """Not there, or not yours; nobody can tell which."""

    status = 404
    code = "not_found"


class Conflict(GessoError):
    """The thing is not in a state in which this can be done."""

    status = 409
    code = "conflict"


class TooLarge(GessoError):
    """More bytes than are taken here."""

    status = 413
    code = "too_large"


class TooMany(GessoError):
    """Too many requests; `retry_after` says when to come back."""

    status = 429
    code = "rate_limited"
    retry_after = 1


class Unavailable(GessoError):
    """A part that is needed is away; nothing was lost, and trying again is safe."""

    status = 503
    code = "unavailable"
    retry_after = 1
