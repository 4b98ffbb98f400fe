"""Hearsay: what a provider says of a running job unasked. It is believed as far as it can do no
harm: progress only grows, and news of an end only makes the job due to be asked about.

Nobody who hears it has the job in hand, so it names the attempt and not a fence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain import events
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.status import status_is
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, at_commit, moment, rowset

_MOST = 0.99
"""Only a result is all of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far an attempt's job is said to be, between 0 and 1; `ended`: it is worth asking now."""

    attempt_id: UUID
    share: float
    ended: bool = False


async def hear(tx: Tx, heard: Sequence[Heard]) -> None:
    """Note how far running jobs are, and have those asked about that may have ended."""
    ids = await _jobs_of(tx, heard)
    await JOBS.lock(tx, list(ids.values()))
    far = [each for each in heard if each.attempt_id in ids and each.share > 0]
    if far:
        await _advance(tx, far)
    ended = [each.attempt_id for each in heard if each.ended and each.attempt_id in ids]
    if ended:
        write = (
            update(Job)
            .where(Job.id.in_([ids[each] for each in ended]), Job.attempt_id.in_(ended))
            .where(status_is("running"), Job.holder.is_(None), Job.due_at > moment(tx))
            .values(due_at=moment(tx))
            .execution_options(synchronize_session=False)
        )
        await tx.execute(write)
        at_commit(tx, DUE)


async def _jobs_of(tx: Tx, heard: Sequence[Heard]) -> dict[UUID, UUID]:
    v = rowset(tx, id=(Attempt.id, [each.attempt_id for each in heard]))
    query = select(Attempt.id, Attempt.job_id).join(v, Attempt.id == v.c.id)
    return dict(list(await tx.execute(query)))


async def _advance(tx: Tx, heard: Sequence[Heard]) -> None:
    v = rowset(
        tx,
        id=(Job.attempt_id, [each.attempt_id for each in heard]),
        share=(Job.progress, [min(_MOST, each.share) for each in heard]),
    )
    write = (
        update(Job)
        .where(Job.attempt_id == v.c.id, status_is("running"), Job.progress < v.c.share)
        .values(progress=v.c.share, rev=Job.rev + 1)
        .returning(Job.id, Job.task_id, Job.owner_id, Job.idx, Job.phase, Job.progress, Job.rev)
        .execution_options(synchronize_session=False)
    )
    for row in await tx.execute(write):
        events.record(
            tx, row.owner_id, "job.progress",
            task_id=row.task_id, job_id=row.id, index=row.idx, phase=row.phase,
            progress=round(row.progress, 3), rev=row.rev,
        )  # fmt: skip
