"""Reconciling: every day that is due, and telling what the days came to."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import and_, or_, select

from gesso.domain.reconciliation.bill import Line, take_in
from gesso.domain.reconciliation.counting import count_day, days_of, due_days
from gesso.domain.reconciliation.errors import BadSpan
from gesso.domain.reconciliation.tables import ReconciledDay
from gesso.infra.db import Database, View

LONGEST: Final = 366


async def reconcile(db: Database) -> int:
    """Count every day that is due; how many there were. A second call counts today once more."""
    days = await due_days(db)
    for day in days:
        await count_day(db, day)
    return len(days)


async def import_bill(db: Database, provider: str, lines: Sequence[Line], *, source: str) -> int:
    """Keep a provider's bill and count the days anew that it is about; how many these were."""
    days = await take_in(db, provider, lines, source=source)
    async with db.view() as view:
        touched = await days_of(view, provider, days)
    for day in sorted(touched):
        await count_day(db, day)
    return len(touched)


async def report(
    view: View, since: date, until: date, *, after: tuple[date, str] | None = None, limit: int
) -> Sequence[ReconciledDay]:
    """Days by provider, the newest day first; BadSpan."""
    days = (until - since).days + 1
    if not 1 <= days <= LONGEST:
        raise BadSpan(f"A range has 1 to {LONGEST} days; this one has {days}.")
    query = (
        select(ReconciledDay)
        .where(ReconciledDay.day.between(since, until))
        .order_by(ReconciledDay.day.desc(), ReconciledDay.provider)
        .limit(limit)
    )
    if after is not None:
        day, provider = after
        query = query.where(
            or_(
                ReconciledDay.day < day,
                and_(ReconciledDay.day == day, ReconciledDay.provider > provider),
            )
        )
    return (await view.scalars(query)).all()


async def of_day(view: View, day: date) -> Sequence[ReconciledDay]:
    """What one day came to, by provider."""
    query = select(ReconciledDay).where(ReconciledDay.day == day)
    return (await view.scalars(query.order_by(ReconciledDay.provider))).all()
