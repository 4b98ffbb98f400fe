"""Schedules over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response

from gesso.domain import auditlog
from gesso.domain.identity import OperatorDep
from gesso.domain.registry import schedules
from gesso.domain.registry.routes.functions import functions_of
from gesso.domain.registry.schedules import Plan
from gesso.domain.registry.timing import Timing
from gesso.domain.registry.wire import ScheduleChange, ScheduleIn, ScheduleOut, schedule_out
from gesso.infra.db import Tx
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("registry", prefix="/api/v1/registry")

SchedulePath = Annotated[str, Path(max_length=40, description="A schedule's id.")]


def _schedule_id(schedule_id: str) -> UUID:
    found = parse_id("sched", schedule_id)
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


@router.post("/schedules", status_code=201, responses=problems(Invalid, Conflict))
async def make_schedule(
    request: Request, tx: TxDep, operator: OperatorDep, body: ScheduleIn
) -> ScheduleOut:
    """Have a registered function run again and again: by a cron line in a time zone, or every so
    many seconds.
    """
    plan = Plan(
        **body.model_dump(exclude={"cron", "every_seconds", "time_zone"}),
        timing=Timing(body.cron, body.every_seconds, body.time_zone),
    )
    made = await schedules.make(tx, functions_of(request), plan, created_by=operator.user_id)
    out = schedule_out(made)
    await _note(request, tx, "schedule.create", out.id, function=out.function, name=out.name)
    return out


@router.get("/schedules")
async def list_schedules(view: ViewDep, _operator: OperatorDep, page: PageDep) -> Page[ScheduleOut]:
    """List the schedules, the newest first; the built-in ones are among them."""
    after = page.after(UUID)
    found = await schedules.page(view, after=after[0] if after else None, limit=page.limit + 1)
    rows, cursor = page.cut(found, lambda schedule: (schedule.id,))
    return Page(items=[schedule_out(schedule) for schedule in rows], next_cursor=cursor)


@router.get("/schedules/{schedule_id}", responses=problems(NotFound))
async def get_schedule(
    view: ViewDep, _operator: OperatorDep, schedule_id: SchedulePath
) -> ScheduleOut:
    """Show a schedule and when it fires next."""
    return schedule_out(await schedules.get(view, _schedule_id(schedule_id)))


@router.patch("/schedules/{schedule_id}", responses=problems(NotFound, Invalid))
async def change_schedule(
    request: Request,
    tx: TxDep,
    _operator: OperatorDep,
    schedule_id: SchedulePath,
    change: ScheduleChange,
) -> ScheduleOut:
    """Pause or resume a schedule, re-time it, or give it other arguments; what was missed while it
    was paused is not made up for.
    """
    changes = change.model_dump(exclude_none=True)
    changed = await schedules.change(tx, functions_of(request), _schedule_id(schedule_id), changes)
    await _note(request, tx, "schedule.change", schedule_id, **changes)
    return schedule_out(changed)


@router.delete("/schedules/{schedule_id}", status_code=204, responses=problems(NotFound, Conflict))
async def remove_schedule(
    request: Request, tx: TxDep, _operator: OperatorDep, schedule_id: SchedulePath
) -> Response:
    """Remove a schedule; its runs go on. A built-in one cannot be removed, only paused."""
    await schedules.remove(tx, _schedule_id(schedule_id))
    await _note(request, tx, "schedule.remove", schedule_id)
    return Response(status_code=204)


async def _note(request: Request, tx: Tx, action: str, subject: str, **details: object) -> None:
    await auditlog.note(tx, auditlog.actor(request), action, subject, details)
