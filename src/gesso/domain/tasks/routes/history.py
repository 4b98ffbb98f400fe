"""One's tasks as a list, and by day."""

from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Query, Request

from gesso.domain import events, media
from gesso.domain.identity import Caller, GuardedHouse, Scope, require
from gesso.domain.tasks import history
from gesso.domain.tasks.history_wire import (
    DaysOut,
    DaysQuery,
    FilterQuery,
    TaskDayOut,
    TasksOut,
    row_out,
)
from gesso.domain.tasks.menu import Menu
from gesso.infra.errors import Invalid
from gesso.infra.web import PageDep, ViewDep, house_of, new_router, problems

router = new_router("tasks")

ReaderDep = Annotated[Caller, require(Scope.TASKS_READ)]


class ListingHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def menu(self) -> Menu:
        """Knows by which fields tasks are called."""

    @property
    def links(self) -> media.Links:
        """Makes signed links."""


@router.get("/tasks", responses=problems(Invalid))
async def list_tasks(
    request: Request,
    view: ViewDep,
    caller: ReaderDep,
    page: PageDep,
    asked: Annotated[FilterQuery, Query()],
) -> TasksOut:
    """List one's tasks, newest first: what a list shows of each, and a link to its picture."""
    house = cast(ListingHouse, house_of(request))
    after = page.after(UUID)
    # The cursor is read first: what changes in between is told twice rather than not at all.
    as_of = await events.as_of(view, caller.user_id)
    found = await history.page(
        view,
        caller.user_id,
        filters=asked.filters(),
        names=house.menu.names,
        after=after[0] if after else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(found, lambda entry: (entry.task.id,))
    items = [row_out(entry, house.links) for entry in kept]
    return TasksOut(items=items, next_cursor=cursor, as_of=as_of)


@router.get("/tasks/days", responses=problems(Invalid))
async def count_by_day(
    request: Request,
    view: ViewDep,
    caller: ReaderDep,
    asked: Annotated[DaysQuery, Query()],
) -> DaysOut:
    """Count one's tasks by the days on which they were asked for, as days are in a time zone; the
    newest hundred thousand of them.
    """
    house, zone = cast(ListingHouse, house_of(request)), asked.zone
    as_of = await events.as_of(view, caller.user_id)
    found = await history.days(
        view, caller.user_id, zone, filters=asked.filters(), names=house.menu.names
    )
    return DaysOut(
        time_zone=asked.time_zone,
        total=sum(count for _, count in found),
        days=[TaskDayOut(day=day, tasks=count) for day, count in found],
        as_of=as_of,
    )
