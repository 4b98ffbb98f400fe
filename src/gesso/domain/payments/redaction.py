"""Redaction: what gateways said of a payer goes when the payer does; the figures stay."""

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update

from gesso.domain.payments.tables import OPEN, Payment, PaymentEvent
from gesso.infra.db import Tx, View, moment

GONE: Final = ""
"""The fingerprint of a payment whose payer is gone."""


async def forget_words(tx: Tx, owner_id: UUID, *, room: int) -> int:
    """Take the words out of at most `room` of somebody's payments, and out of what gateways
    reported on them; of how many. Those that are open are called off: money that comes all the same
    is credited. What refunds and disputes are about stays, for they may come for months.
    """
    query = select(Payment).where(_says_something(owner_id)).limit(room).with_for_update()
    found = (await tx.scalars(query.execution_options(populate_existing=True))).all()
    for payment in found:
        payment.url, payment.error, payment.updated_at = None, None, moment(tx)
        payment.key, payment.fingerprint = payment.id.hex, GONE
        if payment.status in OPEN:
            payment.status = "cancelled"
    await tx.flush()
    await tx.execute(
        update(PaymentEvent)
        .where(_reported(owner_id))
        .values(body=b"")
        .execution_options(synchronize_session=False)
    )
    return len(found)


async def has_words(view: View, owner_id: UUID) -> bool:
    """Whether a payment of theirs, or a report on one, still says anything."""
    for query in (
        select(Payment.id).where(_says_something(owner_id)),
        select(PaymentEvent.id).where(_reported(owner_id)),
    ):
        if await view.scalar(query.limit(1)) is not None:
            return True
    return False


def _says_something(owner_id: UUID) -> ColumnElement[bool]:
    is_whole = (Payment.fingerprint != GONE) | Payment.url.is_not(None) | Payment.error.is_not(None)
    return (Payment.owner_id == owner_id) & is_whole


def _reported(owner_id: UUID) -> ColumnElement[bool]:
    return (
        PaymentEvent.payment_id.in_(_of(owner_id))
        & (PaymentEvent.status != "stored")
        & (PaymentEvent.body != b"")
    )


def _of(owner_id: UUID) -> Select[UUID]:
    return select(Payment.id).where(Payment.owner_id == owner_id)
