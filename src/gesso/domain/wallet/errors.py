"""What the wallet refuses.

GessoError
├── Unpaid
│   └── SpendLimitReached    402  somebody set a limit, and this would go beyond it
├── Forbidden
│   └── OwnLimit             403  a key may not change what it may spend itself
├── NotFound
│   ├── NoSuchCode           404  nobody made this code, or it is not for here
│   ├── NoSuchBatch          404
│   └── NoSharedWallet       404  the tenant has none, or somebody is no member of it
├── Conflict
│   ├── CodeSpent            409  used up, disabled, over, or redeemed by the same person before
│   ├── NotCovered           409  more is to be taken away than is free
│   └── NothingToRefund      409  nothing was charged, all of it went back, or more is asked
├── Invalid
│   ├── BadAmount            422  not an amount that can be granted
│   ├── BadExpiry            422  it would have expired already
│   └── KeyRequired          422  a movement by hand wants an Idempotency-Key
└── TooMany
    └── TooManyGuesses       429  too many codes that nobody made
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unpaid


class SpendLimitReached(Unpaid):
    """A limit of the user, the tenant, the key or the membership would be gone beyond."""

    code = "spend_limit_reached"


class OwnLimit(Forbidden):
    """A key may not change its own limit, nor its user's; a session or another key may."""

    code = "own_limit"


class NoSuchCode(NotFound):
    """Nobody made this code."""

    code = "code_not_found"


class NoSuchBatch(NotFound):
    """There is no such batch of codes."""

    code = "code_batch_not_found"


class NoSharedWallet(NotFound):
    """The tenant has no shared wallet, or this person is no member of it."""

    code = "no_shared_wallet"


class CodeSpent(Conflict):
    """The code was genuine and gives nothing (any more); `reason` tells why."""

    code = "code_spent"


class NotCovered(Conflict):
    """More would be taken away than can be spent."""

    code = "not_covered"


class NothingToRefund(Conflict):
    """More would be given back than is left of what was charged."""

    code = "nothing_to_refund"


class BadAmount(Invalid):
    """An amount of credits that cannot be moved."""

    code = "bad_amount"


class BadExpiry(Invalid):
    """What expires does so later than now."""

    code = "bad_expiry"


class KeyRequired(Invalid):
    """Moving money by hand wants an Idempotency-Key, so that a repetition moves it once."""

    code = "idempotency_key_required"


class TooManyGuesses(TooMany):
    """Too many codes were presented that nobody made; come back after `retry_after` seconds."""

    code = "too_many_guesses"
