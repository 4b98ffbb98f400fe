"""Usage over HTTP, for operators."""

from datetime import date
from typing import Annotated, Protocol, cast

from fastapi import Query, Request

from gesso.domain.identity import TenantOperatorDep
from gesso.domain.usage.errors import BadRange, TooManyGroups
from gesso.domain.usage.report import By, Question, report
from gesso.domain.usage.wire import UsageOut, usage_out
from gesso.infra.db import Database
from gesso.infra.web import House, house_of, new_router, problems

router = new_router("usage")

_USUAL = 30
"""Days that are told when no range is given."""


class Shelf(Protocol):
    """Where the rollups are."""

    async def ready(self) -> Database:
        """The database, its tables up to date; DatabaseAway while it cannot be had."""


class CountingHouse(House, Protocol):
    """What this room needs of the house beside what every room needs."""

    @property
    def analytics(self) -> Shelf:
        """Where the rollups are."""


@router.get("/usage", responses=problems(BadRange, TooManyGroups))
async def get_usage(
    request: Request,
    caller: TenantOperatorDep,
    since: Annotated[
        date | None, Query(alias="from", description="First day (UTC); 29 before the last.")
    ] = None,
    until: Annotated[
        date | None, Query(alias="to", description="Last day (UTC), counted in; today.")
    ] = None,
    group_by: Annotated[
        list[By] | None, Query(max_length=4, description="What to tell apart; repeatable.")
    ] = None,
) -> UsageOut:
    """Tell what the caller's tenant used, in total and in groups."""
    house = cast(CountingHouse, house_of(request))
    until = until or house.db.now().date()
    since = since or date.fromordinal(max(1, until.toordinal() - _USUAL + 1))
    question = Question(since, until, group_by or (), caller.tenant_id)
    analytics = await house.analytics.ready()
    async with analytics.view() as view:
        return usage_out(since, until, await report(view, question))
