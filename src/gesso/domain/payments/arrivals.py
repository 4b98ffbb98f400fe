"""Reports of gateways: stored, and then applied, by whoever stored them or by whoever finds them
later. A report whose receiver died between the two is due, and is taken up again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update

from gesso.domain import identity
from gesso.domain.payments.errors import NoSuchEvent
from gesso.domain.payments.gateway import Gateway, Told
from gesso.domain.payments.settling import Outcome, settle
from gesso.domain.payments.tables import Payment, PaymentEvent
from gesso.infra.db import Tx, View, moment, upsert
from gesso.kit.ids import new_id

PATIENCE: Final = timedelta(hours=1)
"""For a report of a payment that is not known: its own may still be on its way."""
_MOST_TRIES: Final = 10
_FIRST: Final = timedelta(seconds=15)
_LONGEST: Final = timedelta(minutes=10)


async def store(tx: Tx, gateway: str, told: Told, body: bytes) -> UUID | None:
    """Keep a report, each once; its id while it is still to be applied, None when that is done."""
    write = (
        upsert(tx, PaymentEvent)
        .values(
            id=new_id(), gateway=gateway, event_id=told.event_id, type=told.type, body=body,
            status="stored", tries=0, received_at=moment(tx), due_at=moment(tx) + _FIRST,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "event_id"])
        .returning(PaymentEvent.id)
    )  # fmt: skip
    new = await tx.scalar(write)
    if new is not None:
        return new
    return await tx.scalar(
        select(PaymentEvent.id).where(
            PaymentEvent.gateway == gateway,
            PaymentEvent.event_id == told.event_id,
            PaymentEvent.status == "stored",
        )
    )


async def is_done(view: View, gateway: str, told: Told) -> bool:
    """Whether this report was stored before, and nothing is left to do about it."""
    done = exists().where(
        PaymentEvent.gateway == gateway,
        PaymentEvent.event_id == told.event_id,
        PaymentEvent.status != "stored",
    )
    return bool(await view.scalar(select(done)))


async def apply(tx: Tx, gateway: Gateway, event_id: UUID) -> str:
    """Do what follows from a stored report, and close it; its status, whoever closed it."""
    query = select(PaymentEvent).where(PaymentEvent.id == event_id).with_for_update()
    event = (await tx.scalars(query.execution_options(populate_existing=True))).one()
    if event.status != "stored":
        return event.status
    outcome = await settle(tx, gateway.name, gateway.read(event.body))
    if outcome.payment is not None:
        event.payment_id, event.tenant_id = outcome.payment.id, outcome.payment.tenant_id
    event.reason = outcome.reason
    if outcome.verdict == "unknown":
        if moment(tx) - event.received_at < PATIENCE:
            await tx.flush()
            return "stored"
        event.status = "parked"
    else:
        event.status = outcome.verdict
    event.due_at, event.ended_at = None, moment(tx)
    if await _is_of_nobody(tx, outcome):
        event.body = b""
        if outcome.payment is not None:
            outcome.payment.error = None
    await tx.flush()
    return event.status


async def _is_of_nobody(tx: Tx, outcome: Outcome) -> bool:
    """Whether the words of a report are kept for nobody: it is about nothing of ours, or about a
    payment of somebody who is being erased, or was.
    """
    if outcome.payment is not None:
        return await identity.is_leaving(tx, outcome.payment.owner_id)
    return outcome.verdict == "ignored"


async def _is_about_who_leaves(tx: Tx, event: PaymentEvent) -> bool:
    query = select(Payment.owner_id).where(Payment.id == event.payment_id)
    owner_id = await tx.scalar(query)
    return owner_id is not None and await identity.is_leaving(tx, owner_id)


async def claim(tx: Tx, *, room: int) -> Sequence[tuple[UUID, str]]:
    """Due reports and their gateways, put off while they are tried; one that was tried ten times
    and never got to an end is put aside for an operator.
    """
    due = (
        select(PaymentEvent)
        .where(PaymentEvent.due_at <= moment(tx))
        .order_by(PaymentEvent.due_at)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for event in (await tx.scalars(due.execution_options(populate_existing=True))).all():
        event.tries += 1
        is_old = moment(tx) - event.received_at > PATIENCE
        if event.tries > _MOST_TRIES and is_old:
            event.status, event.due_at, event.ended_at = "parked", None, moment(tx)
            event.reason = event.reason or "it could not be applied"
            if await _is_about_who_leaves(tx, event):
                event.body = b""
            continue
        event.due_at = moment(tx) + min(_LONGEST, _FIRST * 2 ** min(event.tries, 10))
        taken.append((event.id, event.gateway))
    await tx.flush()
    return taken


async def again(tx: Tx, event_id: UUID) -> PaymentEvent:
    """Have a parked report applied once more, at an operator's word; one whose words were taken
    out stays as it is.
    """
    event = await get(tx, event_id)
    await tx.execute(
        update(PaymentEvent)
        .where(
            PaymentEvent.id == event.id, PaymentEvent.status == "parked", PaymentEvent.body != b""
        )
        .values(status="stored", due_at=moment(tx), ended_at=None, tries=0)
        .execution_options(synchronize_session=False)
    )
    return await get(tx, event_id)


async def get(view: View, event_id: UUID) -> PaymentEvent:
    """A report, about anybody's payment or about none that is known."""
    query = select(PaymentEvent).where(PaymentEvent.id == event_id)
    found = await view.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NoSuchEvent("There is no such report.")
    return found


async def page(
    view: View, *, statuses: Sequence[str], after: UUID | None, limit: int
) -> Sequence[PaymentEvent]:
    """Reports, the newest first."""
    query = select(PaymentEvent)
    if statuses:
        query = query.where(PaymentEvent.status.in_(sorted(statuses)))
    if after is not None:
        query = query.where(PaymentEvent.id < after)
    return (await view.scalars(query.order_by(PaymentEvent.id.desc()).limit(limit))).all()
