"""What the room of sessions refuses.

GessoError
├── Unauthenticated
│   ├── BadRefreshToken   401  not a token that a session goes on by, or not any more
│   └── TokenReused       401  it was used before: the session it belonged to is ended
├── Forbidden
│   ├── Forged            403  a browser's write that another site may have caused
│   └── SessionNeeded     403  a key cannot do this, only somebody who signed in
├── NotFound
│   └── NoSuchSession     404
├── TooMany
│   └── TooSoon           429  the session was refreshed a moment ago
└── Unavailable
    └── NoSigningKey      503  this machine has no key with which to sign access tokens
"""

from gesso.infra.errors import Forbidden, NotFound, TooMany, Unauthenticated, Unavailable


class BadRefreshToken(Unauthenticated):
    """The refresh token is not known, or its session is over; sign in again."""

    code = "bad_refresh_token"


class TokenReused(Unauthenticated):
    """The refresh token was used before, so somebody has a copy: its session is ended."""

    code = "refresh_token_reused"


class Forged(Forbidden):
    """A write by cookie that does not prove that our page sent it; `missing` says what lacks."""

    code = "forged_request"


class SessionNeeded(Forbidden):
    """Only somebody who signed in can do this; a key or a program cannot."""

    code = "session_needed"


class NoSuchSession(NotFound):
    """The caller has no such session."""

    code = "session_not_found"


class TooSoon(TooMany):
    """The session was refreshed a moment ago; `Retry-After` says when it can be again."""

    def __init__(self, message: str, *, seconds: float) -> None:
        """`seconds` until then."""
        super().__init__(message)
        self.retry_after = max(1, int(seconds + 0.999))


class NoSigningKey(Unavailable):
    """No access token can be signed here; see the log for the master key that is missing."""

    code = "signing_key_missing"
    retry_after = 5
