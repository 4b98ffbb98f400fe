"""The line: how many go before a waiting job, and how long that takes, as a range.

Both are told and never promised: somebody whose turn is earlier may still come (see `fair`), and
the time is what pieces of the same queue have taken of late.
"""

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, tuple_

from gesso.domain import events
from gesso.domain.tasks.status import WAITING_NOW
from gesso.domain.tasks.tables import FairClock, Job, Queue
from gesso.infra.db import Elapsed, View, beyond_tenant, moment, rowset
from gesso.kit.ids import public_id

FURTHEST: Final = 1000
"""Positions beyond this are not counted: nobody is helped by knowing which thousand."""
EXACT: Final = 20
"""Positions beyond this change in tens only, as far as they are told without being asked for."""

_TASKS: Final = 100
"""Of one owner, so many waiting tasks are told of unasked."""
_LATELY: Final = timedelta(days=1)
_SAMPLE: Final = 2000
"""Ended jobs that are looked at, the newest, of all queues together."""
_FRESH: Final = 10.0
"""Seconds for which what they took is believed."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds, from the usual fast to the usual slow."""

    low: int
    high: int

    @property
    def told(self) -> dict[str, int]:
        """As JSON."""
        return {"low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Pace:
    """How one queue goes: its places, and the seconds that a piece takes in one of them."""

    name: str
    places: int
    by_priority: bool = False
    takes: Span | None = None
    """The middle half of what was delivered lately; None: nothing was."""

    def wait(self, ahead: int) -> Span | None:
        """How long until a job with so many before it begins; None where nobody can tell."""
        if self.takes is None or self.places == 0:
            return None
        rounds = ahead // self.places
        return Span(rounds * self.takes.low, (rounds + 1) * self.takes.high)


class Line:
    """Looks at the lines of all queues. One for a process: what pieces take is looked up now and
    then, whoever asks.
    """

    def __init__(self) -> None:
        self._takes: Mapping[str, Span] = {}
        self._until = -math.inf

    async def paces(self, view: View) -> dict[str, Pace]:
        """How every queue goes; a paused one has no places."""
        async with beyond_tenant(view):
            queues = (await view.execute(select(*_SETTINGS))).all()
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                self._until = now + _FRESH
                self._takes = await _taken(view)
        return {
            queue.name: Pace(
                queue.name,
                queue.max_concurrency if queue.active else 0,
                by_priority=queue.priority_enabled,
                takes=self._takes.get(queue.name),
            )
            for queue in queues
        }

    async def newcomer(self, view: View, pace: Pace, owner_id: UUID, priority: int) -> int:
        """How many would go before a job that this owner asked for now."""
        async with beyond_tenant(view):
            served = await view.scalar(select(Queue.virtual_time).where(Queue.name == pace.name))
            own = select(FairClock.turn).where(
                FairClock.queue == pace.name, FairClock.owner_id == owner_id
            )
            turn = max(served or 0, await view.scalar(own) or 0)
        return await ahead(view, pace, priority=priority, before=Job.turn <= turn)

    async def positions(
        self, view: View, owner_ids: Collection[UUID]
    ) -> Sequence[events.Transient]:
        """Where the waiting tasks of these owners stand, for the feed."""
        paces = await self.paces(view)
        waiting = select(1).where(Job.queue == Queue.name, WAITING_NOW).exists()
        names = (await view.scalars(select(Queue.name).where(waiting))).all()
        found: dict[tuple[UUID, UUID, str], list[Any]] = {}
        for name in names:
            for row in await _standing(view, paces[name], owner_ids):
                found.setdefault((row.owner_id, row.task_id, name), []).append(row)
        told: dict[UUID, list[events.Transient]] = {}
        for (owner_id, task_id, name), rows in found.items():
            mine = told.setdefault(owner_id, [])
            if len(mine) < _TASKS:
                data = _place(paces[name], rows)
                mine.append(events.Transient(owner_id, "job.position", task_id, data))
        return [fact for facts in told.values() for fact in facts]


async def ahead(view: View, pace: Pace, *, priority: int, before: Any) -> int:
    """How many go before a job of this priority, where `before` is so of those of its own."""
    if pace.by_priority:
        before = or_(Job.priority > priority, and_(Job.priority == priority, before))
    line = select(1).where(Job.queue == pace.name, WAITING_NOW, before).limit(FURTHEST).subquery()
    # Everybody stands in the same line, whichever tenant is theirs.
    async with beyond_tenant(view):
        return await view.scalar(select(func.count()).select_from(line)) or 0


def sooner(job: Job) -> Any:
    """Of the same priority, who goes before this job."""
    # As a row, not as alternatives: SQLite reads only that from the index.
    return tuple_(Job.turn, Job.id) < tuple_(job.turn, job.id)


_SETTINGS = (Queue.name, Queue.active, Queue.max_concurrency, Queue.priority_enabled)


async def _taken(view: View) -> dict[str, Span]:
    """What delivered pieces have taken, by queue: the middle half of the newest."""
    newest = (
        select(Job.queue, Job.status, Elapsed(Job.finished_at, Job.started_at).label("seconds"))
        .where(Job.finished_at.is_not(None), Job.finished_at > moment(view) - _LATELY)
        .order_by(Job.finished_at.desc())
        .limit(_SAMPLE)
    )
    took: dict[str, list[float]] = {}
    for queue, status, seconds in await view.execute(newest):
        if status == "completed" and seconds is not None:
            took.setdefault(queue, []).append(seconds)
    return {queue: _middle(seconds) for queue, seconds in took.items()}


def _middle(seconds: Sequence[float]) -> Span:
    """The middle half, in whole seconds that hold it."""
    if len(seconds) == 1:
        return Span(math.floor(seconds[0]), math.ceil(seconds[0]))
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    return Span(math.floor(low), math.ceil(high))


async def _standing(view: View, pace: Pace, owner_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """The waiting jobs of these owners among the first of a queue's line, each with its place."""
    order: tuple[Any, ...] = (Job.turn, Job.id)
    if pace.by_priority:
        order = (Job.priority.desc(), *order)
    first = (
        select(Job.id, Job.task_id, Job.owner_id, Job.phase, Job.idx, Job.rev)
        .add_columns(Job.turn, Job.priority)
        .where(Job.queue == pace.name, WAITING_NOW)
        .order_by(*order)
        .limit(FURTHEST)
        .subquery()
    )
    again: tuple[Any, ...] = (first.c.turn, first.c.id)
    if pace.by_priority:
        again = (first.c.priority.desc(), *again)
    line = select(first, func.row_number().over(order_by=again).label("place")).subquery()
    v = rowset(view, owner_id=(Job.owner_id, list(owner_ids)))
    query = select(line).join(v, v.c.owner_id == line.c.owner_id).order_by(line.c.place)
    return (await view.execute(query)).all()


def _place(pace: Pace, rows: Sequence[Any]) -> dict[str, object]:
    """What is told of one task's waiting jobs in one queue, the next one first."""
    first = rows[0]
    wait = pace.wait(_rounded(first.place - 1))
    return {
        "phase": first.phase,
        "ahead": _rounded(first.place - 1),
        "wait": wait.told if wait else None,
        "jobs": [
            {
                "job_id": public_id("job", row.id),
                "index": row.idx,
                "rev": row.rev,
                "position": _rounded(row.place),
            }
            for row in rows
        ],
    }


def _rounded(place: int) -> int:
    return place if place <= EXACT else place // 10 * 10
