"""Retry: a job that its provider refused or failed is tried again while it may, and ended when it
may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, select, update

from gesso.domain import events
from gesso.domain.tasks import attempts
from gesso.domain.tasks.attempts import Fate
from gesso.domain.tasks.finish import End, finish, lock_tasks
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.news import Grip
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.rules import before
from gesso.domain.tasks.tables import Job, Queue
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.kit.backoff import full_jitter

_LONGEST = 7 * 86_400.0
"""The longest wait that is believed, in seconds; no deadline is further away."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that came to nothing: the fate of its attempt, and whether another try makes sense."""

    grip: Grip
    task_id: UUID
    outcome: str
    code: str
    message: str
    again: bool
    after: float | None = None
    """The provider's own word on when to come back, in seconds."""
    cost: int = 0

    @property
    def words(self) -> tuple[str, str]:
        """Code and message as the database takes them: a provider's text may hold anything."""
        return _clean(self.code, 64), _clean(self.message, 500)


def _clean(text: str, longest: int) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


async def fail(tx: Tx, menu: Menu, failures: Sequence[Failure]) -> list[bool]:
    """→ retrying with jitter while tries and time are left,
    else → failed and the credits go back.
    """
    await lock_tasks(tx, {failure.task_id for failure in failures})
    rows = await _rows(tx, failures)
    fences = [job.fence for job, _ in rows.values()]  # as found: `finish` reads them anew
    ends, waits = [], []
    for failure in failures:
        row = rows.get(failure.grip.job_id)
        if row is None or row[0].fence != failure.grip.fence:
            continue
        wait = _wait(tx, failure, *row)
        if wait is None:
            ends.append(_end(failure, row[0]))
        else:
            waits.append((failure, row[0], wait))
    await _retry(tx, waits)
    await finish(tx, menu, ends)
    true = {Grip(job.id, fence) for (job, _), fence in zip(rows.values(), fences, strict=True)}
    return [failure.grip in true for failure in failures]


async def _rows(tx: Tx, failures: Sequence[Failure]) -> dict[UUID, tuple[Job, Queue]]:
    v = rowset(
        tx,
        id=(Job.id, [f.grip.job_id for f in failures]),
        fence=(Job.fence, [f.grip.fence for f in failures]),
    )
    query = (
        select(Job, Queue)
        .join(v, and_(Job.id == v.c.id, Job.fence == v.c.fence))
        .join(Queue, Queue.name == Job.queue)
        .where(Job.status.in_(before("retrying")))
        .order_by(Job.id)
        .with_for_update(key_share=True, of=Job)
        .execution_options(populate_existing=True)
    )
    return {job.id: (job, queue) for job, queue in await tx.execute(query)}


def _wait(tx: Tx, failure: Failure, job: Job, queue: Queue) -> timedelta | None:
    """How long until the next try; None when there is to be none."""
    if job.cancel_requested_at is not None:
        return timedelta(0)  # whoever looks next finds it waiting and unwanted, and cancels it
    if not failure.again or job.attempt >= job.max_attempts:
        return None
    jitter = full_jitter(job.attempt, first=queue.backoff_first, cap=queue.backoff_cap)
    wait = timedelta(seconds=max(jitter, min(failure.after or 0.0, _LONGEST)))
    return wait if moment(tx) + wait < job.deadline_at else None


def _end(failure: Failure, job: Job) -> End:
    return End(
        job_id=job.id,
        task_id=job.task_id,
        status="failed",
        outcome=failure.outcome,
        error_code=failure.words[0],
        error_message=failure.words[1],
        cost=failure.cost,
    )


async def _retry(tx: Tx, waits: Sequence[tuple[Failure, Job, timedelta]]) -> None:
    if not waits:
        return
    now = moment(tx)
    v = rowset(
        tx,
        id=(Job.id, [job.id for _, job, _ in waits]),
        due_at=(Job.due_at, [now + wait for _, _, wait in waits]),
        code=(Job.error_code, [failure.words[0] for failure, _, _ in waits]),
        message=(Job.error_message, [failure.words[1] for failure, _, _ in waits]),
    )
    await tx.execute(
        update(Job)
        .where(Job.id == v.c.id)
        .values(
            status="retrying", due_at=v.c.due_at, error_code=v.c.code, error_message=v.c.message,
            progress=0.0, provider_job_id=None, fence=Job.fence + 1, rev=Job.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    await attempts.close(
        tx, [Fate(job.id, job.task_id, f.outcome, f.words[0], f.cost) for f, job, _ in waits]
    )
    for failure, job, wait in waits:
        events.record(
            tx, job.owner_id, "job.retrying",
            task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase, status="retrying",
            error_code=failure.words[0], retry_at=(now + wait).isoformat(), rev=job.rev + 1,
        )  # fmt: skip
    at_commit(tx, *{queue_topic(job.queue) for _, job, _ in waits})
