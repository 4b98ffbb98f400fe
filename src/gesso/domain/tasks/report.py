"""Reports: what a worker or a provider says of a job,
written back if the job is still where they think it is.

Every verb takes many reports and answers for which of them it was true. A report that comes late,
or from a worker whose lease was given to another (an older fence), changes nothing. A report that
lets go of the job raises the fence itself, so that a renewal of the lease which is still under way
finds nothing to renew. Ends are told in `finish`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Update, update

from gesso.domain import events
from gesso.domain.tasks import metadata, moves
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.news import Intent, Postponed, Progress, Result, Taken, newest_only
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.work import Grip

DUE = "due"
"""The topic that is signalled when a row has become due at once."""


async def intend(tx: Tx, intents: Sequence[Intent]) -> list[bool]:
    """Write down that these jobs are about to be sent; only a True may send.

    The attempt's row decides between this and a rescue that finds it unsent: who writes first wins.
    """
    traced = [intent for intent in intents if intent.trace is not None]
    if traced:
        await JOBS.lock(tx, [intent.grip.id for intent in traced])
    rows = await moves.INTEND(
        tx,
        id=[intent.grip.id for intent in intents],
        fence=[intent.grip.fence for intent in intents],
        credential=[intent.credential for intent in intents],
        now=[moment(tx)] * len(intents),
    )
    sent = {Grip(*row) for row in rows}
    for intent in traced:
        if intent.grip in sent:
            await metadata.add(tx, intent.grip.id, "trace", intent.trace or {})
    return [intent.grip in sent for intent in intents]


@newest_only
async def accept(tx: Tx, reports: Sequence[Taken]) -> list[bool]:
    """Submitting | unknown → running, with the provider's id."""
    now = moment(tx)
    await JOBS.lock(tx, [r.grip.id for r in reports])
    rows = await moves.ACCEPT(
        tx,
        id=[r.grip.id for r in reports],
        fence=[r.grip.fence for r in reports],
        provider_job_id=[r.provider_job_id for r in reports],
        now=[now] * len(reports),
        due_at=[now + timedelta(seconds=r.poll_after) for r in reports],
        step=[int(not r.stays) for r in reports],
    )
    moved = _by_id(rows)
    await _note_attempts(tx, [r for r in reports if r.grip.id in moved])
    await _keep_metadata(tx, [r for r in reports if r.metadata and r.grip.id in moved])
    _tell(tx, moved, "job.running", status="running", progress=0.0)
    return [r.grip.id in moved for r in reports]


@newest_only
async def receive(tx: Tx, reports: Sequence[Result]) -> list[bool]:
    """The result is there: → ingesting, due at once for whoever stores it if not its worker."""
    now = moment(tx)
    await JOBS.lock(tx, [r.grip.id for r in reports])
    rows = await moves.RECEIVE(
        tx,
        id=[r.grip.id for r in reports],
        fence=[r.grip.fence for r in reports],
        output=[r.output for r in reports],
        charge=[r.charge for r in reports],
        due_at=[now + timedelta(seconds=r.kept_for or 0) for r in reports],
        step=[int(r.kept_for is None) for r in reports],
    )
    moved = _by_id(rows)
    heard = [r for r in reports if r.grip.id in moved]
    await moves.COST(
        tx,
        id=[r.grip.id for r in heard],
        cost=[r.cost for r in heard],
        usage=[dict(r.usage) for r in heard],
    )
    _tell(tx, moved, "job.ingesting", status="ingesting", progress=1.0)
    at_commit(tx, *{queue_topic(row.queue) for row in moved.values()})
    if any(r.kept_for is None and r.grip.id in moved for r in reports):
        at_commit(tx, DUE)
    return [r.grip.id in moved for r in reports]


