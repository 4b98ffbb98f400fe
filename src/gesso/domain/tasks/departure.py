"""Departure: an owner leaves. What runs is stopped and settled as ever, and when nothing runs any
more, what was asked and answered is taken out of the rows; the figures of the money stay.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    case,
    cast,
    delete,
    literal_column,
    null,
    or_,
    select,
    update,
)

from gesso.domain import deadletters, inbox
from gesso.domain.tasks.decide import cancel
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.rescue import discard
from gesso.domain.tasks.tables import ERASED, Attempt, FairClock, IdempotencyKey, Job, Task
from gesso.infra.db import Tx, View
from gesso.infra.errors import Conflict
from gesso.work import MOST_LOST

_EMPTY = "{}"
_WORDS_OF_TASK = or_(
    cast(Task.meta, String) != _EMPTY, Task.result.is_not(null()), Task.error_message.is_not(None)
)


async def live_of(view: View, owner_id: UUID, *, room: int) -> Sequence[UUID]:
    """At most `room` of the owner's tasks that have not ended."""
    query = select(Task.id).where(Task.owner_id == owner_id, Task.finished_at.is_(None))
    return (await view.scalars(query.order_by(Task.id).limit(room))).all()


async def stop(tx: Tx, menu: Menu, owner_id: UUID, task_id: UUID) -> None:
    """Have a task end as soon as it can: it is cancelled, and what is parked in it is given up. A
    second call changes nothing.
    """
    with suppress(Conflict):  # it has ended meanwhile
        await cancel(tx, menu, owner_id, task_id)
    parked = select(Job.id).where(
        Job.task_id == task_id,
        Job.finished_at.is_(None),
        Job.holder.is_(None),
        Job.lost >= MOST_LOST,
    )
    for job_id in (await tx.scalars(parked)).all():
        with suppress(Conflict):
            await discard(tx, menu, job_id)


async def blank(tx: Tx, owner_id: UUID, *, room: int) -> int:
    """Take the words out of at most `room` ended tasks and their jobs, and forget what was reported
    on them; how many there were. What they cost and how they ended stays.
    """
    query = (
        select(Task.id)
        .where(Task.owner_id == owner_id, Task.finished_at.is_not(None), _WORDS_OF_TASK)
        .order_by(Task.id)
        .limit(room)
    )
    tasks = (await tx.scalars(query)).all()
    if not tasks:
        return 0
    jobs = (await tx.scalars(select(Job.id).where(Job.task_id.in_(tasks)))).all()
    await deadletters.forget(tx, "job", jobs)
    await inbox.forget_about(tx, tasks)
    await _blank_jobs(tx, jobs)
    await tx.execute(delete(IdempotencyKey).where(IdempotencyKey.task_id.in_(tasks)))
    await tx.execute(
        update(Task)
        .where(Task.id.in_(tasks))
        .values(meta={}, result=null(), error_code=_erased(Task), error_message=None)
        .execution_options(synchronize_session=False)
    )
    return len(tasks)


async def forget_late(tx: Tx, task_ids: Sequence[UUID]) -> int:
    """Forget what was reported on these tasks after their end; how much there was."""
    return await inbox.forget_about(tx, task_ids)


async def forget_place(tx: Tx, owner_id: UUID) -> None:
    """Forget where the owner stood in the lines, and under which keys they asked."""
    await tx.execute(delete(FairClock).where(FairClock.owner_id == owner_id))
    await tx.execute(delete(IdempotencyKey).where(IdempotencyKey.owner_id == owner_id))


async def has_words(view: View, owner_id: UUID) -> bool:
    """Whether any task of the owner's still says what it was about, or has not ended."""
    query = select(Task.id).where(
        Task.owner_id == owner_id, or_(_WORDS_OF_TASK, Task.finished_at.is_(None))
    )
    return await view.scalar(query.limit(1)) is not None


async def ids_of(view: View, owner_id: UUID, *, after: UUID | None, room: int) -> Sequence[UUID]:
    """The owner's tasks behind the one with the id `after`, in the order of their ids."""
    query = select(Task.id).where(Task.owner_id == owner_id)
    if after is not None:
        query = query.where(Task.id > after)
    return (await view.scalars(query.order_by(Task.id).limit(room))).all()


async def jobs_since(view: View, task_ids: Sequence[UUID], since: datetime) -> Sequence[UUID]:
    """The jobs of these tasks that were made since then."""
    query = select(Job.id).where(Job.task_id.in_(task_ids), Job.created_at >= since)
    return (await view.scalars(query)).all()


def _erased(entity: type[Task | Job]) -> ColumnElement[str | None]:
    """In place of a code, which may be a provider's own word: that there was one."""
    return case((entity.error_code.is_not(None), ERASED), else_=None)


async def _blank_jobs(tx: Tx, jobs: Sequence[UUID]) -> None:
    these = update(Job).where(Job.id.in_(jobs)).execution_options(synchronize_session=False)
    value = Job.output.op("->")(literal_column("'value'"))
    await tx.execute(these.values(meta={}, error_code=_erased(Job), error_message=None))
    await tx.execute(
        update(Attempt)
        .where(Attempt.job_id.in_(jobs), Attempt.error_code.is_not(None))
        .values(error_code=ERASED)
        .execution_options(synchronize_session=False)
    )
    # That a job delivered a value stays to be seen; which, does not.
    await tx.execute(these.where(value.is_not(None)).values(output={"value": None}))
    no_value = these.where(Job.output.is_not(null()), value.is_(None))
    await tx.execute(no_value.values(output={}))
