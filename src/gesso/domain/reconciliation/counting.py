"""Counting a day: our own books, and beside them what the provider says.

A line of a bill belongs to the day on which the attempt that it is about ended; one that is about
no attempt of ours, to its own. So no difference comes of clocks alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import and_, case, delete, func, or_, select

from gesso.domain import usage
from gesso.domain.reconciliation.tables import BillLine, ReconciledDay
from gesso.domain.tasks import Attempt
from gesso.infra.db import Database, View, moment, upsert

Reason = Literal["no_attempt", "not_ended", "other_cost", "not_billed"]
_DAY: Final = timedelta(days=1)
_SUMS: Final = ("charged", "provider_cost", "loss", "attempts")
_FAR_BACK: Final = timedelta(days=60)
"""How long it is watched whether what was not known, or not explained, becomes so after all."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Something that one of both says and the other does not, in millionths of a currency."""

    provider: str
    reason: Reason
    provider_job_id: str | None
    attempt_id: UUID | None
    billed: int | None
    ours: int | None


def bounds(day: date) -> tuple[datetime, datetime]:
    """The instants at which a day in UTC begins and ends."""
    start = datetime.combine(day, time(), UTC)
    return start, start + _DAY


async def count_day(db: Database, day: date) -> int:
    """Count a day anew and keep what it came to; the number of providers that it was about."""
    async with db.view() as view:
        rows = await _counted(view, day)
    async with db.tx() as tx:
        gone = delete(ReconciledDay).where(ReconciledDay.day == day)
        await tx.execute(
            gone.where(ReconciledDay.provider.not_in([row["provider"] for row in rows]))
        )
        for row in rows:
            write = upsert(tx, ReconciledDay).values(day=day, counted_at=moment(tx), **row)
            kept = {name: write.excluded[name] for name in [*row, "counted_at"]}
            await tx.execute(
                write.on_conflict_do_update(index_elements=["day", "provider"], set_=kept)
            )
    return len(rows)


async def due_days(db: Database) -> list[date]:
    """The days to count: from the last one that was counted to today, and those of which something
    was not known or not explained: a line of an attempt that ended since belongs to another day.
    """
    today = db.now().date()
    async with db.view() as view:
        last = await view.scalar(select(func.max(ReconciledDay.day)))
        if last is None:
            first = await usage.earliest(view, None)
            last = today if first is None else first.date()
        open_ones = await view.scalars(
            select(ReconciledDay.day)
            .distinct()
            .where(
                or_(ReconciledDay.unknown > 0, ReconciledDay.unexplained > 0),
                ReconciledDay.day >= today - _FAR_BACK,
            )
        )
        days = {day for day in open_ones if day < last}
    start = min(last, today)
    return sorted(days | {start + _DAY * ago for ago in range((today - start).days + 1)})


async def days_of(view: View, provider: str, days: Iterable[date]) -> set[date]:
    """These days of a bill, and those on which the attempts ended that its lines are about."""
    own = sorted(days)
    ended = (
        select(Attempt.ended_at)
        .join(BillLine, _is_about())
        .where(BillLine.provider == provider, BillLine.day.in_(own), Attempt.ended_at.is_not(None))
    )
    return {*own, *[at.date() for at in await view.scalars(ended) if at is not None]}


async def unexplained(view: View, day: date, *, limit: int) -> list[Unexplained]:
    """What one of both says of this day and the other does not, at most so much of it."""
    since, until = bounds(day)
    lines = (await view.execute(_odd_lines(since, until, day).limit(limit))).all()
    found = [Unexplained(*row) for row in lines]
    room = limit - len(found)
    if room > 0:
        billed = select(BillLine.provider).where(BillLine.day == day).distinct()
        missing = _not_billed(since, until, set((await view.scalars(billed)).all())).limit(room)
        found += [
            Unexplained(provider, "not_billed", job_id, attempt_id, None, cost)
            for provider, job_id, attempt_id, cost in await view.execute(missing)
        ]
    return found


