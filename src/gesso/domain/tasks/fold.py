"""Fold: what becomes of a task when a job of its present phase has ended.

When it was the last one, the operation says what follows from all of them: the hold is settled for
what was delivered, and the task ends, goes on or waits for its owner.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import and_, select, update

from gesso.domain import events, wallet
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.operation import Await, Done, Fail, Made, Step
from gesso.domain.tasks.tables import TERMINAL, Job, Task
from gesso.infra.db import Over, Tx, moment
from gesso.kit.money import credits_text

log = structlog.get_logger()


class Sibling(NamedTuple):
    """A job of a phase, as far as it matters for what follows from all of them."""

    task_id: UUID
    id: UUID
    idx: int
    status: str
    price: int
    charge: int | None
    meta: dict[str, Any]
    error_code: str | None
    error_message: str | None

    @property
    def charged(self) -> int:
        """What its user pays for it when it is delivered."""
        return self.price if self.charge is None else self.charge


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
        charge = sum(job.charged for job in jobs if job.status == "completed")
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

    def follow(self, tx: Tx, step: Step, jobs: Sequence[Sibling]) -> None:
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


def _step(menu: Menu, task: Task, jobs: Sequence[Sibling]) -> Step:
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


def as_made(job: Job | Sibling, asset_id: UUID | None = None) -> Made:
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


_SIBLING = (
    Job.task_id, Job.id, Job.idx, Job.status, Job.price, Job.charge, Job.meta, Job.error_code,
    Job.error_message,
)  # fmt: skip
_PHASE = Over(
    lambda v, _: (
        select(*_SIBLING)
        .join(v, and_(Job.task_id == v.c.task_id, Job.phase == v.c.phase))
        .order_by(Job.task_id, Job.idx)
    ),
    returning=_SIBLING,
    task_id=Task.id,
    phase=Task.phase,
)


async def _phase(tx: Tx, tasks: Sequence[Task]) -> dict[UUID, list[Sibling]]:
    jobs: dict[UUID, list[Sibling]] = {task.id: [] for task in tasks}
    phases = [task.phase for task in tasks]
    for row in await _PHASE(tx, task_id=list(jobs), phase=phases):
        jobs[row[0]].append(Sibling._make(row))
    return jobs


_WRITTEN = (
    "status", "phase", "error_code", "error_message", "charged", "released",
    "deadline_at", "finished_at", "updated_at",
)  # fmt: skip
_COLUMNS: Mapping[str, Any] = {name: getattr(Task, name) for name in _WRITTEN}
_WRITE = Over(
    lambda v, _: (
        update(Task)
        .where(Task.id == v.c.id)
        .values(**{name: v.c[name] for name in _WRITTEN}, rev=Task.rev + 1)
    ),
    id=Task.id,
    **_COLUMNS,
)


async def write(tx: Tx, changes: Sequence[_Change]) -> None:
    """Write tasks back and tell how they stand."""
    if not changes:
        return
    now = moment(tx)
    ended = [change.status in TERMINAL for change in changes]
    await _WRITE(
        tx,
        id=[c.task.id for c in changes],
        status=[c.status for c in changes],
        phase=[c.phase for c in changes],
        error_code=[c.error[0] for c in changes],
        error_message=[c.error[1] for c in changes],
        charged=[c.charged for c in changes],
        released=[c.released for c in changes],
        deadline_at=[c.deadline_at for c in changes],
        finished_at=[now if end else None for end in ended],
        updated_at=[now] * len(changes),
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
