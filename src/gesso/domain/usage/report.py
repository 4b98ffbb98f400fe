"""Reports: the rollups of a range of days, added up by whatever is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gesso.domain.usage.errors import BadRange, TooManyGroups
from gesso.domain.usage.rolling import complete_to
from gesso.domain.usage.tables import MEASURES, Rollup
from gesso.infra.db import View

LONGEST = 366
"""Days of a range at most."""

MOST = 5000
"""Groups of a report at most."""


class By(StrEnum):
    """What figures can be told apart by."""

    DAY = "day"
    TENANT = "tenant"
    OPERATION = "operation"
    PROVIDER = "provider"


_COLUMNS = {
    By.DAY: Rollup.day,
    By.TENANT: Rollup.tenant_id,
    By.OPERATION: Rollup.operation,
    By.PROVIDER: Rollup.provider,
}


@dataclass(frozen=True, slots=True)
class Question:
    """Days from `since` to `until`, both counted in; every tenant's, unless one is named."""

    since: date
    until: date
    by: Sequence[By] = ()
    tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The measures of one group, and what it is the group of."""

    of: Mapping[By, Any]
    measures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Groups in their own order, their sum, and up to where they are complete."""

    groups: Sequence[Group]
    totals: Mapping[str, int]
    complete_to: datetime | None


async def report(view: View, question: Question) -> Report:
    """What was used; BadRange or TooManyGroups when that is too much to tell at once."""
    _check(question)
    by = [each for each in By if each in question.by]
    keys = [_COLUMNS[each] for each in by]
    query = (
        select(*keys, *[func.sum(getattr(Rollup, name)) for name in MEASURES])
        .where(Rollup.day.between(question.since, question.until))
        .group_by(*keys)
        .order_by(*keys)
        .limit(MOST + 1)
    )
    if question.tenant_id is not None:
        query = query.where(Rollup.tenant_id == question.tenant_id)
    rows = (await view.execute(query)).all()
    if len(rows) > MOST:
        raise TooManyGroups(f"There are more than {MOST} groups; ask for fewer days at once.")
    groups = [_group(by, row) for row in rows]
    totals = {name: sum(group.measures[name] for group in groups) for name in MEASURES}
    return Report(groups if by else [], totals, await complete_to(view))


def _check(question: Question) -> None:
    days = (question.until - question.since).days + 1
    if days < 1:
        raise BadRange("The range ends before it begins.")
    if days > LONGEST:
        raise BadRange(f"A range has at most {LONGEST} days; this one has {days}.")


def _group(by: Sequence[By], row: Sequence[Any]) -> Group:
    """Sums come back as decimals from some databases, and as None where there is nothing."""
    measures = dict(zip(MEASURES, (int(sum_ or 0) for sum_ in row[len(by) :]), strict=True))
    return Group(dict(zip(by, row, strict=False)), measures)
