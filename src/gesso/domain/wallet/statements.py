"""Statements: a wallet's movements, and what it held at any instant.

A period is a stretch of a wallet's numbers, never of its clock: a transaction that waited for the
wallet's lock carries an earlier instant than the one before it. An instant is therefore turned into
the last number that had happened by then, once, and everything that is told of the period follows
from its two numbers. So what a period began with and its movements always come to what it ended
with, and the next period begins there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import aliased

from gesso.domain.wallet.tables import COMMON, RARELY, Hold, LedgerTxn
from gesso.infra.db import View, rowset

LONGEST_WAIT = timedelta(minutes=5)
"""No transaction lives so long, so no two numbers of a wallet are further out of order."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: what it did to the posted and the held micro-credits, and what was there."""

    seq: int
    kind: str
    posted: int
    held: int
    posted_after: int
    held_after: int
    task_id: UUID | None
    memo: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Which movements are wanted: of these kinds, from an instant on, before another, of a task."""

    kinds: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a wallet held after the movement with this number, in micro-credits."""

    seq: int
    posted: int
    held: int


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of a wallet's numbers: those above `opening.seq`, up to `closing.seq`."""

    opening: Standing
    closing: Standing


@dataclass(frozen=True, slots=True)
class Sum:
    """What the movements of a kind came to."""

    kind: str
    count: int
    posted: int
    held: int


@dataclass(frozen=True, slots=True)
class Day:
    """What a wallet held at the beginning and at the end of a day in UTC."""

    day: date
    opening: Standing
    closing: Standing


_LAST = func.max(LedgerTxn.seq + 0)
"""A sum keeps planners from walking down the wallet's numbers until an instant fits; the range of
instants is what is to be read, and its index has the numbers too.
"""
_Before = aliased(LedgerTxn)
_POSTED = LedgerTxn.posted_after - func.coalesce(_Before.posted_after, 0)
_HELD = LedgerTxn.held_after - func.coalesce(_Before.held_after, 0)
_IS_BEFORE = and_(_Before.wallet_id == LedgerTxn.wallet_id, _Before.seq == LedgerTxn.seq - 1)


async def last_before(view: View, wallet_id: UUID, instant: datetime) -> int:
    """The greatest number of what had happened before this instant; 0 where nothing had."""
    mine = select(func.max(LedgerTxn.at)).where(
        LedgerTxn.wallet_id == wallet_id, LedgerTxn.at < instant
    )
    newest = await view.scalar(mine)
    if newest is None:
        return 0
    numbers = select(_LAST).where(
        LedgerTxn.wallet_id == wallet_id,
        LedgerTxn.at < instant,
        LedgerTxn.at >= newest - LONGEST_WAIT,
    )
    return await view.scalar(numbers) or 0


async def period(view: View, wallet_id: UUID, question: Question) -> Period:
    """The stretch that the question's instants mean; from the first to the last without any."""
    since, until = question.since, question.until
    first = 0 if since is None else await last_before(view, wallet_id, since)
    if until is None:
        query = select(func.max(LedgerTxn.seq)).where(LedgerTxn.wallet_id == wallet_id)
        last = await view.scalar(query) or 0
    else:
        last = await last_before(view, wallet_id, until)
    found = await _standings(view, wallet_id, {first, max(first, last)})
    return Period(found[first], found[max(first, last)])


async def lines(
    view: View,
    wallet_id: UUID,
    question: Question,
    *,
    above: int,
    up_to: int,
    limit: int,
    newest_first: bool = False,
) -> list[Line]:
    """Movements with numbers above `above`, up to `up_to`; the question's instants are not looked
    at, for its period told these numbers.
    """
    query = (
        select(
            LedgerTxn.seq, LedgerTxn.kind, _POSTED, _HELD, LedgerTxn.posted_after,
            LedgerTxn.held_after, LedgerTxn.task_id, LedgerTxn.memo, LedgerTxn.at,
        )
        .outerjoin(_Before, _IS_BEFORE)
        .order_by(LedgerTxn.seq.desc() if newest_first else LedgerTxn.seq)
        .limit(limit)
    )  # fmt: skip
    query = _wanted(query, wallet_id, question, above=above, up_to=up_to)
    return [Line(*row) for row in await view.execute(query)]


