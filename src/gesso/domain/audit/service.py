"""Running the checks: all of them on one snapshot, with a bounded answer however much is broken."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, bindparam, text

from gesso.domain.audit.check import Breach, Cell, Check, Verdict
from gesso.domain.audit.credits import CREDITS
from gesso.domain.audit.money import MONEY
from gesso.domain.audit.ownership import OWNERSHIP
from gesso.domain.audit.payments import PAYMENTS
from gesso.domain.audit.progress import PROGRESS
from gesso.infra.db import UtcTime, View, moment

CHECKS: tuple[Check, ...] = tuple(
    sorted((*MONEY, *CREDITS, *PROGRESS, *OWNERSHIP, *PAYMENTS), key=lambda each: each.id)
)

_SHOWN = 20
_GRACE = timedelta(minutes=1)
_BARE_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


async def run(view: View, *, lease: timedelta = timedelta(seconds=30)) -> list[Breach]:
    """What is broken, nothing being the promise. See `examine` for what `view` must be."""
    return [verdict.breach for verdict in await examine(view, lease=lease) if verdict.breach]


async def examine(view: View, *, lease: timedelta = timedelta(seconds=30)) -> list[Verdict]:
    """Every check with its time, on one snapshot; `view` must not have been used before.

    A million ledger entries take seconds, so an operator's audit opens its database with a patient
    `statement_timeout`. `lease` is the time for which the engine takes a due row.
    """
    await _hold_still(view)
    bounds = {"overdue": moment(view) - _GRACE, "neglected": moment(view) - _GRACE - lease}
    return [await _try(view, check, bounds) for check in CHECKS]


async def _hold_still(view: View) -> None:
    """Keep one snapshot for all checks; SQLite's reading transaction is one by nature."""
    if view.get_bind().dialect.name == "postgresql":
        await view.execute(text("set transaction isolation level repeatable read, read only"))


async def _try(view: View, check: Check, bounds: Mapping[str, object]) -> Verdict:
    begun = time.perf_counter()
    rows = (await view.execute(_bounded(check, bounds))).mappings().all()
    seconds = time.perf_counter() - begun
    return Verdict(check, seconds, _breach(check, rows) if rows else None)


def _bounded(check: Check, bounds: Mapping[str, object]) -> TextClause:
    """The check's query, cut after the first rows; the database counts the rest."""
    whole = "select found.*, count(*) over () as all_of_them from ({}) as found limit {}"
    query = text(whole.format(check.sql, _SHOWN))
    needed = [bindparam(n, v, UtcTime()) for n, v in bounds.items() if f":{n}" in check.sql]
    return query.bindparams(*needed)


def _breach(check: Check, rows: Sequence[RowMapping]) -> Breach:
    shown = tuple(
        {name: _plain(value) for name, value in row.items() if name != "all_of_them"}
        for row in rows
    )
    return Breach(check.id, check.promise, int(rows[0]["all_of_them"]), shown)


def _plain(value: object) -> Cell:
    """The value as JSON knows it; a UUID looks the same from both databases."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, str):
        return _BARE_UUID.sub(lambda bare: str(UUID(bare[0])), value)
    if value is None or isinstance(value, int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
