"""Admit: waiting jobs go to their provider as far as the queue's limit lets them, in fair order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from gesso.domain import events
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.reroute import Move, send_elsewhere
from gesso.domain.tasks.status import AT_PROVIDER_NOW, WAITING_NOW
from gesso.domain.tasks.tables import Attempt, Job, Queue, Task
from gesso.infra.db import Tx, at_commit, insert_rows, moment, rowset
from gesso.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job in somebody's hands until its lease ends: what is to be done, and the fence to write
    back under.
    """

    duty: str
    fence: int
    job_id: UUID
    task_id: UUID
    tenant_id: UUID
    owner_id: UUID
    attempt_id: UUID
    queue: str
    provider: str
    provider_model: str
    provider_job_id: str | None
    meta: dict[str, Any]
    output: dict[str, Any] | None
    price: int
    progress: float
    deadline_at: datetime
    created_at: datetime
    source_job_id: UUID | None
    cancel_requested: bool
    leased_until: datetime
    """As it was taken; who works on it keeps renewing that."""
    lost: int
    """How many workers have dropped it in a row."""


def assign(
    job: Job, duty: str, *, fence: int, attempt_id: UUID, leased_until: datetime, lost: int
) -> Assignment:
    """The assignment to do `duty` for this job."""
    return Assignment(
        duty=duty,
        fence=fence,
        job_id=job.id,
        task_id=job.task_id,
        tenant_id=job.tenant_id,
        owner_id=job.owner_id,
        attempt_id=attempt_id,
        queue=job.queue,
        provider=job.provider,
        provider_model=job.provider_model,
        provider_job_id=job.provider_job_id if duty != "submit" else None,
        meta=job.meta,
        output=job.output,
        price=job.price,
        progress=job.progress,
        deadline_at=job.deadline_at,
        created_at=job.created_at,
        source_job_id=job.source_job_id,
        cancel_requested=job.cancel_requested_at is not None,
        leased_until=leased_until,
        lost=lost,
    )


Instead = Callable[[Job], Move | None]
"""Where a waiting job goes instead, if its target is of no use by now."""


async def admit(
    tx: Tx,
    name: str,
    *,
    room: int,
    lease: timedelta,
    holder: str | None = None,
    instead: Instead | None = None,
) -> list[Assignment]:
    """Take at most `room` jobs of a queue for submission, into the hands of `holder`.

    The queue's row is locked meanwhile, so its limit holds across all machines; who finds it locked
    leaves it to the other. Paused, full and empty queues give nothing.
    """
    queue = await tx.scalar(
        select(Queue)
        .where(Queue.name == name)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if queue is None or not queue.active:
        return []
    busy = await tx.scalar(
        select(func.count()).select_from(Job).where(Job.queue == name, AT_PROVIDER_NOW)
    )
    free = min(room, queue.max_concurrency - (busy or 0))
    if free <= 0:
        return []
    jobs = await _next_in_line(tx, queue, free)
    moves = [move for job in jobs if instead and (move := instead(job))]
    if moves:
        jobs = await _divert(tx, queue, jobs, moves)
    if not jobs:
        return []
    taken = await _take(tx, jobs, lease, holder)
    await _start_tasks(tx, {job.task_id for job in jobs})
    await _turn(tx, queue, jobs)
    return taken


async def _divert(
    tx: Tx, queue: Queue, jobs: Sequence[Job], moves: Sequence[Move]
) -> Sequence[Job]:
    """Send some of these elsewhere; those that are left in this queue, as they stand then."""
    await send_elsewhere(tx, moves)
    at_commit(tx, queue_topic(queue.name))  # their places are for those behind them
    query = (
        select(Job)
        .where(Job.id.in_([job.id for job in jobs]), Job.queue == queue.name)
        .order_by(*_order(queue))
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def _turn(tx: Tx, queue: Queue, served: Sequence[Job]) -> None:
    """Move the virtual time on to the turn that was served, but not past a job that was passed over
    because its rows were in somebody's hands: a newcomer must not stand behind all of its like.
    """
    turn = max(job.turn for job in served)
    line = select(Job.priority, Job.turn).where(Job.queue == queue.name, WAITING_NOW)
    first = (await tx.execute(line.order_by(*_order(queue)).limit(1))).first()
    lowest = min(job.priority for job in served) if queue.priority_enabled else None
    if first is not None and (lowest is None or first.priority >= lowest):
        turn = min(turn, first.turn)
    if turn > queue.virtual_time:
        await tx.execute(update(Queue).where(Queue.name == queue.name).values(virtual_time=turn))


def _order(queue: Queue) -> Sequence[ColumnElement[Any]]:
    """The order of a queue's line."""
    if queue.priority_enabled:
        return (Job.priority.desc(), Job.turn.asc(), Job.id.asc())
    return (Job.turn.asc(), Job.id.asc())


async def _next_in_line(tx: Tx, queue: Queue, free: int) -> Sequence[Job]:
    query = (
        select(Job)
        .join(Task, Task.id == Job.task_id)
        .where(Job.queue == queue.name, WAITING_NOW, Job.due_at > moment(tx))
        .order_by(*_order(queue))
        .limit(free)
        .with_for_update(key_share=True, skip_locked=True, of=[Task, Job])
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def _take(
    tx: Tx, jobs: Sequence[Job], lease: timedelta, holder: str | None
) -> list[Assignment]:
    attempts = [new_id() for _ in jobs]
    v = rowset(tx, id=(Job.id, [job.id for job in jobs]), attempt_id=(Attempt.id, attempts))
    await tx.execute(
        update(Job)
        .where(Job.id == v.c.id)
        .values(
            status="submitting",
            attempt=Job.attempt + 1,
            attempt_id=v.c.attempt_id,
            fence=Job.fence + 1,
            holder=holder,
            due_at=moment(tx) + lease,
            started_at=func.coalesce(Job.started_at, moment(tx)),
            provider_job_id=None,
            progress=0.0,
            rev=Job.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )
    taken = [
        assign(
            job,
            "submit",
            fence=job.fence + 1,
            attempt_id=attempt_id,
            leased_until=moment(tx) + lease,
            lost=job.lost,
        )
        for job, attempt_id in zip(jobs, attempts, strict=True)
    ]
    await insert_rows(
        tx, Attempt, [_attempt_row(tx, job, of) for job, of in zip(jobs, taken, strict=True)]
    )
    return taken


def _attempt_row(tx: Tx, job: Job, assignment: Assignment) -> dict[str, Any]:
    return {
        "id": assignment.attempt_id,
        "job_id": assignment.job_id,
        "no": job.attempt + 1,
        "fence": assignment.fence,
        "provider": assignment.provider,
        "provider_model": assignment.provider_model,
        "outcome": "open",
        "provider_cost": 0,
        "created_at": moment(tx),
    }


async def _start_tasks(tx: Tx, task_ids: set[UUID]) -> None:
    write = (
        update(Task)
        .where(Task.id.in_(sorted(task_ids)), Task.status == "queued")
        .values(status="running", started_at=moment(tx), updated_at=moment(tx), rev=Task.rev + 1)
        .returning(Task.id, Task.owner_id, Task.phase, Task.rev)
        .execution_options(synchronize_session=False)
    )
    for task_id, owner_id, phase, rev in await tx.execute(write):
        events.record(
            tx, owner_id, "task.running", task_id=task_id, status="running", phase=phase, rev=rev
        )