async def _counted(view: View, day: date) -> list[dict[str, Any]]:
    since, until = bounds(day)
    rows: dict[str, dict[str, Any]] = {}

    def row(provider: str) -> dict[str, Any]:
        empty = {**dict.fromkeys(_SUMS, 0), "unknown": 0, "unexplained": 0}
        return rows.setdefault(
            provider, {"provider": provider, **empty, "billed": None, "difference": None}
        )

    for (_, _, provider), measures in (await usage.count(view, since, until)).items():
        for name in _SUMS:
            row(provider)[name] += measures[name]
    for provider, unknown in await view.execute(_unknown(since, until)):
        row(provider)["unknown"] = unknown
    totals = await view.execute(_billed(since, until, day))
    for provider, billed, odd in totals:
        row(provider).update(billed=int(billed), unexplained=int(odd))
    told = {provider for provider, found in rows.items() if found["billed"] is not None}
    missing = _not_billed(since, until, told).subquery()
    counts = select(missing.c.provider, func.count()).group_by(missing.c.provider)
    for provider, count in await view.execute(counts):
        row(provider)["unexplained"] += count
    for found in rows.values():
        if found["billed"] is not None:
            found["difference"] = found["billed"] - found["provider_cost"]
    return [found for found in rows.values() if any(found[name] for name in found)]


def _unknown(since: datetime, until: datetime) -> Any:
    """Still unknown, by when it began; given up without ever being known, by when that was."""
    still = and_(
        Attempt.outcome == "unknown", Attempt.created_at >= since, Attempt.created_at < until
    )
    never = and_(Attempt.outcome == "leaked", Attempt.ended_at >= since, Attempt.ended_at < until)
    query = select(Attempt.provider, func.count()).where(or_(still, never))
    return query.group_by(Attempt.provider)


def _is_about() -> Any:
    return and_(
        Attempt.provider == BillLine.provider,
        Attempt.provider_job_id == BillLine.provider_job_id,
    )


def _of_day(since: datetime, until: datetime, day: date) -> Any:
    """Lines about attempts that ended then, and lines of that day about no attempt that ended."""
    return or_(
        and_(Attempt.ended_at >= since, Attempt.ended_at < until),
        and_(Attempt.ended_at.is_(None), BillLine.day == day),
    )


_REASON = case(
    (Attempt.id.is_(None), "no_attempt"),
    (Attempt.ended_at.is_(None), "not_ended"),
    else_="other_cost",
)
_IS_ODD = and_(
    BillLine.provider_job_id.is_not(None),
    or_(Attempt.id.is_(None), Attempt.ended_at.is_(None), Attempt.provider_cost != BillLine.cost),
)


def _billed(since: datetime, until: datetime, day: date) -> Any:
    odd = func.sum(case((_IS_ODD, 1), else_=0))
    query = select(BillLine.provider, func.sum(BillLine.cost), odd)
    query = query.outerjoin(Attempt, _is_about()).where(_of_day(since, until, day))
    return query.group_by(BillLine.provider)


def _odd_lines(since: datetime, until: datetime, day: date) -> Any:
    return (
        select(
            BillLine.provider, _REASON, BillLine.provider_job_id, Attempt.id, BillLine.cost,
            Attempt.provider_cost,
        )
        .outerjoin(Attempt, _is_about())
        .where(_of_day(since, until, day), _IS_ODD)
        .order_by(BillLine.provider, BillLine.reference)
    )  # fmt: skip


def _not_billed(since: datetime, until: datetime, providers: set[str]) -> Any:
    """Attempts that cost something and have no line, at providers that have told of that day."""
    line = select(BillLine.id).where(_is_about()).exists()
    return (
        select(Attempt.provider, Attempt.provider_job_id, Attempt.id, Attempt.provider_cost)
        .where(
            Attempt.ended_at >= since,
            Attempt.ended_at < until,
            Attempt.provider_cost > 0,
            Attempt.provider.in_(sorted(providers)),
            ~line,
        )
        .order_by(Attempt.id)
    )
