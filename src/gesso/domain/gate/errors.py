"""What the gate refuses.

GessoError
├── NotFound
│   └── NoSuchDoor        404  the request names a channel that is not there
├── TooMany
│   ├── RateLimited       429  too many lately; `retry_after` and the headers say when to come back
│   ├── TooManyAtOnce     429  a user has too many requests under way
│   ├── TooManyFollowers  429  an address has too many event streams open
│   └── TooManyConnections  429  an address has too many connections open; said before a request
└── Unavailable
    └── LimitsAway        503  what must be counted everywhere cannot be counted just now
"""

from collections.abc import Sequence

from gesso.infra.errors import NotFound, TooMany, Unavailable


class NoSuchDoor(NotFound):
    """There is no open channel of the name in `Gesso-Channel`."""

    code = "channel_not_found"


class RateLimited(TooMany):
    """Too many requests lately; `Retry-After` says when to come back."""

    code = "rate_limited"

    def __init__(self, policies: Sequence[str], retry_after: int) -> None:
        """The policies are those whose quota is used up."""
        super().__init__(f"Slower, please: come back in {retry_after} s.")
        self.facts = {"violated-policies": list(policies)}
        self.retry_after = retry_after


class TooManyAtOnce(TooMany):
    """The user has too many requests under way; wait for some of them."""

    code = "too_many_requests"


class TooManyFollowers(TooMany):
    """Too many event streams are open from this address; close one first."""

    code = "too_many_streams"


class TooManyConnections(TooMany):
    """Too many connections are open from this address; said on a new one before it is closed."""

    code = "too_many_connections"


class LimitsAway(Unavailable):
    """What may be tried only so often in all cannot be counted just now, and is not possible."""

    code = "limits_unavailable"
