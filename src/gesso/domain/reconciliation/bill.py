"""Bills: what a provider says was used, from a file of its own, in whatever columns it has."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import select

from gesso.domain.reconciliation.errors import BadBill
from gesso.domain.reconciliation.tables import BillLine
from gesso.infra.db import Database, Tx, moment, upsert
from gesso.kit.ids import new_id

_AT_ONCE: Final = 500
_LARGEST: Final = 10**15
_MILLIONTHS: Final = 10**6


@dataclass(frozen=True, slots=True)
class Columns:
    """How the file calls what is needed of it."""

    id: str = "id"
    cost: str = "cost"
    at: str = "at"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill; `job_id` is the provider's name of the job, none for a day's total."""

    reference: str
    job_id: str | None
    day: date
    cost: int


def read_bill(text: str, columns: Columns | None = None) -> list[Line]:
    """The lines of a bill: CSV with a line of names, a JSON list, or an object with one list in it.

    BadBill for a line without a cost or a time that can be read.
    """
    names = columns or Columns()
    rows = _json_rows(text) if text.lstrip()[:1] in {"[", "{"} else _csv_rows(text)
    read = [_line(number, row, names) for number, row in enumerate(rows, 1)]
    return _added_up(read)


async def take_in(db: Database, provider: str, lines: Sequence[Line], *, source: str) -> set[date]:
    """Keep these lines, each in the place of an earlier one of its name; the days they are about,
    and those that the earlier ones were about.

    A transaction a few hundred, so that nobody waits long; what is cut off is imported again.
    """
    days: set[date] = set()
    for start in range(0, len(lines), _AT_ONCE):
        part = lines[start : start + _AT_ONCE]
        async with db.tx() as tx:
            days |= await _days_before(tx, provider, part)
            write = upsert(tx, BillLine).values(
                [
                    {
                        "id": new_id(), "provider": provider, "reference": line.reference,
                        "provider_job_id": line.job_id, "day": line.day, "cost": line.cost,
                        "source": source, "imported_at": moment(tx),
                    }
                    for line in part
                ]
            )  # fmt: skip
            new = write.excluded
            kept = {name: new[name] for name in ("day", "cost", "source", "imported_at")}
            await tx.execute(
                write.on_conflict_do_update(index_elements=["provider", "reference"], set_=kept)
            )
        days |= {line.day for line in part}
    return days


async def _days_before(tx: Tx, provider: str, lines: Sequence[Line]) -> set[date]:
    """The days of the lines that these take the place of."""
    names = [line.reference for line in lines]
    same = (BillLine.provider == provider, BillLine.reference.in_(names))
    return set(await tx.scalars(select(BillLine.day).distinct().where(*same)))


def _csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from csv.DictReader(io.StringIO(text), strict=True)
    except csv.Error as error:
        raise BadBill(f"The bill is no CSV: {error}.") from error


def _json_rows(text: str) -> Iterable[Mapping[str, Any]]:
    try:
        value = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadBill("The bill is no JSON.") from error
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadBill("The bill is no list of objects, nor an object with one list in it.")
    return value


def _line(number: int, row: Mapping[str, Any], names: Columns) -> Line:
    cost, day = _cost(row.get(names.cost)), _day(row.get(names.at))
    if cost is None:
        raise BadBill(f"Line {number} has no cost in {names.cost!r}.")
    if day is None:
        raise BadBill(f"Line {number} has no time in {names.at!r}.")
    job_id = str(row.get(names.id) or "").strip()[:255].replace("\0", "")
    return Line(f"job:{job_id}" if job_id else f"total:{day}", job_id or None, day, cost)


def _added_up(lines: Sequence[Line]) -> list[Line]:
    """Lines of one name, as some providers write them, make one: the sum, on the last day."""
    found: dict[str, Line] = {}
    for line in lines:
        known = found.get(line.reference)
        cost = line.cost + (known.cost if known else 0)
        day = max(line.day, known.day) if known else line.day
        found[line.reference] = Line(line.reference, line.job_id, day, cost)
    return list(found.values())


def _cost(value: object) -> int | None:
    try:
        scaled = Decimal(str(value).strip()) * _MILLIONTHS
    except InvalidOperation:
        return None
    if not scaled.is_finite() or not 0 <= scaled <= _LARGEST:
        return None
    return int(scaled.to_integral_value())


def _day(value: object) -> date | None:
    """A day, an instant (in UTC unless it says otherwise), or Unix seconds."""
    told = str(value).strip()
    try:
        if told.replace(".", "", 1).isdecimal() and len(told) >= 9:
            return datetime.fromtimestamp(float(told), UTC).date()
        at = datetime.fromisoformat(told)
        return (at if at.tzinfo is None else at.astimezone(UTC)).date()
    except (ValueError, OverflowError, OSError):
        return None
