"""Due rows: whatever is late, ripe or abandoned is taken in one sweep, by the index on `due_at`.

What needs nobody outside (a retry that is ripe, a queued job whose deadline has passed, a lease
that ran out) is settled here at once. What needs a provider or the storage is handed out as
assignments, under a new fence.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, select, update

from gesso.domain import events
from gesso.domain.tasks.admit import Assignment, assign
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.status import LIVE
from gesso.domain.tasks.tables import Attempt, Job, Task
from gesso.infra.db import Tx, at_commit, moment, rowset

_DUTY = {"running": "poll", "cancelling": "cancel", "unknown": "lookup", "ingesting": "ingest"}


async def claim_due(tx: Tx, menu: Menu, *, room: int, lease: timedelta) -> list[Assignment]:
    """Sweep at most `room` due rows; the assignments among them are the caller's for one lease."""
    jobs = await _due(tx, room)
    if len(jobs) == room:
        at_commit(tx, DUE)  # there may be more, and nobody need wait a tick for it
    waiting = [job for job in jobs if job.status in ("queued", "retrying")]
    over = [job for job in waiting if _is_over(job, moment(tx))]
    await finish(tx, menu, [_give_up(job) for job in over])
    await _requeue(tx, [job for job in waiting if job not in over])
    await _rescue(tx, [job for job in jobs if job.status == "submitting"])
    return await _hand_out(tx, [job for job in jobs if job.status in _DUTY], lease)


