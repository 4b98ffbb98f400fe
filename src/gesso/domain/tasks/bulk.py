"""Bulk: many of one's own tasks at once, told before it is done, and done by the house.

The work is safe to cut off and to repeat: a task that was asked to stop already is not matched any
more, and what was asked for after the request is never touched.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from gesso.domain.tasks.decide import cancel
from gesso.domain.tasks.history import Filters
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.tables import Job, Task
from gesso.infra.db import Database, View
from gesso.infra.errors import Conflict

CANCEL: Final = "gesso.cancel_tasks"
"""The registered function that does it."""
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of an owner's tasks are meant."""

    owner_id: UUID
    filters: Filters = field(default_factory=Filters)
    names: Sequence[str] = ()
    ids: Sequence[UUID] = ()
    """Only these, if any are named."""
    spared: Sequence[UUID] = ()
    until: datetime | None = None
    """None that was asked for later than this, by the database's clock."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """What is so of them alone."""
        found = [Task.owner_id == self.owner_id, *self.filters.conditions(self.names)]
        if self.ids:
            found.append(Task.id.in_(list(self.ids)))
        if self.spared:
            found.append(Task.id.not_in(list(self.spared)))
        if self.until is not None:
            found.append(Task.created_at <= self.until)
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What cancelling would come to now. Money in micro-credits."""

    matches: int
    stoppable: int
    """Those that have not ended and were not asked to stop."""
    frozen: int
    """Held for these; what is not delivered comes free."""
    free_at_once: int
    """Of that, for pieces that nobody has begun."""


async def foresee(view: View, choice: Choice) -> Outcome:
    """Tell what cancelling these would come to."""
    meant = choice.conditions()
    left, stoppable = Task.held - Task.charged - Task.released, and_(*_STOPPABLE)
    # In one statement: what ends between two would be counted in one of them only.
    query = select(
        func.count(),
        func.count().filter(stoppable),
        func.coalesce(func.sum(left).filter(stoppable), 0),
    )
    matches, count, frozen = (await view.execute(query.where(*meant))).one()
    waiting = (
        select(func.coalesce(func.sum(Job.price), 0))
        .join(Task, Task.id == Job.task_id)
        .where(*meant, *_STOPPABLE, Job.status.in_(("queued", "retrying")))
    )
    return Outcome(matches, count, int(frozen), int(await view.scalar(waiting) or 0))


async def stop(db: Database, menu: Menu, choice: Choice) -> int:
    """Ask the next of these to stop, each in a transaction of its own; how many there were, 0 when
    none is left.
    """
    query = select(Task.id).where(*choice.conditions(), *_STOPPABLE)
    async with db.view() as view:
        found = (await view.scalars(query.order_by(Task.id.desc()).limit(AT_ONCE))).all()
    for task_id in found:
        async with db.tx() as tx:
            with suppress(Conflict):  # it has ended meanwhile
                await cancel(tx, menu, choice.owner_id, task_id)
    return len(found)


_STOPPABLE: Sequence[ColumnElement[Any]] = (
    Task.finished_at.is_(None),
    Task.cancel_requested_at.is_(None),
)
