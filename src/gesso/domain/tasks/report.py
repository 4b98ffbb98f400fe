"""Reports: what a worker or a provider says of a job,
written back if the job is still where they think it is.

Every verb takes many reports and answers for which of them it was true. A report that comes late,
or from a worker whose lease was given to another (an older fence), changes nothing. A report that
lets go of the job raises the fence itself, so that a renewal of the lease which is still under way
finds nothing to renew. Ends are told in `finish`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Update, and_, case, exists, func, select, update

from gesso.domain import events
from gesso.domain.tasks.news import Grip, Postponed, Progress, Result, Taken, newest_only
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.rules import before
from gesso.domain.tasks.status import LIVE, status_is
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, at_commit, moment, rowset

DUE = "due"
"""The topic that is signalled when a row has become due at once."""


async def intend(tx: Tx, grips: Sequence[Grip]) -> list[bool]:
    """Write down that these jobs are about to be sent; only a True may send.

    The attempt's row decides between this and a rescue that finds it unsent: who writes first wins.
    """
    v = _grips(tx, grips)
    mine = exists(
        select(1).where(
            Job.id == v.c.id,
            Job.fence == v.c.fence,
            Job.attempt_id == Attempt.id,
            status_is("submitting"),
        )
    )
    write = (
        update(Attempt)
        .where(
            Attempt.job_id == v.c.id,
            Attempt.fence == v.c.fence,
            Attempt.intent_at.is_(None),
            Attempt.outcome == "open",  # PostgreSQL looks again at this row alone, not at `mine`
            mine,
        )
        .values(intent_at=moment(tx))
        .returning(Attempt.job_id, Attempt.fence)
        .execution_options(synchronize_session=False)
    )
    sent = {Grip(*row) for row in await tx.execute(write)}
    return [grip in sent for grip in grips]


@newest_only
async def accept(tx: Tx, reports: Sequence[Taken]) -> list[bool]:
    """Submitting | unknown → running, with the provider's id."""
    now = moment(tx)
    await lock_jobs(tx, [r.grip.job_id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        provider_job_id=(Job.provider_job_id, [r.provider_job_id for r in reports]),
        due_at=(Job.due_at, [now + timedelta(seconds=r.poll_after) for r in reports]),
        step=(Job.fence, [int(not r.stays) for r in reports]),
    )
    write = _move(v, "running").values(
        status="running",
        provider_job_id=v.c.provider_job_id,
        due_at=case((Job.cancel_requested_at.is_(None), v.c.due_at), else_=now),
        fence=Job.fence + v.c.step,
        rev=Job.rev + 1,
    )
    moved = await _moved(tx, write)
    await _note_attempts(tx, [r for r in reports if r.grip.job_id in moved])
    await _keep_metadata(tx, [r for r in reports if r.metadata and r.grip.job_id in moved])
    _tell(tx, moved, "job.running", status="running", progress=0.0)
    return [r.grip.job_id in moved for r in reports]


@newest_only
async def receive(tx: Tx, reports: Sequence[Result]) -> list[bool]:
    """The result is there: → ingesting, due at once for whoever stores it."""
    await lock_jobs(tx, [r.grip.job_id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        output=(Job.output, [{"pieces": [dict(piece) for piece in r.pieces]} for r in reports]),
        cost=(Attempt.provider_cost, [r.cost for r in reports]),
    )
    write = _move(v, "ingesting").values(
        status="ingesting", output=v.c.output, due_at=moment(tx), progress=1.0,
        fence=Job.fence + 1, rev=Job.rev + 1,
    )  # fmt: skip
    moved = await _moved(tx, write)
    costs = (
        update(Attempt)
        .where(Attempt.job_id == v.c.id, Attempt.job_id.in_(list(moved)), _is_current())
        .values(provider_cost=v.c.cost, outcome="accepted")
        .execution_options(synchronize_session=False)
    )
    await tx.execute(costs)
    _tell(tx, moved, "job.ingesting", status="ingesting", progress=1.0)
    at_commit(tx, DUE, *{queue_topic(row.queue) for row in moved.values()})
    return [r.grip.job_id in moved for r in reports]


@newest_only
async def advance(tx: Tx, reports: Sequence[Progress]) -> list[bool]:
    """Write down how far running jobs are;
    False means that the job is not this worker's any more.
    """
    now = moment(tx)
    await lock_jobs(tx, [r.grip.job_id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        share=(Job.progress, [min(1.0, max(0.0, r.share)) for r in reports]),
        due_at=(Job.due_at, [now + timedelta(seconds=r.again_after) for r in reports]),
        step=(Job.fence, [int(not r.stays) for r in reports]),
    )
    write = (
        update(Job)
        .where(
            Job.id == v.c.id,
            Job.fence == v.c.fence,
            status_is("running"),
            Job.progress <= v.c.share,
        )
        .values(
            progress=v.c.share,
            due_at=case((Job.cancel_requested_at.is_(None), v.c.due_at), else_=now),
            fence=Job.fence + v.c.step,
            rev=Job.rev + 1,
        )
    )
    moved = await _moved(tx, write)
    for row in moved.values():
        events.record(
            tx, row.owner_id, "job.progress",
            task_id=row.task_id, job_id=row.id, index=row.idx, phase=row.phase,
            progress=round(row.progress, 3), rev=row.rev,
        )  # fmt: skip
    return [r.grip.job_id in moved for r in reports]


@newest_only
async def postpone(tx: Tx, reports: Sequence[Postponed]) -> list[bool]:
    """Look again later; also how a worker that is still at it keeps its lease."""
    now = moment(tx)
    await lock_jobs(tx, [r.grip.job_id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        due_at=(Job.due_at, [now + timedelta(seconds=r.again_after) for r in reports]),
        step=(Job.fence, [int(not r.stays) for r in reports]),
    )
    # A wish to cancel is not put off: it waits for whoever looks at the running job next.
    unwanted = and_(Job.cancel_requested_at.is_not(None), status_is("running"))
    write = (
        update(Job)
        .where(Job.id == v.c.id, Job.fence == v.c.fence, LIVE)
        .values(due_at=case((unwanted, now), else_=v.c.due_at), fence=Job.fence + v.c.step)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    kept = set((await tx.scalars(write)).all())
    return [r.grip.job_id in kept for r in reports]


@newest_only
async def lose(tx: Tx, reports: Sequence[Postponed]) -> list[bool]:
    """Submitting → unknown: nobody can say whether the provider took it. It is never sent again on
    a guess.
    """
    now = moment(tx)
    await lock_jobs(tx, [r.grip.job_id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        due_at=(Job.due_at, [now + timedelta(seconds=r.again_after) for r in reports]),
    )
    moved = await _moved(
        tx,
        _move(v, "unknown").values(
            status="unknown", due_at=v.c.due_at, fence=Job.fence + 1, rev=Job.rev + 1
        ),
    )
    await tx.execute(
        update(Attempt)
        .where(Attempt.job_id.in_(list(moved)), _is_current())
        .values(outcome="unknown")
        .execution_options(synchronize_session=False)
    )
    _tell(tx, moved, "job.unknown", status="unknown")
    return [r.grip.job_id in moved for r in reports]


class Moved(NamedTuple):
    """A job that has just changed."""

    id: UUID
    task_id: UUID
    owner_id: UUID
    queue: str
    phase: str
    idx: int
    progress: float
    rev: int


def _grips(tx: Tx, grips: Sequence[Grip]) -> FromClause:
    return rowset(
        tx,
        id=(Job.id, [grip.job_id for grip in grips]),
        fence=(Job.fence, [grip.fence for grip in grips]),
    )


def _move(v: FromClause, to: str) -> Update:
    """The compare-and-set of every report:
    only from a legal state, only under the fence in force.
    """
    return update(Job).where(Job.id == v.c.id, Job.fence == v.c.fence, status_is(*before(to)))


async def lock_jobs(tx: Tx, job_ids: Iterable[UUID]) -> None:
    """Lock these jobs until the commit in id order, so that two writers of many cannot deadlock."""
    query = select(Job.id).where(Job.id.in_(sorted(job_ids))).order_by(Job.id)
    await tx.execute(query.with_for_update(key_share=True))


async def _moved(tx: Tx, write: Update) -> dict[UUID, Moved]:
    write = write.returning(
        Job.id, Job.task_id, Job.owner_id, Job.queue, Job.phase, Job.idx, Job.progress, Job.rev
    ).execution_options(synchronize_session=False)
    return {row.id: Moved._make(row) for row in await tx.execute(write)}


def _is_current() -> ColumnElement[bool]:
    return exists(select(1).where(Job.id == Attempt.job_id, Job.attempt_id == Attempt.id))


async def _note_attempts(tx: Tx, reports: Sequence[Taken]) -> None:
    if not reports:
        return
    v = rowset(
        tx,
        id=(Job.id, [r.grip.job_id for r in reports]),
        provider_job_id=(Attempt.provider_job_id, [r.provider_job_id for r in reports]),
    )
    await tx.execute(
        update(Attempt)
        .where(Attempt.job_id == v.c.id, _is_current())
        .values(
            outcome="accepted",
            provider_job_id=v.c.provider_job_id,
            intent_at=func.coalesce(Attempt.intent_at, moment(tx)),
        )
        .execution_options(synchronize_session=False)
    )


async def _keep_metadata(tx: Tx, reports: Sequence[Taken]) -> None:
    """Remember what the provider said on acceptance; rare, so a statement each."""
    for report in reports:
        meta = await tx.scalar(select(Job.meta).where(Job.id == report.grip.job_id))
        await tx.execute(
            update(Job)
            .where(Job.id == report.grip.job_id)
            .values(meta={**(meta or {}), "provider": dict(report.metadata)})
            .execution_options(synchronize_session=False)
        )


def _tell(tx: Tx, moved: Mapping[UUID, Moved], event: str, **data: object) -> None:
    for row in moved.values():
        events.record(
            tx, row.owner_id, event,
            task_id=row.task_id, job_id=row.id, index=row.idx, phase=row.phase, rev=row.rev, **data,
        )  # fmt: skip
