"""History: an owner's tasks as a list, thin enough for ten thousand of them.

A row carries what a list shows and nothing else: no parameters, no results. What a task is called
by is read out of its order in the database, so the order itself stays there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from gesso.domain import media
from gesso.domain.tasks.tables import Job, Task
from gesso.infra.db import QUARTER, QuarterOf, View

COUNTED: Final = 100_000
"""Tasks that are counted by day or searched for words, the newest."""
_CALLED: Final = 200
"""Characters of what a task is called by."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of an owner's tasks are wanted."""

    status: Sequence[str] = ()
    type: Sequence[str] = ()
    words: str | None = None
    """What the task is called by has this in it, in whatever case."""
    since: datetime | None = None
    until: datetime | None = None
    live: bool | None = None
    """Only those that have not ended, or only those that have."""

    def conditions(self, names: Sequence[str]) -> list[ColumnElement[bool]]:
        """What is so of these alone; `names` are the fields by which tasks are called."""
        found: list[ColumnElement[bool]] = []
        if self.status:
            found.append(Task.status.in_(list(self.status)))
        if self.type:
            found.append(Task.type.in_(list(self.type)))
        if self.words:
            found.append(called_by(names).icontains(self.words, autoescape=True))
        if self.since is not None:
            found.append(Task.created_at >= self.since)
        if self.until is not None:
            found.append(Task.created_at < self.until)
        if self.live is not None:
            ended = Task.finished_at.is_not(None)
            found.append(~ended if self.live else ended)
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A task as a list shows it, with its pieces and the files that stand for it."""

    task: Any
    pieces: Sequence[Any]
    assets: Mapping[UUID, media.Thumb]


def called_by(names: Sequence[str]) -> ColumnElement[str | None]:
    """What a task is called by: the first of these fields of its order that says something."""
    said = [func.nullif(Task.meta[name].as_string(), "") for name in names]
    return func.coalesce(*said, "")


async def page(
    view: View,
    owner_id: UUID,
    *,
    filters: Filters,
    names: Sequence[str],
    after: UUID | None,
    limit: int,
    most: int = COUNTED,
) -> list[Entry]:
    """The owner's tasks, newest first, behind the one with the id `after`; where words are looked
    for, of the newest `most` of them.
    """
    called = func.substr(called_by(names), 1, _CALLED).label("title")
    wanted = filters.conditions(names)
    query = select(*_SHOWN, called).where(Task.owner_id == owner_id, *wanted)
    if after is not None:
        query = query.where(Task.id < after)
    if filters.words:
        # Words that stand nowhere would have everything read that somebody ever asked for.
        query = query.where(Task.id > _beyond(owner_id, most))
    tasks = (await view.execute(query.order_by(Task.id.desc()).limit(limit))).all()
    if not tasks:
        return []
    pieces: dict[UUID, list[Any]] = {task.id: [] for task in tasks}
    of_these = select(*_PIECE).where(Job.task_id.in_(list(pieces)))
    found = (await view.execute(of_these.order_by(Job.created_at, Job.idx))).all()
    for piece in found:
        pieces[piece.task_id].append(piece)
    done = [piece.id for piece in found if piece.status == "completed"]
    assets = await media.thumbs(view, done) if done else {}
    return [Entry(task, pieces[task.id], assets) for task in tasks]


async def days(
    view: View,
    owner_id: UUID,
    zone: ZoneInfo,
    *,
    filters: Filters,
    names: Sequence[str],
    most: int = COUNTED,
) -> list[tuple[date, int]]:
    """How many of the owner's tasks were asked for on each day as it is in this zone, the latest
    day first; of the newest `most` of them.

    The database counts by quarters of an hour, of which every zone's days are made.
    """
    quarter = QuarterOf(Task.created_at).label("quarter")
    mine = Task.owner_id == owner_id
    query = select(quarter, func.count()).where(mine, *filters.conditions(names))
    query = query.where(Task.id > _beyond(owner_id, most))
    found: dict[date, int] = {}
    for begun, count in await view.execute(query.group_by(quarter)):
        day = datetime.fromtimestamp(begun * QUARTER, zone).date()
        found[day] = found.get(day, 0) + count
    return sorted(found.items(), reverse=True)


def _beyond(owner_id: UUID, most: int) -> ColumnElement[UUID]:
    """The id behind which the newest `most` of an owner's tasks are."""
    mine = select(Task.id).where(Task.owner_id == owner_id).order_by(Task.id.desc())
    return func.coalesce(mine.offset(most).limit(1).scalar_subquery(), UUID(int=0))


_SHOWN = (
    Task.id, Task.type, Task.status, Task.phase, Task.error_code, Task.error_message, Task.held,
    Task.charged, Task.released, Task.refunded, Task.selected_image_index, Task.cancel_requested_at,
    Task.rev, Task.created_at, Task.started_at, Task.finished_at, Task.deadline_at,
)  # fmt: skip
_PIECE = (Job.id, Job.task_id, Job.phase, Job.idx, Job.status, Job.progress)
