"""What the room of sign-in refuses.

GessoError
├── Invalid
│   ├── BadPassword     422  too short, too long, or one that everybody tries first
│   └── …
├── Forbidden
│   ├── NotLetIn        403  the account is disabled, or the channel lets nobody new in
│   ├── CodeWrong       403  not the code that was sent; `tries_left` says how many more there are
│   ├── CodeExpired     403  too late, used already, or replaced by a newer one
│   ├── PasswordWrong   403  the address and the password do not go together
│   └── NotFresh        403  signed in too long ago for this
├── NotFound
│   └── NoSuchIdentity  404  the user is not known in this way
├── Conflict
│   ├── AddressTaken    409  somebody who came in another way has this address; they can link
│   ├── LastWayIn       409  without this one nobody could get into the account
│   └── TooManyWays     409  a user is known in at most twenty ways
├── TooMany
│   └── SlowDown        429  too many letters, or too many guesses
└── Unavailable
    └── Busy            503  more passwords wait to be checked than can be soon
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable


class BadPassword(Invalid):
    """No password for anybody: too short, too long, or one that everybody tries first."""

    code = "bad_password"


class NotLetIn(Forbidden):
    """Who they are is proved, and still they may not come in."""

    code = "not_let_in"


class CodeWrong(Forbidden):
    """Not the code that was sent; `tries_left` says how many more guesses are looked at."""

    code = "code_wrong"


class CodeExpired(Forbidden):
    """This code is good for nothing any more: too late, used, or replaced. Ask for another."""

    code = "code_expired"


class PasswordWrong(Forbidden):
    """The address and the password do not go together; which of them is wrong is not told."""

    code = "password_wrong"


class NotFresh(Forbidden):
    """The person signed in too long ago for this; they sign in again first."""

    code = "session_not_fresh"


class NoSuchIdentity(NotFound):
    """The user is not known in this way."""

    code = "identity_not_found"


class AddressTaken(Conflict):
    """Somebody who came in another way has this address: they sign in that way, and link."""

    code = "address_taken"


class LastWayIn(Conflict):
    """Without this one nobody could get into the account."""

    code = "last_way_in"


class TooManyWays(Conflict):
    """A user is known in at most twenty ways; take one away first."""

    code = "too_many_identities"


class SlowDown(TooMany):
    """Too many letters were asked for, or too many guesses made; `Retry-After` says when again."""

    def __init__(self, message: str, *, seconds: float) -> None:
        """`seconds` until it is worth while to come back."""
        super().__init__(message)
        self.retry_after = max(1, int(seconds + 0.999))


class Busy(Unavailable):
    """More passwords wait to be checked than can be soon."""

    code = "signin_busy"
