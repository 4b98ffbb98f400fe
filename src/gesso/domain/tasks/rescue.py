"""Rescue: jobs that their workers have dropped, by dying or by falling silent.

Without an intent nothing was sent, and the job waits again; with one, nobody knows. A job that is
dropped again and again is perhaps what kills its workers: from the first time on it travels alone,
and after `MOST_LOST` times it is parked as a dead letter. What is parked keeps its hold and its
deadline; an operator has it tried again or discards it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import case, select, update

from gesso.domain import deadletters, events
from gesso.domain.deadletters import Letter
from gesso.domain.tasks.finish import End, finish, lock_tasks
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.status import LIVE
from gesso.domain.tasks.tables import AT_PROVIDER, Attempt, Job
from gesso.infra.db import Tx, at_commit, moment
from gesso.infra.errors import Conflict
from gesso.work import MOST_LOST

log = structlog.get_logger()

KIND = "job"
"""As dead letters call it."""


def is_doomed(job: Job) -> bool:
    """Whether too many workers have dropped it."""
    return job.lost + (job.holder is not None) >= MOST_LOST


async def rescue(tx: Tx, jobs: Sequence[Job]) -> None:
    """Submissions whose workers fell silent: → queued where nothing was sent, else → unknown."""
    if not jobs:
        return
    unsent, unsure = await _sorted_out(tx, jobs)
    at_end = case((Job.cancel_requested_at.is_(None), Job.deadline_at), else_=moment(tx))
    await _set_back(tx, unsent, status="queued", attempt=Job.attempt - 1, due_at=at_end)
    await _set_back(tx, unsure, status="unknown", due_at=moment(tx))
    at_commit(tx, *{queue_topic(job.queue) for job in unsent})
    for job in unsent:
        _tell(tx, job, "job.queued", "queued")
    for job in unsure:
        _tell(tx, job, "job.unknown", "unknown")


async def park(tx: Tx, jobs: Sequence[Job]) -> None:
    """Put these out of everybody's way until an operator decides, or their deadline does."""
    if not jobs:
        return
    unsent, unsure = await _sorted_out(tx, [job for job in jobs if job.status == "submitting"])
    others = [job for job in jobs if job.status != "submitting"]
    until = Job.deadline_at
    await _set_back(tx, unsent, status="retrying", attempt=Job.attempt - 1, due_at=until)
    await _set_back(tx, unsure, status="unknown", due_at=until)
    await _set_back(tx, others, due_at=until)
    now = {**dict.fromkeys(unsent, "retrying"), **dict.fromkeys(unsure, "unknown")}
    for job in jobs:
        _tell(tx, job, "job.parked", now.get(job, job.status))
    await deadletters.park(tx, [_letter(job) for job in jobs])


async def bury(tx: Tx, menu: Menu, jobs: Sequence[Job], *, code: str, message: str) -> None:
    """End these without asking anybody, for asking is what nobody survives: nothing is charged, and
    what the provider may have taken is booked as a loss.
    """
    ends = []
    for job in jobs:
        is_out = job.status in AT_PROVIDER
        ends.append(
            End(
                job.id, job.task_id, "failed",
                "leaked" if is_out or job.status == "ingesting" else "absent",
                error_code=code, error_message=message,
                cost=menu.usual_cost(job) if is_out else 0,
            )
        )  # fmt: skip
    await finish(tx, menu, ends)


async def requeue(tx: Tx, job_id: UUID) -> None:
    """Try a parked job once more: it is due at once, as if nobody had ever dropped it."""
    job = await _parked(tx, job_id)
    await tx.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(lost=0, due_at=moment(tx), rev=Job.rev + 1)
        .execution_options(synchronize_session=False)
    )
    at_commit(tx, DUE, queue_topic(job.queue))


async def discard(tx: Tx, menu: Menu, job_id: UUID) -> None:
    """End a parked job as failed; its task goes on with what else it has."""
    job = await _parked(tx, job_id)
    await bury(tx, menu, [job], code="discarded", message="An operator discarded it.")


async def _parked(tx: Tx, job_id: UUID) -> Job:
    """The job, locked after its task; Conflict when it is not parked any more."""
    task_id = await tx.scalar(select(Job.task_id).where(Job.id == job_id))
    await lock_tasks(tx, {task_id} if task_id else set())
    job = await tx.scalar(
        select(Job)
        .where(Job.id == job_id, LIVE, Job.holder.is_(None), Job.lost >= MOST_LOST)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise Conflict("The job is not parked any more.", code="not_parked")
    return job


async def _sorted_out(tx: Tx, jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """Which of these submissions were never sent, and of which nobody knows; their attempts say so
    from now on. One whose intent is written this very moment is not among the first: the attempt's
    own row decides who was first.
    """
    if not jobs:
        return [], []
    write = (
        update(Attempt)
        .where(Attempt.id.in_([job.attempt_id for job in jobs]), Attempt.intent_at.is_(None))
        .values(outcome="absent", ended_at=moment(tx))
        .returning(Attempt.id)
        .execution_options(synchronize_session=False)
    )
    absent = set((await tx.scalars(write)).all())
    unsure = [job for job in jobs if job.attempt_id not in absent]
    await tx.execute(
        update(Attempt)
        .where(Attempt.id.in_([job.attempt_id for job in unsure]))
        .values(outcome="unknown")
        .execution_options(synchronize_session=False)
    )
    return [job for job in jobs if job.attempt_id in absent], unsure


async def _set_back(tx: Tx, jobs: Sequence[Job], **values: object) -> None:
    if not jobs:
        return
    await tx.execute(
        update(Job)
        .where(Job.id.in_([job.id for job in jobs]))
        .values(fence=Job.fence + 1, lost=JOBS.lost, holder=None, rev=Job.rev + 1, **values)
        .execution_options(synchronize_session=False)
    )


def _letter(job: Job) -> Letter:
    log.warning("job_parked", job_id=str(job.id), task_id=str(job.task_id), queue=job.queue)
    facts: dict[str, Any] = {"task_id": str(job.task_id), "status": job.status}
    facts |= {"provider": job.provider, "model": job.provider_model, "holder": job.holder}
    return Letter(
        KIND, job.id, lane=job.queue, deliveries=job.lost + 1, facts=facts,
        reason="Every process that took it in hand ended under it.",
    )  # fmt: skip


def _tell(tx: Tx, job: Job, event: str, status: str) -> None:
    events.record(
        tx, job.owner_id, event,
        task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase,
        status=status, rev=job.rev + 1,
    )  # fmt: skip
