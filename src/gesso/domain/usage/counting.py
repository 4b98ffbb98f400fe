"""Counting: what ended in the main database within a stretch of time, by tenant, operation and
provider.

Every fact is counted when it becomes final, by an instant that is written once: a task and a piece
by `finished_at`, money by its hold's `settled_at`, an attempt by `ended_at`. Each has an index, so
that counting reads what it counts and nothing else.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, select

from gesso.domain.tasks import Attempt, Job, Task
from gesso.domain.usage.latency import BOUNDS, COLUMNS
from gesso.domain.usage.tables import MEASURES
from gesso.domain.wallet import Hold
from gesso.infra.db import Elapsed, View

Key = tuple[UUID, str, str]
"""Tenant, operation, provider."""

_LONGEST = 128
"""Letters of a name that are kept; what two names have beyond is counted together."""

_ENDS = (Task.finished_at, Job.finished_at, Hold.settled_at, Attempt.ended_at)


async def earliest(view: View, since: datetime | None) -> datetime | None:
    """When the first thing ended that has not been counted up to `since`; None when there is none
    yet.
    """
    firsts = [
        select(func.min(end))
        .where(end.is_not(None) if since is None else end >= since)
        .scalar_subquery()
        for end in _ENDS
    ]
    found = [first for first in (await view.execute(select(*firsts))).one() if first is not None]
    return min(found, default=None)


async def count(view: View, since: datetime, until: datetime) -> dict[Key, dict[str, int]]:
    """Every measure of what ended from `since` and before `until`."""
    sums: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for query in (_tasks, _money, _attempts, _pieces):
        for row in (await view.execute(query(since, until))).mappings():
            key = (row["tenant_id"], row["operation"][:_LONGEST], row["provider"][:_LONGEST])
            for name in row.keys() - {"tenant_id", "operation", "provider"}:
                sums[key][name] += int(row[name])
    return sums


def _within(end: Any, since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(end >= since, end < until)


def _sum(of: Any, when: Any) -> ColumnElement[Any]:
    return func.sum(case((when, of), else_=0))


def _tasks(since: datetime, until: datetime) -> Select[Any]:
    """Tasks have no provider of their own; that of the piece begun last made the end."""
    last = (
        select(Job.provider)
        .where(Job.task_id == Task.id)
        .order_by(Job.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ended = (
        select(Task.tenant_id, Task.type.label("operation"), last.label("provider"), Task.status)
        .where(_within(Task.finished_at, since, until))
        .subquery()
    )
    statuses = ("completed", "failed", "cancelled", "expired")
    counts = [_sum(1, ended.c.status == status).label(status) for status in statuses]
    keys = (ended.c.tenant_id, ended.c.operation, ended.c.provider)
    return select(*keys, *counts).group_by(*keys)


def _money(since: datetime, until: datetime) -> Select[Any]:
    """A hold is the sum of its phase's pieces: those delivered are charged, and what was frozen
    beyond that is released.
    """
    charged = case((Job.status == "completed", func.coalesce(Job.charge, Job.price)), else_=0)
    query = select(
        *_keys(Job.provider),
        func.sum(charged).label("charged"),
        func.sum(Job.price - charged).label("released"),
    )
    return (
        query.select_from(Hold)
        .join(Task, Task.id == Hold.task_id)
        .join(Job, and_(Job.task_id == Hold.task_id, Job.phase == Hold.phase))
        .where(_within(Hold.settled_at, since, until))
        .group_by(Task.tenant_id, Task.type, Job.provider)
    )


def _attempts(since: datetime, until: datetime) -> Select[Any]:
    """An attempt without an intent was never sent, so it counts as none."""
    query = select(
        *_keys(Attempt.provider),
        func.count(Attempt.intent_at).label("attempts"),
        func.sum(Attempt.provider_cost).label("provider_cost"),
        _sum(Attempt.provider_cost, Attempt.outcome != "completed").label("loss"),
    )
    return (
        query.select_from(Attempt)
        .join(Job, Job.id == Attempt.job_id)
        .join(Task, Task.id == Job.task_id)
        .where(_within(Attempt.ended_at, since, until))
        .group_by(Task.tenant_id, Task.type, Attempt.provider)
    )


def _pieces(since: datetime, until: datetime) -> Select[Any]:
    took = Elapsed(Job.finished_at, Job.created_at)
    lower = [None, *BOUNDS]
    upper = [*BOUNDS, None]
    lengths = [
        _sum(1, and_(*_between(took, low, high))).label(name)
        for name, low, high in zip(COLUMNS, lower, upper, strict=True)
    ]
    query = select(
        *_keys(Job.provider),
        func.count().label("pieces"),
        func.sum(cast(func.round(took * 1000), BigInteger)).label("took"),
        *lengths,
    )
    return (
        query.select_from(Job)
        .join(Task, Task.id == Job.task_id)
        .where(_within(Job.finished_at, since, until), Job.status == "completed")
        .group_by(Task.tenant_id, Task.type, Job.provider)
    )


def _between(took: Any, low: float | None, high: float | None) -> list[ColumnElement[bool]]:
    above = [] if low is None else [took > low]
    return above if high is None else [*above, took <= high]


def _keys(provider: Any) -> list[Any]:
    return [Task.tenant_id, Task.type.label("operation"), provider.label("provider")]
