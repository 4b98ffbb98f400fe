"""Rolling up: the main database is read in one unit of work, and what it came to is written in
another, on the analytics bind. No transaction spans both.

The bind remembers up to which instant everything is counted, and moves that mark in the transaction
that writes the figures. So a step that dies is done again from the same place, of two at once one
comes to nothing, and a bind that was away for days goes on where it stopped.

A slice is counted anew, and replaced as a whole, until the mark has passed its end. The mark stays
`LAG` behind the clock: an instant is taken when a transaction begins, and the row that carries it
is seen when it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, delete, func, insert, literal, select, update

from gesso.domain.usage.counting import Key, count, earliest
from gesso.domain.usage.tables import MEASURES, WHOLE_DAY, Progress, Rollup
from gesso.infra.db import Database, Tx, View, insert_rows

SLICE = timedelta(minutes=10)
LAG = timedelta(minutes=5)
"""No transaction lives so long: whoever holds one waits for nothing that has no end. Shorter than a
slice, so that no more than two of them are incomplete.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Up to where everything is counted now, and whether there is more that could be."""

    complete_to: datetime
    more: bool


async def roll_up(main: Database, analytics: Database) -> Step:
    """Count the first slice that is not complete yet, and with the last one what came since."""
    now = main.now()
    settled = now - LAG
    async with analytics.view() as view:
        before = await complete_to(view)
    async with main.view() as view:
        first = await earliest(view, before)
        starts = [] if first is None else _stretch(first, settled, now)
        counts = {start: await count(view, start, start + SLICE) for start in starts}
    ends = min(starts[0] + SLICE, settled) if starts else settled
    after = max(before or ends, ends)
    async with analytics.tx() as tx:
        if not await _move(tx, before, after):
            return Step(before or after, more=True)
        for start in starts:
            await _replace(tx, start, counts[start])
        if before is None or before.date() < after.date():
            await _fold(tx, after.date())
    return Step(after, more=bool(starts) and starts[0] + SLICE <= settled)


async def roll_back(analytics: Database, since: date) -> None:
    """Forget what was counted from this day on; the next steps count it anew."""
    start = datetime.combine(since, time(), UTC)
    async with analytics.tx() as tx:
        mark = await complete_to(tx)
        if mark is not None and start < mark:
            await _move(tx, mark, start)
            await tx.execute(delete(Rollup).where(Rollup.day >= since))


async def complete_to(view: View) -> datetime | None:
    """Up to where everything is counted; None before the first step."""
    return await view.scalar(select(Progress.complete_to).where(Progress.id == 1))


def _stretch(first: datetime, settled: datetime, now: datetime) -> list[datetime]:
    """The beginnings of the slices to count: of the one in which `first` lies, and when nothing
    before it is missing any more, of those since.
    """
    start = first - (first - datetime.min.replace(tzinfo=UTC)) % SLICE
    if start + SLICE <= settled:
        return [start]
    return [each for each in (start, start + SLICE) if each <= max(first, now)]


async def _move(tx: Tx, before: datetime | None, after: datetime) -> bool:
    """False when somebody else has moved the mark since it was read."""
    mark = Progress.complete_to
    is_same = mark.is_(None) if before is None else mark == before
    moved = await tx.execute(
        update(Progress).where(Progress.id == 1, is_same).values(complete_to=after)
    )
    return bool(cast(CursorResult[Any], moved).rowcount)


async def _replace(tx: Tx, start: datetime, counts: Mapping[Key, Mapping[str, int]]) -> None:
    number = (start - datetime.combine(start.date(), time(), UTC)) // SLICE
    await tx.execute(delete(Rollup).where(Rollup.slice == number, Rollup.day == start.date()))
    rows = [
        {
            "tenant_id": tenant_id, "day": start.date(), "slice": number,
            "operation": operation, "provider": provider, **measures,
        }
        for (tenant_id, operation, provider), measures in counts.items()
    ]  # fmt: skip
    await insert_rows(tx, Rollup, rows)


async def _fold(tx: Tx, today: date) -> None:
    """Add the slices of every day before `today` up to one row a group."""
    table = cast(Table, Rollup.__table__)
    keys = (table.c.tenant_id, table.c.day, table.c.operation, table.c.provider)
    over = (table.c.slice > WHOLE_DAY, table.c.day < today)
    sums = [func.sum(table.c[name]) for name in MEASURES]
    source = select(*keys, literal(WHOLE_DAY), *sums).where(*over).group_by(*keys)
    names = [*[key.name for key in keys], "slice", *MEASURES]
    await tx.execute(insert(table).from_select(names, source))
    await tx.execute(delete(table).where(*over))
