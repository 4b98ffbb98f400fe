"""Finish: the one funnel through which every job ends, whoever brings the news.

In one transaction the job ends, its attempt's fate is written, its pieces become assets, and, when
it was the last of its phase, the operation folds: the hold is settled for what was delivered, and
the task ends, goes on or waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select, update

from gesso.domain import deadletters, events, media
from gesso.domain.tasks import attempts
from gesso.domain.tasks.attempts import Fate
from gesso.domain.tasks.fold import fold
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.rules import before
from gesso.domain.tasks.status import status_is
from gesso.domain.tasks.tables import TERMINAL, Job, Task
from gesso.domain.tasks.values import value_of
from gesso.infra.db import Over, Tx, at_commit, moment


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
    usage: Mapping[str, int] = field(default_factory=dict)
    assets: Sequence[media.NewAsset] = field(default_factory=tuple)


class Ended(NamedTuple):
    """A job that has just ended."""

    id: UUID
    task_id: UUID
    owner_id: UUID
    queue: str
    phase: str
    idx: int
    status: str
    progress: float
    rev: int
    lost: int
    output: dict[str, Any] | None


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
        tx, [Fate(e.job_id, e.task_id, e.outcome, e.error_code, e.cost, e.usage) for e in true]
    )
    for end in true:
        job = ended[end.job_id]
        asset = end.assets[0] if end.assets else None
        events.record(
            tx, job.owner_id, f"job.{end.status}",
            task_id=job.task_id, job_id=job.id, index=job.idx, phase=job.phase, status=end.status,
            progress=1.0 if end.status == "completed" else job.progress, rev=job.rev,
            kind=asset.kept.kind if asset else None if value_of(job) is None else "value",
            asset_id=asset and asset.public_id, error_code=end.error_code,
            **(asset.facts if asset else {}),
        )  # fmt: skip
    await fold(tx, menu, {tasks[end.task_id].id: tasks[end.task_id] for end in true})
    if dropped := [job.id for job in ended.values() if job.lost]:
        await deadletters.settle(tx, "job", dropped)
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


_ENDED = (
    Job.id, Job.task_id, Job.owner_id, Job.queue, Job.phase, Job.idx, Job.status, Job.progress,
    Job.rev, Job.lost, Job.output,
)  # fmt: skip
_LEGAL = {to: status_is(*before(to)) for to in TERMINAL}
"""From where each end can be reached."""
_END = Over(
    lambda v, _: (
        update(Job)
        .where(
            Job.id == v.c.id,
            or_(v.c.fence.is_(None), Job.fence == v.c.fence),
            or_(*[and_(v.c.to == to, legal) for to, legal in _LEGAL.items()]),
        )
        .values(
            status=v.c.to,
            error_code=v.c.code,
            error_message=v.c.message,
            finished_at=v.c.now,
            holder=None,
            rev=Job.rev + 1,
        )
        .returning(*_ENDED)
    ),
    returning=_ENDED,
    id=Job.id,
    fence=Job.fence,
    to=Job.status,
    code=Job.error_code,
    message=Job.error_message,
    now=Job.finished_at,
)


async def _end_jobs(tx: Tx, ends: Sequence[End]) -> dict[UUID, Ended]:
    await JOBS.lock(tx, [end.job_id for end in ends])
    rows = await _END(
        tx,
        id=[end.job_id for end in ends],
        fence=[end.fence for end in ends],
        to=[end.status for end in ends],
        code=[end.error_code for end in ends],
        message=[end.error_message for end in ends],
        now=[moment(tx)] * len(ends),
    )
    return {row[0]: Ended._make(row) for row in rows}