async def sums(
    view: View, wallet_id: UUID, question: Question, *, above: int, up_to: int
) -> list[Sum]:
    """What the same movements come to, by kind; each is read once, with the one before it."""
    one_before = func.lag(LedgerTxn.posted_after).over(order_by=LedgerTxn.seq)
    held_before = func.lag(LedgerTxn.held_after).over(order_by=LedgerTxn.seq)
    moved = (
        select(
            LedgerTxn.seq, LedgerTxn.kind, LedgerTxn.task_id,
            (LedgerTxn.posted_after - func.coalesce(one_before, 0)).label("posted"),
            (LedgerTxn.held_after - func.coalesce(held_before, 0)).label("held"),
        )
        .where(LedgerTxn.wallet_id == wallet_id, LedgerTxn.seq.between(above, up_to))
        .subquery()
        .c
    )  # fmt: skip
    query = (
        select(moved.kind, func.count(), func.sum(moved.posted), func.sum(moved.held))
        .where(moved.seq > above)
        .group_by(moved.kind)
        .order_by(moved.kind)
    )
    if question.kinds:
        query = query.where(moved.kind.in_(sorted(question.kinds)))
    if question.task_id is not None:
        query = query.where(moved.task_id == question.task_id)
    return [
        Sum(kind, count, int(posted), int(held))
        for kind, count, posted, held in await view.execute(query)
    ]


async def series(view: View, wallet_id: UUID, days: Sequence[date]) -> list[Day]:
    """What the wallet held at both ends of each of these days, which follow on one another."""
    starts = [datetime.combine(day, time(), UTC) for day in days]
    v = rowset(
        view,
        since=(LedgerTxn.at, starts),
        until=(LedgerTxn.at, [start + timedelta(days=1) for start in starts]),
    )
    within = (
        select(_LAST)
        .where(
            LedgerTxn.wallet_id == wallet_id,
            LedgerTxn.at >= v.c.since,
            LedgerTxn.at < v.c.until,
        )
        .scalar_subquery()
    )
    rows = await view.execute(select(v.c.since, within))
    lasts = {since: last or 0 for since, last in rows}
    opening = await last_before(view, wallet_id, starts[0])
    ends = list(accumulate((lasts[start] for start in starts), max, initial=opening))[1:]
    found = await _standings(view, wallet_id, {opening, *ends})
    begins = [opening, *ends[:-1]]
    return [
        Day(day, found[begin], found[end])
        for day, begin, end in zip(days, begins, ends, strict=True)
    ]


async def open_holds(
    view: View, wallet_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Hold]:
    """What is frozen at this moment, the newest first."""
    query = select(Hold).where(Hold.wallet_id == wallet_id, Hold.status == "open")
    if after is not None:
        query = query.where(Hold.id < after)
    return (await view.scalars(query.order_by(Hold.id.desc()).limit(limit))).all()


def _wanted(query: Any, wallet_id: UUID, question: Question, *, above: int, up_to: int) -> Any:
    query = query.where(
        LedgerTxn.wallet_id == wallet_id, LedgerTxn.seq > above, LedgerTxn.seq <= up_to
    )
    if question.kinds:
        query = query.where(LedgerTxn.kind.in_(sorted(question.kinds)))
        if not COMMON & set(question.kinds):
            # The rare kinds have an index of their own, and both databases know it by these words.
            query = query.where(text(RARELY))
    if question.task_id is not None:
        query = query.where(LedgerTxn.task_id == question.task_id)
    return query


async def _standings(view: View, wallet_id: UUID, numbers: Collection[int]) -> dict[int, Standing]:
    query = select(LedgerTxn.seq, LedgerTxn.posted_after, LedgerTxn.held_after).where(
        LedgerTxn.wallet_id == wallet_id, LedgerTxn.seq.in_(sorted(numbers))
    )
    rows = await view.execute(query)
    found = [Standing(seq or 0, posted or 0, held or 0) for seq, posted, held in rows]
    return {0: Standing(0, 0, 0), **{each.seq: each for each in found}}
