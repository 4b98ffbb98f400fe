"""Finish: the one funnel through which every job ends, whoever brings the news.

In one transaction the job ends, its attempt's fate is written, its pieces become assets, and, when
it was the last of its phase, the operation folds: the hold is settled for what was delivered, and
the task ends, goes on or waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select, update

from gesso.domain import events, media, wallet
from gesso.domain.tasks import attempts
from gesso.domain.tasks.attempts import Fate
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.operation import Await, Done, Fail, Made, Step
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.report import lock_jobs
from gesso.domain.tasks.rules import JOB_STEPS
from gesso.domain.tasks.tables import TERMINAL, Job, Task
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.kit.money import credits_text

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended. Without a fence the news may come from anyone: the state alone decides."""

    job_id: UUID
    task_id: UUID
    status: str
    outcome: str
    """The fate of its present attempt; see `tables.ATTEMPT_OUTCOMES`."""
    fence: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    cost: int = 0
    """What the provider takes though nothing was delivered."""
    assets: Sequence[media.NewAsset] = field(default_factory=tuple)


async def finish(tx: Tx, menu: Menu, ends: Sequence[End]) -> list[bool]:
    """End these jobs where they can still end so; False for those that somebody else has ended or
    moved on.
    """
    if not ends:
        return []
    tasks = await lock_tasks(tx, {end.task_id for end in ends})
    heard = _one_a_job(ends)
    ended = await _end_jobs(tx, list(heard.values()))
    true = [end for end in heard.values() if end.job_id in ended]
    await media.add(tx, [asset for end in true for asset in end.assets])
    await attempts.close(
        tx, [Fate(e.job_id, e.task_id, e.outcome, e.error_code, e.cost) for e in true]
    )
    for end in true:
        job = ended[end.job_id]
        asset = end.assets[0] if end.assets else None
        events.record(
            tx, job.owner_id, f"job.{end.status}",
            task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase, status=end.status,
            progress=1.0 if end.status == "completed" else job.progress, rev=job.rev,
            asset_id=asset and asset.public_id, error_code=end.error_code,
        )  # fmt: skip
    await fold(tx, menu, {tasks[end.task_id].id: tasks[end.task_id] for end in true})
    at_commit(tx, *{queue_topic(job.queue) for job in ended.values()})
    return [end.job_id in ended and heard[end.job_id] is end for end in ends]


def _one_a_job(ends: Sequence[End]) -> dict[UUID, End]:
    """Of several ends of one job, the one under the highest fence, and the first of those: a job
    ends once. News that needs no fence goes before all.
    """
    heard: dict[UUID, End] = {}
    for end in ends:
        known = heard.setdefault(end.job_id, end)
        if known.fence is not None and (end.fence is None or end.fence > known.fence):
            heard[end.job_id] = end
    return heard


