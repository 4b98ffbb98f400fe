"""Reading the log: where a reader stands, what follows, and whose life of the database it was."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import String, cast, delete, func, select, update

from gesso.domain.events.tables import Epoch, Event, Stream, Untold
from gesso.domain.events.wire import Entry, cursor_text, parse_cursor
from gesso.infra.db import Tx, View, rowset, upsert

TASK_ENDS = ("task.completed", "task.failed", "task.cancelled", "task.expired")
"""After one of these nothing more is said of a task."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which event of a stream a reader stands; with a task, it reads of that alone."""

    epoch: str
    owner_id: UUID
    task_id: UUID | None
    seq: int

    @property
    def cursor(self) -> str:
        """The place as clients hand it back."""
        return cursor_text(self.epoch, self.seq)

    def behind(self, seq: int) -> "Place":
        """The same reader, further on."""
        return replace(self, seq=seq)


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins, and why it is not where the cursor says, if it is not."""

    place: Place
    reset: str | None
    is_over: bool
    """The task's last event lies behind this place: there will never be another."""


async def ensure_epoch(tx: Tx) -> None:
    """Give a new database its epoch; call at every start, for a second call changes nothing."""
    first = upsert(tx, Epoch).values(id=1, value=secrets.token_hex(6))
    await tx.execute(first.on_conflict_do_nothing())


async def epoch(view: View) -> str:
    """The life of this database; LookupError before the first `ensure_epoch`."""
    found = await view.scalar(select(Epoch.value).where(Epoch.id == 1))
    if found is None:
        raise LookupError("this database has no epoch: `ensure_epoch` comes first")
    return found


async def as_of(view: View, owner_id: UUID) -> str:
    """The cursor from which a stream continues what this view has seen, without a hole."""
    head = await view.scalar(select(Stream.seq).where(Stream.id == owner_id))
    return cursor_text(await epoch(view), head or 0)


async def locate(
    view: View, owner_id: UUID, cursor: str | None, *, task_id: UUID | None = None
) -> Start:
    """Where a reader with this cursor begins; without one at the head, or where its task began.

    A cursor that cannot be continued puts the reader where it would be without one.
    """
    life = await epoch(view)
    head = await view.scalar(select(Stream.seq).where(Stream.id == owner_id)) or 0
    oldest = await view.scalar(select(func.min(Event.seq)).where(Event.stream_id == owner_id))
    given = parse_cursor(cursor) if cursor else None
    reset = _refusal(given, life, head, oldest or head + 1) if cursor else None
    seq = given[1] if given and not reset else 0 if task_id else head
    place = Place(life, owner_id, task_id, seq)
    return Start(place, reset, is_over=task_id is not None and await _ended(view, place))


async def read_after(
    view: View, owner_id: UUID, seq: int, limit: int, task_id: UUID | None = None
) -> list[Entry]:
    """At most `limit` events behind number `seq`; whatever commits later has a higher number."""
    query = (
        select(Event.seq, Event.type, Event.task_id, Event.job_id, Event.data, Event.at)
        .where(Event.stream_id == owner_id, Event.seq > seq)
        .order_by(Event.seq)
        .limit(limit)
    )
    if task_id is not None:
        query = query.where(Event.task_id == task_id)
    return [Entry(*row) for row in await view.execute(query)]


async def heads(view: View, owner_ids: Collection[UUID]) -> dict[UUID, int]:
    """How far these owners' streams have come; those without events are not listed."""
    v = rowset(view, id=(Stream.id, list(owner_ids)))
    query = select(Stream.id, Stream.seq).join(v, v.c.id == Stream.id)
    return dict((await view.execute(query)).all())


def _refusal(given: tuple[str, int] | None, life: str, head: int, oldest: int) -> str | None:
    """Why a cursor cannot be continued, if so."""
    if given is None:
        return "unknown_cursor"
    if given[0] != life:
        return "other_epoch"
    if given[1] > head:
        return "ahead_of_log"
    return "too_old" if given[1] + 1 < oldest else None


async def _ended(view: View, place: Place) -> bool:
    query = select(Event.seq).where(
        Event.task_id == place.task_id,
        Event.stream_id == place.owner_id,
        Event.seq <= place.seq,
        Event.type.in_(TASK_ENDS),
    )
    return await view.scalar(query.limit(1)) is not None


async def blank(tx: Tx, owner_id: UUID, *, after: int, room: int) -> int | None:
    """Take what they say out of the owner's next `room` events behind number `after`; the number of
    the last, None at the end. That they happened stays: the numbers have no gap.
    """
    query = select(Event.seq).where(Event.stream_id == owner_id, Event.seq > after)
    found = (await tx.scalars(query.order_by(Event.seq).limit(room))).all()
    if not found:
        return None
    await tx.execute(
        update(Event)
        .where(
            Event.stream_id == owner_id,
            Event.seq.between(found[0], found[-1]),
            cast(Event.data, String) != "{}",
        )
        .values(data={})
        .execution_options(synchronize_session=False)
    )
    return int(found[-1])


async def forget_untold(tx: Tx, owner_id: UUID) -> None:
    """Tell the topic nothing more of this owner."""
    await tx.execute(delete(Untold).where(Untold.stream_id == owner_id))


async def says_anything(view: View, owner_id: UUID) -> bool:
    """Whether any event of the owner's still says more than that it happened."""
    query = select(Event.seq).where(Event.stream_id == owner_id, cast(Event.data, String) != "{}")
    return await view.scalar(query.limit(1)) is not None
