"""What the topic has still to be told: a row an owner, kept by those who write and those who tell.

The row is made in the transaction that writes the events, while that holds the owner's stream. It
goes away when everything is told, and only while the stream is held: nobody can write an event in
between that would be forgotten.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, select, true, update

from gesso.domain.events.tables import Stream, Untold
from gesso.infra.db import Database, Over, Tx, View, at_commit, moment, rowset
from gesso.work import Grip

TOPIC = "topic"
"""Signalled on the bus when something is to be told, and the mark of a database that wants that."""

_TOLD = ("task.", "job.")


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything of an owner up to a number was told, beginning at the mark that `grip` holds."""

    grip: Grip
    told: int
    at: datetime
    """When the last of it happened."""


def keep_untold(db: Database) -> None:
    """Have everything that is written through `db` told to the topic, by whoever tells."""
    db.mark(TOPIC)


def is_told(event: str) -> bool:
    """Whether events of this type are told at all: those of tasks and jobs, not of wallets."""
    return event.startswith(_TOLD)


async def owe(tx: Tx, marks: Mapping[UUID, int]) -> None:
    """Note that these owners have events behind these numbers; their streams must be held.

    A row that is there already stands at a lower number, and stays.
    """
    if not marks:
        return
    now = [moment(tx)] * len(marks)
    await _OWE(tx, id=list(marks), told=list(marks.values()), at=now)
    at_commit(tx, TOPIC)


_OWE = Over(
    lambda v, insert: (
        insert(Untold)
        .from_select(
            ["stream_id", "told", "since", "due_at"],
            select(v.c.id, v.c.told, v.c.at, v.c.at.label("due_at")).where(true()),
        )
        .on_conflict_do_nothing()
    ),
    id=Untold.stream_id,
    told=Untold.told,
    at=Untold.since,
)


async def claim_untold(tx: Tx, *, room: int, lease: timedelta) -> list[Grip]:
    """Take at most `room` owners with something untold; they are the caller's for one lease.

    The mark stands in for the fence: it only rises, and who holds an old one changes nothing.
    """
    query = (
        select(Untold.stream_id, Untold.told)
        .where(Untold.due_at <= moment(tx))
        .order_by(Untold.due_at)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    grips = [Grip(*row) for row in await tx.execute(query)]
    await put_off(tx, grips, lease)
    if len(grips) == room:
        at_commit(tx, TOPIC)  # there may be more, and nobody need wait a tick for it
    return grips


async def put_off(tx: Tx, grips: Sequence[Grip], pause: timedelta) -> None:
    """Let nobody take these before `pause` is over."""
    if not grips:
        return
    v = rowset(
        tx,
        id=(Untold.stream_id, [grip.id for grip in grips]),
        told=(Untold.told, [grip.fence for grip in grips]),
    )
    held = and_(Untold.stream_id == v.c.id, Untold.told == v.c.told)
    await tx.execute(
        update(Untold)
        .where(held)
        .values(due_at=moment(tx) + pause)
        .execution_options(synchronize_session=False)
    )


async def settle(tx: Tx, tellings: Sequence[Telling]) -> Sequence[None]:
    """Take away the rows of owners of whom all is told, and move the other marks on.

    A mark that has moved meanwhile stays where it is: somebody else told the same, and perhaps
    more.
    """
    complete = await _hold_complete(tx, tellings)
    await _forget(tx, complete)
    await _advance(tx, [each for each in tellings if each.grip.id not in complete])
    return [None] * len(tellings)


async def _hold_complete(tx: Tx, tellings: Sequence[Telling]) -> set[UUID]:
    """The owners whose streams end where the telling does, held so that they stay so.

    PostgreSQL looks at the number once more when it has waited for a writer, so a stream that has
    grown meanwhile is neither held nor found. One that is known to have grown is not touched.
    """
    v = rowset(
        tx,
        id=(Stream.id, [each.grip.id for each in tellings]),
        told=(Stream.seq, [each.told for each in tellings]),
    )
    query = (
        select(Stream.id)
        .join(v, and_(v.c.id == Stream.id, v.c.told == Stream.seq))
        .order_by(Stream.id)
        .with_for_update(key_share=True, of=Stream)
    )
    return set((await tx.scalars(query)).all())


async def _forget(tx: Tx, owner_ids: Collection[UUID]) -> None:
    """Whoever held these: all that there is was told by those who came before, or just now."""
    if owner_ids:
        await tx.execute(
            delete(Untold)
            .where(Untold.stream_id.in_(list(owner_ids)))
            .execution_options(synchronize_session=False)
        )


async def _advance(tx: Tx, tellings: Sequence[Telling]) -> None:
    if not tellings:
        return
    v = rowset(
        tx,
        id=(Untold.stream_id, [each.grip.id for each in tellings]),
        mark=(Untold.told, [each.grip.fence for each in tellings]),
        told=(Untold.told, [each.told for each in tellings]),
        at=(Untold.since, [each.at for each in tellings]),
    )
    await tx.execute(
        update(Untold)
        .where(Untold.stream_id == v.c.id, Untold.told == v.c.mark)
        .values(told=v.c.told, since=v.c.at, due_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    at_commit(tx, TOPIC)


async def oldest_untold(view: View) -> datetime | None:
    """Since when something is untold at the earliest; None when everything is told."""
    return await view.scalar(select(func.min(Untold.since)))
