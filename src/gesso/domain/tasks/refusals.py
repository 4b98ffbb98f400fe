"""Refusals of orders: why one is not taken in, and that nothing moved."""

from collections.abc import Sequence
from typing import Final, Protocol

from gesso.domain import wallet
from gesso.domain.tasks.menu import Priced, total
from gesso.infra.errors import Conflict, Invalid, Unpaid
from gesso.kit.money import credits_text

NOTHING_MOVED: Final = {"held": "0", "released": "0", "charged": "0"}


class Request(Protocol):
    """An order, as far as it matters here."""

    @property
    def pieces(self) -> Sequence[Priced]:
        """What it consists of, priced."""


def unpaid(request: Request, balance: wallet.Balance) -> Unpaid:
    """Its purse does not cover it."""
    return Unpaid(
        "The wallet does not cover this.",
        required=credits_text(total(request.pieces)),
        available=credits_text(balance.available),
        money=NOTHING_MOVED,
    )


def dearer(request: Request, most: int) -> Conflict:
    """It is dearer than was expected."""
    return Conflict(
        "It costs more than was expected; nothing was frozen.",
        code="price_changed",
        required=credits_text(total(request.pieces)),
        expected_max=credits_text(most),
        money=NOTHING_MOVED,
    )


def reused() -> Invalid:
    """Its key was used for something else."""
    return Invalid(
        "This idempotency key was used for another request.",
        code="idempotency_key_reused",
        money=NOTHING_MOVED,
    )
