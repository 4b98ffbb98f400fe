"""What is under way, over all owners, for those who run the house: live jobs, and how many of them
stand where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, tuple_

from gesso.domain.tasks.status import LIVE
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import View, moment
from gesso.infra.errors import NotFound


@dataclass(frozen=True, slots=True)
class LiveFilters:
    """Which live jobs are wanted."""

    status: Sequence[str] = ()
    queue: Sequence[str] = ()
    provider: Sequence[str] = ()
    older_than: timedelta | None = None
    """Asked for longer ago than this."""
    overdue: bool = False
    """Beyond their deadline."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The live jobs of one status."""

    status: str
    count: int
    oldest_at: datetime
    price: int
    """The most that they can cost together, in micro-credits."""


async def live_jobs(
    view: View, filters: LiveFilters, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Job]:
    """Jobs that have not ended, the oldest first, behind the one that was made at `after`."""
    query = select(Job).where(LIVE)
    for column, wanted in (
        (Job.status, filters.status),
        (Job.queue, filters.queue),
        (Job.provider, filters.provider),
    ):
        if wanted:
            query = query.where(column.in_(list(wanted)))
    if filters.older_than is not None:
        query = query.where(Job.created_at < moment(view) - filters.older_than)
    if filters.overdue:
        query = query.where(Job.deadline_at < moment(view))
    place = (Job.created_at, Job.id)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*map(literal, after)))
    # By the id alone, the primary key would be walked past everything that has ended.
    return (await view.scalars(query.order_by(*place).limit(limit))).all()


async def job(view: View, job_id: UUID) -> tuple[Job, Sequence[Attempt]]:
    """One job, whoever owns it, with every try; NotFound where there is none."""
    found = await view.get(Job, job_id)
    if found is None:
        raise NotFound("There is no such job.")
    tries = select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.fence)
    return found, (await view.scalars(tries)).all()


async def standings(view: View) -> list[Standing]:
    """How many live jobs stand where, since when, and how much may hang on them."""
    query = (
        select(Job.status, func.count(), func.min(Job.created_at), func.sum(Job.price))
        .where(LIVE)
        .group_by(Job.status)
        .order_by(Job.status)
    )
    rows: Sequence[Any] = (await view.execute(query)).all()
    return [Standing(status, count, oldest, int(price)) for status, count, oldest, price in rows]


async def overdue(view: View) -> int:
    """How many live jobs are beyond their deadline: somebody should have ended them."""
    late = select(func.count()).select_from(Job).where(LIVE, Job.deadline_at < moment(view))
    return await view.scalar(late) or 0
