"""Reconciliation over HTTP, for operators: the house's books beside its providers' bills."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Path, Query

from gesso.domain.identity import OperatorDep
from gesso.domain.reconciliation.counting import unexplained
from gesso.domain.reconciliation.errors import BadSpan, NoSuchDay
from gesso.domain.reconciliation.service import of_day, report
from gesso.domain.reconciliation.wire import DayReportOut, ReconciledDayOut, UnexplainedOut
from gesso.infra.db import moment
from gesso.infra.web import InvalidCursor, Page, PageDep, ViewDep, new_router, problems

router = new_router("reconciliation")

DayPath = Annotated[str, Path(max_length=40, description="A day in UTC: 2026-11-03.")]
_USUAL: Final = timedelta(days=29)
_SHOWN: Final = 100


@router.get("/reconciliation", responses=problems(BadSpan, InvalidCursor))
async def list_reconciled_days(
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    since: Annotated[
        date | None, Query(alias="from", description="First day (UTC); 29 before the last.")
    ] = None,
    until: Annotated[
        date | None, Query(alias="to", description="Last day (UTC), counted in; today.")
    ] = None,
) -> Page[ReconciledDayOut]:
    """Tell what was charged, what providers took, what was lost, and what they say themselves, by
    day and provider, the newest day first.
    """
    until = until or moment(view).date()
    since = since or date.fromordinal(max(1, until.toordinal() - _USUAL.days))
    after = page.after(str, str)
    rows = await report(
        view, since, until, after=_key(after) if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, lambda row: (row.day.isoformat(), row.provider))
    return Page(items=[ReconciledDayOut.told(row) for row in kept], next_cursor=cursor)


@router.get("/reconciliation/{day}", responses=problems(NoSuchDay))
async def get_reconciled_day(view: ViewDep, _operator: OperatorDep, day: DayPath) -> DayReportOut:
    """Tell what a day came to, and what of it is not explained."""
    known = _day(day)
    rows = await of_day(view, known)
    if not rows:
        raise NoSuchDay("Nothing was counted for this day.")
    found = await unexplained(view, known, limit=_SHOWN)
    return DayReportOut(
        day=known,
        providers=[ReconciledDayOut.told(row) for row in rows],
        unexplained=[UnexplainedOut.told(each) for each in found],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoSuchDay("This is no day.") from error


def _key(after: tuple[str, str]) -> tuple[date, str]:
    day, provider = after
    try:
        return date.fromisoformat(day), provider
    except ValueError as error:
        raise InvalidCursor("The cursor is not one of this list.") from error