@newest_only
async def advance(tx: Tx, reports: Sequence[Progress]) -> list[bool]:
    """Write down how far running jobs are;
    False means that the job is not this worker's any more.
    """
    await JOBS.lock(tx, [r.grip.id for r in reports])
    shares = [min(1.0, max(0.0, r.share)) for r in reports]
    rows = await moves.ADVANCE(tx, share=shares, **_next_looks(tx, reports))
    moved = _by_id(rows)
    await _keep_metadata(tx, [r for r in reports if r.metadata is not None and r.grip.id in moved])
    for row in moved.values():
        events.record(
            tx, row.owner_id, "job.progress",
            task_id=row.task_id, job_id=row.id, index=row.idx, phase=row.phase,
            progress=round(row.progress, 3), rev=row.rev,
        )  # fmt: skip
    return [r.grip.id in moved for r in reports]


@newest_only
async def postpone(tx: Tx, reports: Sequence[Postponed]) -> list[bool]:
    """Look again later; also how a worker that is still at it keeps its lease."""
    await JOBS.lock(tx, [r.grip.id for r in reports])
    rows = await moves.POSTPONE(tx, **_next_looks(tx, reports))
    kept = {row[0] for row in rows}
    return [r.grip.id in kept for r in reports]


def _next_looks(tx: Tx, reports: Sequence[Progress | Postponed]) -> dict[str, list[object]]:
    now = moment(tx)
    return {
        "id": [r.grip.id for r in reports],
        "fence": [r.grip.fence for r in reports],
        "now": [now] * len(reports),
        "due_at": [now + timedelta(seconds=r.again_after) for r in reports],
        "step": [int(not r.stays) for r in reports],
    }


@newest_only
async def lose(tx: Tx, reports: Sequence[Postponed]) -> list[bool]:
    """Submitting → unknown: nobody can say whether the provider took it. It is never sent again on
    a guess.
    """
    now = moment(tx)
    await JOBS.lock(tx, [r.grip.id for r in reports])
    v = rowset(
        tx,
        id=(Job.id, [r.grip.id for r in reports]),
        fence=(Job.fence, [r.grip.fence for r in reports]),
        due_at=(Job.due_at, [now + timedelta(seconds=r.again_after) for r in reports]),
    )
    moved = await _moved(
        tx,
        moves.move(v, "unknown").values(
            status="unknown", due_at=v.c.due_at, rev=Job.rev + 1, **JOBS.let_go
        ),
    )
    await tx.execute(
        update(Attempt)
        .where(Attempt.job_id.in_(list(moved)), moves.is_current())
        .values(outcome="unknown")
        .execution_options(synchronize_session=False)
    )
    _tell(tx, moved, "job.unknown", status="unknown")
    return [r.grip.id in moved for r in reports]


def _by_id(rows: Iterable[Sequence[Any]]) -> dict[UUID, moves.Moved]:
    return {row[0]: moves.Moved._make(row) for row in rows}


async def _moved(tx: Tx, write: Update) -> dict[UUID, moves.Moved]:
    write = write.returning(*moves.MOVED).execution_options(synchronize_session=False)
    return _by_id((await tx.execute(write)).all())


async def _note_attempts(tx: Tx, reports: Sequence[Taken]) -> None:
    if reports:
        await moves.NOTE(
            tx,
            id=[r.grip.id for r in reports],
            provider_job_id=[r.provider_job_id for r in reports],
            now=[moment(tx)] * len(reports),
        )


async def _keep_metadata(tx: Tx, reports: Sequence[Taken | Progress]) -> None:
    """Remember what the next ticket is to carry; rare, so a statement each."""
    for report in reports:
        await metadata.put(tx, report.grip.id, "provider", report.metadata or {})


def _tell(tx: Tx, moved: Mapping[UUID, moves.Moved], event: str, **data: object) -> None:
    for row in moved.values():
        events.record(
            tx, row.owner_id, event,
            task_id=row.task_id, job_id=row.id, index=row.idx, phase=row.phase, rev=row.rev, **data,
        )  # fmt: skip
