"""Retry: a job that its provider refused or failed is tried again while it may, with another
target where there is one, and ended when it may not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, select, update

from gesso.domain import events
from gesso.domain.tasks import attempts, lend, reroute
from gesso.domain.tasks.attempts import Fate
from gesso.domain.tasks.finish import End, finish, lock_tasks
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.reroute import Ended, Move
from gesso.domain.tasks.rules import before
from gesso.domain.tasks.tables import Job, Queue
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.kit.backoff import full_jitter
from gesso.work import Grip

_LONGEST = 7 * 86_400.0
"""The longest wait that is believed, in seconds; no deadline is further away."""
MOST_SPARED = 5
"""Refusals of a key that one job is spared. More keys than that are not at fault: the job is one
that no key gets through, and its tries count again.
"""


@dataclass(frozen=True, slots=True)
class _Try:
    """A job that is to be tried again: after what, when, and where if not at the same place."""

    failure: "Failure"
    job: Job
    wait: timedelta
    move: Move | None
    counts: bool
    """Whether the one that failed is one of those that it has."""

    @property
    def meta(self) -> dict[str, object]:
        """What its job remembers from now on."""
        return self.move.meta if self.move else self.job.meta


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
    usage: Mapping[str, int] = field(default_factory=dict)
    spared: bool = False
    """It says nothing about the job: nothing was tried, or only the key was refused."""

    @property
    def words(self) -> tuple[str, str]:
        """Code and message as the database takes them: a provider's text may hold anything."""
        return _clean(self.code, 64), _clean(self.message, 500)


def _clean(text: str, longest: int) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


async def fail(tx: Tx, menu: Menu, failures: Sequence[Failure]) -> list[bool]:
    """→ retrying with jitter while tries and time are left, elsewhere at once where another target
    can make it, else → failed and the credits go back.
    """
    await lock_tasks(tx, {failure.task_id for failure in failures})
    rows = await _rows(tx, failures)
    before_now = await lend.spared(
        tx, [f.grip.id for f in failures if f.spared and f.outcome == "rejected"]
    )
    fences = [job.fence for job, _ in rows.values()]  # as found: `finish` reads them anew
    ends, waits = [], []
    for failure in failures:
        row = rows.get(failure.grip.id)
        if row is None or row[0].fence != failure.grip.fence:
            continue
        job, queue = row
        ended = Ended(failure.outcome, failure.words[0], failure.again)
        reroute.learn(menu, tx, job, ended)
        move = reroute.after(menu, job, ended)
        counts = not failure.spared or before_now.get(job.id, 0) >= MOST_SPARED
        is_last = counts and job.attempt >= job.max_attempts
        wait = _wait(tx, failure, job, queue, move=move, is_last=is_last)
        if wait is None:
            ends.append(_end(failure, job))
        else:
            waits.append(_Try(failure, job, wait, move, counts=counts))
    await _retry(tx, waits)
    await finish(tx, menu, ends)
    true = {Grip(job.id, fence) for (job, _), fence in zip(rows.values(), fences, strict=True)}
    return [failure.grip in true for failure in failures]


async def _rows(tx: Tx, failures: Sequence[Failure]) -> dict[UUID, tuple[Job, Queue]]:
    v = rowset(
        tx,
        id=(Job.id, [f.grip.id for f in failures]),
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


def _wait(
    tx: Tx, failure: Failure, job: Job, queue: Queue, *, move: Move | None, is_last: bool
) -> timedelta | None:
    """How long until the next try; None when there is to be none."""
    if job.cancel_requested_at is not None:
        return timedelta(0)  # whoever looks next finds it waiting and unwanted, and cancels it
    if not (failure.again or move) or is_last:
        return None
    if move is not None and move.is_new:
        return timedelta(0) if moment(tx) < job.deadline_at else None
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
        usage=failure.usage,
    )


async def _retry(tx: Tx, tries: Sequence[_Try]) -> None:
    if not tries:
        return
    now = moment(tx)
    await _write(tx, tries)
    await attempts.close(
        tx,
        [
            Fate(each.job.id, each.job.task_id, f.outcome, f.words[0], f.cost, f.usage)
            for each in tries
            for f in (each.failure,)
        ],
    )
    for each in tries:
        job = each.job
        events.record(
            tx, job.owner_id, "job.retrying",
            task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase, status="retrying",
            error_code=each.failure.words[0], retry_at=(now + each.wait).isoformat(),
            rev=job.rev + 1,
        )  # fmt: skip
    at_commit(tx, *{queue_topic(each.job.queue) for each in tries})
    if any(not each.wait for each in tries):
        at_commit(tx, DUE)


async def _write(tx: Tx, tries: Sequence[_Try]) -> None:
    """Submitting | unknown | running → retrying, with the target of the next try."""
    now, joining = moment(tx), await reroute.turns(tx, [each.move for each in tries if each.move])
    targets = [each.move.target if each.move else None for each in tries]
    jobs = [each.job for each in tries]
    both = list(zip(jobs, targets, strict=True))
    v = rowset(
        tx,
        id=(Job.id, [job.id for job in jobs]),
        due_at=(Job.due_at, [now + each.wait for each in tries]),
        uncounted=(Job.attempt, [int(not each.counts) for each in tries]),
        code=(Job.error_code, [each.failure.words[0] for each in tries]),
        message=(Job.error_message, [each.failure.words[1] for each in tries]),
        provider=(Job.provider, [to.provider if to else job.provider for job, to in both]),
        model=(Job.provider_model, [to.model if to else job.provider_model for job, to in both]),
        queue=(Job.queue, [to.queue if to else job.queue for job, to in both]),
        turn=(Job.turn, [joining.get(to.queue, job.turn) if to else job.turn for job, to in both]),
        meta=(Job.meta, [each.meta for each in tries]),
    )
    await tx.execute(
        update(Job)
        .where(Job.id == v.c.id)
        .values(
            status="retrying", due_at=v.c.due_at, error_code=v.c.code, error_message=v.c.message,
            attempt=Job.attempt - v.c.uncounted,
            provider=v.c.provider, provider_model=v.c.model, queue=v.c.queue, turn=v.c.turn,
            meta=v.c.meta, progress=0.0, provider_job_id=None, rev=Job.rev + 1, **JOBS.let_go,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