async def _due(tx: Tx, room: int) -> Sequence[Job]:
    query = (
        select(Job)
        .join(Task, Task.id == Job.task_id)
        .where(LIVE, Job.due_at <= moment(tx))
        .order_by(Job.due_at)
        .limit(room)
        .with_for_update(key_share=True, skip_locked=True, of=[Task, Job])
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


def _give_up(job: Job) -> End:
    """Nothing is at a provider, so it can end at once."""
    if job.cancel_requested_at:
        status, message = "cancelled", "It was cancelled."
    else:
        status, message = "expired", "It waited too long."
    return End(job.id, job.task_id, status, "absent", error_code=status, error_message=message)


async def _requeue(tx: Tx, jobs: Sequence[Job]) -> None:
    """Retries that are ripe go back to their old place in line."""
    if not jobs:
        return
    await tx.execute(
        update(Job)
        .where(Job.id.in_([job.id for job in jobs]))
        .values(status="queued", due_at=Job.deadline_at, rev=Job.rev + 1)
        .execution_options(synchronize_session=False)
    )
    for job in jobs:
        _tell(tx, job, "job.queued", "queued")
    at_commit(tx, *{queue_topic(job.queue) for job in jobs})


async def _rescue(tx: Tx, jobs: Sequence[Job]) -> None:
    """Workers that fell silent: without an intent nothing was sent; with one, nobody knows."""
    if not jobs:
        return
    absent = await _close_unsent(tx, jobs)
    unsent = [job for job in jobs if job.attempt_id in absent]
    unsure = [job for job in jobs if job.attempt_id not in absent]
    await _set_back(
        tx,
        unsent,
        status="queued",
        attempt=Job.attempt - 1,
        due_at=case((Job.cancel_requested_at.is_(None), Job.deadline_at), else_=moment(tx)),
    )
    await _set_back(tx, unsure, status="unknown", due_at=moment(tx))
    await tx.execute(
        update(Attempt)
        .where(Attempt.id.in_([job.attempt_id for job in unsure]))
        .values(outcome="unknown")
        .execution_options(synchronize_session=False)
    )
    at_commit(tx, *{queue_topic(job.queue) for job in unsent})
    for job in unsent:
        _tell(tx, job, "job.queued", "queued")
    for job in unsure:
        _tell(tx, job, "job.unknown", "unknown")


async def _close_unsent(tx: Tx, jobs: Sequence[Job]) -> set[UUID]:
    """Close the attempts that were never sent. One whose intent is written this very moment is not
    among them: the attempt's own row decides who was first.
    """
    write = (
        update(Attempt)
        .where(Attempt.id.in_([job.attempt_id for job in jobs]), Attempt.intent_at.is_(None))
        .values(outcome="absent", ended_at=moment(tx))
        .returning(Attempt.id)
        .execution_options(synchronize_session=False)
    )
    return set((await tx.scalars(write)).all())


async def _set_back(tx: Tx, jobs: Sequence[Job], **values: object) -> None:
    if not jobs:
        return
    await tx.execute(
        update(Job)
        .where(Job.id.in_([job.id for job in jobs]))
        .values(fence=Job.fence + 1, rev=Job.rev + 1, **values)
        .execution_options(synchronize_session=False)
    )


async def _hand_out(tx: Tx, jobs: Sequence[Job], lease: timedelta) -> list[Assignment]:
    """Give each to the caller for one lease; overdue and unwanted ones become cancellations."""
    if not jobs:
        return []
    until = moment(tx) + lease
    stopping = [job for job in jobs if job.status == "running" and _is_over(job, moment(tx))]
    await _lease(tx, jobs, until, stopping)
    for job in stopping:
        _tell(tx, job, "job.cancelling", "cancelling")
    return [
        assign(
            job,
            "cancel" if job in stopping else _DUTY[job.status],
            fence=job.fence + 1,
            attempt_id=job.attempt_id,
            leased_until=until,
        )
        for job in jobs
        if job.attempt_id is not None
    ]


def _is_over(job: Job, now: datetime) -> bool:
    return job.cancel_requested_at is not None or job.deadline_at <= now


async def _lease(tx: Tx, jobs: Sequence[Job], until: datetime, stopping: Collection[Job]) -> None:
    v = rowset(
        tx,
        id=(Job.id, [job.id for job in jobs]),
        status=(Job.status, ["cancelling" if job in stopping else job.status for job in jobs]),
    )
    await tx.execute(
        update(Job)
        .where(Job.id == v.c.id)
        .values(
            status=v.c.status,
            fence=Job.fence + 1,
            due_at=until,
            rev=case((Job.status != v.c.status, Job.rev + 1), else_=Job.rev),
        )
        .execution_options(synchronize_session=False)
    )


def _tell(tx: Tx, job: Job, event: str, status: str) -> None:
    events.record(
        tx, job.owner_id, event,
        task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase,
        status=status, rev=job.rev + 1,
    )  # fmt: skip


async def expire_selections(tx: Tx, *, room: int) -> int:
    """End tasks whose owner did not choose in time; what they delivered stays theirs."""
    query = (
        select(Task)
        .where(Task.status == "awaiting_selection", Task.deadline_at <= moment(tx))
        .order_by(Task.deadline_at)
        .limit(room)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    tasks = (await tx.scalars(query)).all()
    for task in tasks:
        await close_waiting(tx, task, "expired", "Nobody chose a picture in time.")
    return len(tasks)


async def close_waiting(tx: Tx, task: Task, status: str, message: str) -> None:
    """awaiting_selection → cancelled | expired, for a task that the caller has locked."""
    now = moment(tx)
    await tx.execute(
        update(Task)
        .where(Task.id == task.id, Task.status == "awaiting_selection")
        .values(
            status=status, error_code=status, error_message=message,
            finished_at=now, updated_at=now, rev=Task.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    events.record(
        tx, task.owner_id, f"task.{status}",
        task_id=task.id, operation=task.type, status=status, phase=task.phase, rev=task.rev + 1,
    )  # fmt: skip


async def release_leases(tx: Tx) -> None:
    """Make every leased row due now: at start, where this process is the only one there can be."""
    now = moment(tx)
    await tx.execute(
        update(Job)
        .where(LIVE, Job.status.not_in(["queued", "retrying"]), Job.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
