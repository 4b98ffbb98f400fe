"""Settling: what follows from a gateway's word. Whoever brings it (a report, a look, an operator)
comes through here, under the payment's row lock, in the transaction that moves the credits.

Nothing depends on the order in which reports arrive: what has gone back is told in sums, and each
sum is compared with what was taken back for it already.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select

from gesso.domain import wallet
from gesso.domain.payments.gateway import Notice
from gesso.domain.payments.service import lock
from gesso.domain.payments.tables import OPEN, Payment
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import public_id

Verdict = Literal["applied", "ignored", "parked", "unknown"]
_PAID: Final = ("paid", "refunded", "disputed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a notice: `unknown` where no payment is found (yet)."""

    verdict: Verdict
    reason: str | None = None
    payment: Payment | None = None


async def settle(tx: Tx, gateway: str, notice: Notice, *, by: UUID | None = None) -> Outcome:
    """Do what follows from a notice; a second time nothing does. `by`: the operator who says it."""
    if notice.fate == "other":
        return Outcome("ignored")
    found = await find(tx, gateway, notice)
    if found is None:
        return Outcome("unknown", "no payment of ours is named")
    payment = await lock(tx, found)
    if _differ(payment.session_id, notice.session_id):
        return await _park(tx, payment, "other_session")
    if notice.fate == "paid" and (notice.amount, notice.currency) != (
        payment.amount, payment.currency,
    ):  # fmt: skip
        return await _park(tx, payment, "other_amount")
    if notice.fate in {"refunded", "disputed"}:
        return await _go_back(tx, payment, notice)
    if notice.fate == "reinstated":
        return await _come_again(tx, payment)
    payment.session_id = payment.session_id or notice.session_id
    if notice.fate == "paid":
        await _credit(tx, payment, notice, by)
    elif notice.fate in {"failed", "expired"}:
        payment.due_at = None
        if payment.status in OPEN:
            payment.status = notice.fate
    payment.updated_at = moment(tx)
    await tx.flush()
    return Outcome("applied", payment=payment)


async def find(view: View, gateway: str, notice: Notice) -> UUID | None:
    """The payment that a notice is about: by the name that we gave it, else by the gateway's own.

    A name of ours alone is not enough where the gateway's own is known and differs: see `settle`.
    """
    for column, value in (
        (Payment.id, notice.payment_id),
        (Payment.session_id, notice.session_id),
        (Payment.intent_id, notice.intent_id),
    ):
        if value is not None:
            query = select(Payment.id).where(column == value, Payment.gateway == gateway)
            found = await view.scalar(query)
            if found is not None:
                return found
    return None


async def _credit(tx: Tx, payment: Payment, notice: Notice, by: UUID | None) -> None:
    """Credit it, once: money that comes late, even after it was called off, is credited too."""
    payment.intent_id = payment.intent_id or notice.intent_id
    if payment.status in _PAID:
        return
    payment.status, payment.paid_at = "paid", moment(tx)
    payment.settled_by, payment.error, payment.due_at = by, None, None
    if payment.flag == "unsettled":
        payment.flag = None
    await grant(tx, payment)


async def grant(tx: Tx, payment: Payment) -> None:
    """The credits of a payment; the ledger takes its name once."""
    days = payment.expires_days
    await wallet.grant(
        tx,
        payment.wallet_id,
        payment.credits,
        reference=f"payment:{payment.id}",
        memo=payment.title,
        expires_at=None if days is None else moment(tx) + timedelta(days=days),
    )


async def _go_back(tx: Tx, payment: Payment, notice: Notice) -> Outcome:
    """Money went back: of the credits, the same share goes, as far as it is there."""
    if notice.amount is None or notice.currency != payment.currency:
        return await _park(tx, payment, "other_amount")
    if payment.status not in _PAID:
        # It was paid, or nothing could go back; that report is still on its way.
        return Outcome("unknown", "the payment is not paid yet", payment)
    told = min(notice.amount, payment.amount)
    if notice.fate == "refunded":
        payment.refunded = max(payment.refunded, told)
    else:
        payment.disputed, payment.error = max(payment.disputed, told), notice.words
    back = min(payment.amount, payment.refunded + payment.disputed)
    due = payment.credits * back // payment.amount - payment.taken_back - payment.lost
    if due > 0:
        done = await wallet.take_back(
            tx, payment.wallet_id, due,
            reference=f"payment:{payment.id}:back:{back}", memo=f"{payment.title}: {notice.fate}",
        )  # fmt: skip
        payment.taken_back += done.taken
        payment.lost += done.lost
        # What came again may be told first; then an operator has to look at all of it.
        payment.flag = payment.flag if payment.flag == "reinstated" else notice.fate
    if payment.disputed:
        payment.status = "disputed"
    elif payment.refunded == payment.amount:
        payment.status = "refunded"
    payment.updated_at = moment(tx)
    await tx.flush()
    return Outcome("applied", payment=payment)


async def _come_again(tx: Tx, payment: Payment) -> Outcome:
    """Disputed money is ours once more. Some of the credits may have been spent by then, so it is
    not for us to say what the payer gets: an operator looks.
    """
    if payment.status not in _PAID:
        return Outcome("unknown", "the payment is not paid yet", payment)
    payment.flag, payment.updated_at = "reinstated", moment(tx)
    await tx.flush()
    return Outcome("applied", payment=payment)


async def _park(tx: Tx, payment: Payment, flag: str) -> Outcome:
    payment.flag, payment.updated_at = flag, moment(tx)
    await tx.flush()
    name = public_id("payment", payment.id)
    return Outcome("parked", f"{flag.replace('_', ' ')} than {name} has", payment)


def _differ(ours: str | None, theirs: str | None) -> bool:
    return ours is not None and theirs is not None and ours != theirs
