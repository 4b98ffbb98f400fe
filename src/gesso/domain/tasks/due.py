"""Due rows: whatever is late, ripe or abandoned is taken in one sweep, by the index on `due_at`.

What needs nobody outside (a retry that is ripe, a queued job whose deadline has passed, a lease
that ran out) is settled here at once. What needs a provider or the storage is handed out as
assignments, under a new fence.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, false, select, update

from gesso.domain import events
from gesso.domain.tasks.admit import Assignment, assign
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.rescue import bury, is_doomed, park, rescue
from gesso.domain.tasks.status import LIVE, status_is
from gesso.domain.tasks.tables import Job, Task
from gesso.infra.db import Over, Tx, at_commit, moment

_DUTY = {"running": "poll", "cancelling": "cancel", "unknown": "lookup", "ingesting": "ingest"}
DUTIES = {"submitting": "submit", **_DUTY}
"""What is to be done for a job that somebody has in hand, by its status."""
_WAITING = ("queued", "retrying")
STORING = "media"
"""The lane on which results are stored; everything else about a job travels on its queue's."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms due rows are handed out: for how long, to whom, and on which lanes not."""

    lease: timedelta
    holder: str | None = None
    closed: Collection[str] = ()


async def claim_due(tx: Tx, menu: Menu, *, room: int, terms: Terms) -> list[Assignment]:
    """Sweep at most `room` due rows; the assignments among them are the caller's for one lease."""
    jobs = await _due(tx, room, terms.closed)
    if len(jobs) == room:
        at_commit(tx, DUE)  # there may be more, and nobody need wait a tick for it
    doomed = [job for job in jobs if is_doomed(job) and job.status not in _WAITING]
    lost = [job for job in doomed if _is_over(job, moment(tx))]
    await bury(tx, menu, lost, code="parked", message="Whatever worked on it ended under it.")
    await park(tx, [job for job in doomed if not _is_over(job, moment(tx))])
    waiting = [job for job in jobs if job.status in _WAITING]
    over = [job for job in waiting if _is_over(job, moment(tx))]
    await finish(tx, menu, [_give_up(job) for job in over])
    await _requeue(tx, [job for job in waiting if job not in over])
    fit = [job for job in jobs if job not in doomed]
    await rescue(tx, [job for job in fit if job.status == "submitting"])
    return await _hand_out(tx, [job for job in fit if job.status in _DUTY], terms)


async def _due(tx: Tx, room: int, closed: Collection[str]) -> Sequence[Job]:
    # What is settled here at once needs nobody on a lane, and is done whether it is closed or not.
    is_shut = and_(status_is(*_DUTY), lane_of_row().in_(sorted(closed))) if closed else false()
    query = (
        select(Job)
        .join(Task, Task.id == Job.task_id)
        .where(LIVE, Job.due_at <= moment(tx), ~is_shut)
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


def lane_of(job: Assignment) -> str:
    """The lane on which an assignment travels to a worker."""
    return STORING if job.duty == "ingest" else job.queue


def lane_of_row() -> ColumnElement[str]:
    """The same of a row, before it is handed out."""
    return case((status_is("ingesting"), STORING), else_=Job.queue)


async def _hand_out(tx: Tx, jobs: Sequence[Job], terms: Terms) -> list[Assignment]:
    """Give each to the caller for one lease; overdue and unwanted ones become cancellations."""
    if not jobs:
        return []
    until = moment(tx) + terms.lease
    stopping = [job for job in jobs if job.status == "running" and _is_over(job, moment(tx))]
    await _lease(tx, jobs, until, stopping, terms.holder)
    for job in stopping:
        _tell(tx, job, "job.cancelling", "cancelling")
    return [
        assign(
            job,
            "cancel" if job in stopping else _DUTY[job.status],
            fence=job.fence + 1,
            attempt_id=job.attempt_id,
            leased_until=until,
            lost=job.lost + (job.holder is not None),
        )
        for job in jobs
        if job.attempt_id is not None
    ]


def _is_over(job: Job, now: datetime) -> bool:
    return job.cancel_requested_at is not None or job.deadline_at <= now


async def _lease(
    tx: Tx,
    jobs: Sequence[Job],
    until: datetime,
    stopping: Collection[Job],
    holder: str | None,
) -> None:
    await _LEASE(
        tx,
        id=[job.id for job in jobs],
        status=["cancelling" if job in stopping else job.status for job in jobs],
        holder=[holder] * len(jobs),
        due_at=[until] * len(jobs),
    )


_LEASE = Over(
    lambda v, _: (
        update(Job)
        .where(Job.id == v.c.id)
        .values(
            status=v.c.status,
            fence=Job.fence + 1,
            holder=v.c.holder,
            lost=JOBS.lost,
            due_at=v.c.due_at,
            rev=case((Job.status != v.c.status, Job.rev + 1), else_=Job.rev),
        )
    ),
    id=Job.id,
    status=Job.status,
    holder=Job.holder,
    due_at=Job.due_at,
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
