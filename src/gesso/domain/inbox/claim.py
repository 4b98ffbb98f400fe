"""Due rows of the inbox: taken, kept, put off, and closed by whoever holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, select, update

from gesso.domain.inbox.tables import Arrival
from gesso.infra.db import Tx, View, at_commit, moment, rowset
from gesso.work import MOST_LOST, Grip, Look, Rows

INBOX = "inbox"
"""The topic that is signalled when something has arrived."""

ROWS = Rows(Arrival)
_LIVE = ROWS.live


@dataclass(frozen=True, slots=True)
class Taken:
    """A push in somebody's hands until its lease ends."""

    grip: Grip
    provider: str
    attempt_id: UUID
    task_id: UUID
    trust: str
    headers: Mapping[str, object]
    body: bytes
    received_at: datetime
    leased_until: datetime


async def is_anything_due(view: View) -> bool:
    """Whether a claim would find anything; an idle house need not open a transaction to know."""
    due = exists(select(1).where(_LIVE, Arrival.due_at <= moment(view)))
    return bool(await view.scalar(select(due)))


async def claim(tx: Tx, look: Look, *, lease: timedelta) -> list[Taken]:
    """Take at most `look.room` due pushes for a lease; one that takes down whoever takes it up is
    put aside for good.
    """
    query = (
        select(Arrival)
        .where(_LIVE, Arrival.due_at <= moment(tx))
        .order_by(Arrival.due_at)
        .limit(look.room)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = (await tx.scalars(query)).all()
    if len(found) == look.room:
        at_commit(tx, INBOX)  # there may be more, and nobody need wait a tick for it
    doomed = [row for row in found if row.lost + (row.holder is not None) >= MOST_LOST]
    for row in doomed:
        words = "Every process that took it in hand ended under it."
        await close(tx, Grip(row.id, row.fence), "given_up", words)
    fit = [row for row in found if row not in doomed]
    if not fit:
        return []
    until = moment(tx) + lease
    await tx.execute(
        update(Arrival)
        .where(Arrival.id.in_([row.id for row in fit]))
        .values(fence=Arrival.fence + 1, holder=look.holder, lost=ROWS.lost, due_at=until)
        .execution_options(synchronize_session=False)
    )
    return [_taken(row, row.fence + 1, until) for row in fit]


async def begin(tx: Tx, grips: Sequence[Grip], *, holder: str, lease: timedelta) -> list[Taken]:
    """Take these in hand; those that somebody holds, or that are done, are passed over."""
    until = moment(tx) + lease
    begun = await ROWS.begin(tx, grips, holder=holder, until=until, where=_LIVE)
    return [_taken(row, row.fence, until) for row in begun]


async def take_from_the_dead(tx: Tx, grips: Sequence[Grip]) -> None:
    """Make due at once what processes of this machine held that are gone."""
    if await ROWS.take_from_the_dead(tx, grips):
        at_commit(tx, INBOX)


async def release(
    tx: Tx, grips: Sequence[Grip], *, holder: str | None, after: timedelta = timedelta(0)
) -> None:
    """Give these back, due after so long."""
    await ROWS.release(tx, grips, holder=holder, due_at=moment(tx) + after)
    at_commit(tx, INBOX)


async def release_leases(tx: Tx) -> None:
    """Make whatever is in hand due now: at start, where this process is the only one there can be.

    Hints that are held back for a moment come early by it, which harms nobody.
    """
    now = moment(tx)
    await tx.execute(
        update(Arrival)
        .where(_LIVE, Arrival.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


async def renew(tx: Tx, grips: Sequence[Grip], lease: timedelta) -> list[bool]:
    """Keep these for another lease; False for those that were lost."""
    await ROWS.lock(tx, [grip.id for grip in grips])
    v = rowset(
        tx,
        id=(Arrival.id, [grip.id for grip in grips]),
        fence=(Arrival.fence, [grip.fence for grip in grips]),
    )
    write = (
        update(Arrival)
        .where(Arrival.id == v.c.id, Arrival.fence == v.c.fence, _LIVE)
        .values(due_at=moment(tx) + lease)
        .returning(Arrival.id, Arrival.fence)
        .execution_options(synchronize_session=False)
    )
    kept = {Grip(*row) for row in await tx.execute(write)}
    return [grip in kept for grip in grips]


async def put_off(tx: Tx, grip: Grip, pause: timedelta, error: str | None = None) -> bool:
    """Let go of it, to be taken again after so long."""
    return await _let_go(tx, grip, due_at=moment(tx) + pause, error=error)


async def close(tx: Tx, grip: Grip, status: str, error: str | None = None) -> bool:
    """It is done: applied, or put aside for the reason that its status says."""
    return await _let_go(tx, grip, status=status, error=error, finished_at=moment(tx))


async def _let_go(tx: Tx, grip: Grip, **values: object) -> bool:
    write = (
        update(Arrival)
        .where(and_(Arrival.id == grip.id, Arrival.fence == grip.fence), _LIVE)
        .values(**values, **ROWS.let_go)
        .returning(Arrival.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(write) is not None


def _taken(row: Arrival, fence: int, until: datetime) -> Taken:
    return Taken(
        grip=Grip(row.id, fence),
        provider=row.provider,
        attempt_id=row.attempt_id,
        task_id=row.task_id,
        trust=row.trust,
        headers=row.headers,
        body=row.body,
        received_at=row.received_at,
        leased_until=until,
    )