async def lock_tasks(tx: Tx, task_ids: set[UUID]) -> dict[UUID, Task]:
    """Lock these tasks until the commit, always before their jobs and in id order."""
    query = (
        select(Task)
        .where(Task.id.in_(sorted(task_ids)))
        .order_by(Task.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {task.id: task for task in (await tx.scalars(query)).all()}


async def fold(tx: Tx, menu: Menu, tasks: Mapping[UUID, Task]) -> None:
    """Bring each of these locked tasks to what follows from its jobs; one whose phase goes on is
    only touched.
    """
    made = await _phase(tx, list(tasks.values()))
    settlements, steps = [], {}
    for task in tasks.values():
        jobs = made[task.id]
        if any(job.status not in TERMINAL for job in jobs):
            continue
        steps[task.id] = (jobs, _step(menu, task, jobs))
        charge = sum(job.price for job in jobs if job.status == "completed")
        settlements.append(wallet.Settlement(task.id, task.phase, charge))
    settled = {s.task_id: s for s in await wallet.settle(tx, settlements)}
    changes = []
    for task in tasks.values():
        change = _Change(task)
        if task.id in steps:
            jobs, step = steps[task.id]
            change.settle(settled.get(task.id))
            change.follow(tx, step, jobs)
        changes.append(change)
    await write(tx, changes)


class _Change:
    """What becomes of one task in this fold."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.status, self.phase = task.status, task.phase
        self.charged, self.released = task.charged, task.released
        self.error: tuple[str | None, str | None] = (None, None)
        self.deadline_at = task.deadline_at

    def settle(self, settled: wallet.Settled | None) -> None:
        """Take over what the hold came to."""
        if settled is not None:
            self.charged += settled.captured
            self.released += settled.released

    def follow(self, tx: Tx, step: Step, jobs: Sequence[Job]) -> None:
        """Take the step; a wish to cancel is honoured before the next phase can begin."""
        if isinstance(step, Done):
            self.status = "completed"
        elif isinstance(step, Await):
            self.phase = step.phase
            self.status = "cancelled" if self.task.cancel_requested_at else "awaiting_selection"
            self.deadline_at = moment(tx) + timedelta(seconds=step.seconds)
        else:
            statuses = {job.status for job in jobs}
            ends = [status for status in ("cancelled", "expired") if status in statuses]
            self.status = ends[0] if ends else "failed"
            self.error = (step.code, step.message) if self.status == "failed" else _why(self.status)


def _why(status: str) -> tuple[str, str]:
    if status == "cancelled":
        return "cancelled", "It was cancelled before anything was made."
    return "expired", "It was not made in time."


def _step(menu: Menu, task: Task, jobs: Sequence[Job]) -> Step:
    made = [as_made(job) for job in jobs]
    operation = menu.operations.get(task.type)
    delivered = any(job.status == "completed" for job in jobs)
    if operation is None:
        # Its plugin was taken out while it ran: what was delivered is the result.
        return Done() if delivered else Fail("unknown_operation", "Its kind of task is gone.")
    try:
        return operation.fold(menu.order(task.meta), made)
    except Exception:  # a plugin's fault must not keep the hold open, nor stop the whole sweep
        log.exception("fold_failed", operation=task.type, task_id=str(task.id))
        return Done() if delivered else Fail("operation_failed", "Its kind of task has a fault.")


def as_made(job: Job, asset_id: UUID | None = None) -> Made:
    """A job as its operation sees it."""
    return Made(
        id=job.id,
        index=job.idx,
        status=job.status,
        input=job.meta.get("input", {}),  # type: ignore[arg-type]
        asset_id=asset_id,
        error_code=job.error_code,
        error_message=job.error_message,
    )


async def _end_jobs(tx: Tx, ends: Sequence[End]) -> dict[UUID, Job]:
    await lock_jobs(tx, [end.job_id for end in ends])
    v = rowset(
        tx,
        id=(Job.id, [end.job_id for end in ends]),
        fence=(Job.fence, [end.fence for end in ends]),
        to=(Job.status, [end.status for end in ends]),
        code=(Job.error_code, [end.error_code for end in ends]),
        message=(Job.error_message, [end.error_message for end in ends]),
    )
    legal = or_(
        *[
            and_(v.c.to == to, Job.status.in_([a for a, later in JOB_STEPS.items() if to in later]))
            for to in sorted({end.status for end in ends})
        ]
    )
    write_back = (
        update(Job)
        .where(Job.id == v.c.id, or_(v.c.fence.is_(None), Job.fence == v.c.fence), legal)
        .values(
            status=v.c.to,
            error_code=v.c.code,
            error_message=v.c.message,
            finished_at=moment(tx),
            rev=Job.rev + 1,
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return {job.id: job for job in (await tx.scalars(write_back)).all()}


async def _phase(tx: Tx, tasks: Sequence[Task]) -> dict[UUID, list[Job]]:
    v = rowset(
        tx,
        task_id=(Task.id, [task.id for task in tasks]),
        phase=(Task.phase, [task.phase for task in tasks]),
    )
    query = (
        select(Job)
        .join(v, and_(Job.task_id == v.c.task_id, Job.phase == v.c.phase))
        .order_by(Job.task_id, Job.idx)
        .execution_options(populate_existing=True)
    )
    jobs: dict[UUID, list[Job]] = {task.id: [] for task in tasks}
    for job in (await tx.scalars(query)).all():
        jobs[job.task_id].append(job)
    return jobs


async def write(tx: Tx, changes: Sequence[_Change]) -> None:
    """Write tasks back and tell how they stand."""
    if not changes:
        return
    now = moment(tx)
    ended = [change.status in TERMINAL for change in changes]
    v = rowset(
        tx,
        id=(Task.id, [c.task.id for c in changes]),
        status=(Task.status, [c.status for c in changes]),
        phase=(Task.phase, [c.phase for c in changes]),
        code=(Task.error_code, [c.error[0] for c in changes]),
        message=(Task.error_message, [c.error[1] for c in changes]),
        charged=(Task.charged, [c.charged for c in changes]),
        released=(Task.released, [c.released for c in changes]),
        deadline_at=(Task.deadline_at, [c.deadline_at for c in changes]),
        finished_at=(Task.finished_at, [now if end else None for end in ended]),
    )
    names = ("status", "phase", "charged", "released", "deadline_at", "finished_at")
    values: dict[str, Any] = {name: v.c[name] for name in names}
    await tx.execute(
        update(Task)
        .where(Task.id == v.c.id)
        .values(
            **values,
            error_code=v.c.code,
            error_message=v.c.message,
            updated_at=now,
            rev=Task.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )
    for change in changes:
        if change.status != change.task.status or change.phase != change.task.phase:
            _announce(tx, change)


def _announce(tx: Tx, change: _Change) -> None:
    task = change.task
    events.record(
        tx, task.owner_id, f"task.{change.status}",
        task_id=task.id, operation=task.type, status=change.status, phase=change.phase,
        rev=task.rev + 1, error_code=change.error[0],
        cost={
            "held": credits_text(task.held),
            "charged": credits_text(change.charged),
            "released": credits_text(change.released),
        },
    )  # fmt: skip
