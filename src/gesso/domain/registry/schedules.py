"""Schedules: a cron line or an interval, bound to a registered function and its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from gesso.domain.registry.asking import check_arguments
from gesso.domain.registry.function import Functions, RegisteredTask
from gesso.domain.registry.tables import Schedule
from gesso.domain.registry.timing import Timing
from gesso.infra.db import Tx, View, at_commit, moment, upsert
from gesso.infra.errors import Conflict, Invalid, NotFound
from gesso.kit.ids import new_id

SCHEDULES = "schedules"
"""The topic that is signalled when a schedule was made or changed."""

_TIMING = ("cron", "every_seconds", "time_zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule about to be made."""

    function: str
    timing: Timing
    arguments: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    overlap: str = "skip"
    active: bool = True
    at_once: bool = False
    """Whether it fires as soon as it is made, and not only at the first moment of its timing."""


async def make(
    tx: Tx, functions: Functions, plan: Plan, *, created_by: UUID | None = None
) -> Schedule:
    """Make a schedule; it fires for the first time at the next moment that its timing names."""
    check_arguments(_known(functions, plan.function), plan.arguments)
    plan.timing.check(moment(tx))
    row = _row(tx, plan) | {"created_by": created_by, "built_in": False}
    write = upsert(tx, Schedule).values(row).on_conflict_do_nothing(index_elements=["name"])
    if await tx.scalar(write.returning(Schedule.id)) is None:
        raise Conflict("There is a schedule of this name.", code="schedule_exists")
    at_commit(tx, SCHEDULES)
    return await get(tx, row["id"])


async def ensure(tx: Tx, plans: Sequence[Plan]) -> None:
    """Make the built-in schedules that are missing; the others stay as operators left them."""
    for plan in plans:
        row = _row(tx, plan) | {"built_in": True}
        write = upsert(tx, Schedule).values(row)
        await tx.execute(write.on_conflict_do_nothing(index_elements=["name"]))


async def change(
    tx: Tx, functions: Functions, schedule_id: UUID, changes: Mapping[str, Any]
) -> Schedule:
    """Change what is named; with another timing, or active again, it counts on from now."""
    schedule = await _locked(tx, schedule_id)
    values = dict(changes)
    if "arguments" in values:
        check_arguments(_known(functions, schedule.function), values["arguments"])
    timing = _timing_after(schedule, values)
    wakes = values.get("active") is True and not schedule.active
    if wakes or timing != timing_of(schedule):
        timing.check(moment(tx))
        values |= {name: getattr(timing, name) for name in _TIMING}
        values["next_fire_at"] = timing.next(moment(tx))
    write = (
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values(**values, updated_at=moment(tx), rev=Schedule.rev + 1)
    )
    await tx.execute(write.execution_options(synchronize_session=False))
    at_commit(tx, SCHEDULES)
    return await get(tx, schedule_id)


async def remove(tx: Tx, schedule_id: UUID) -> None:
    """Remove a schedule; its runs go on. One that is built in would come back, so it is refused."""
    schedule = await _locked(tx, schedule_id)
    if schedule.built_in:
        raise Conflict(
            "This schedule is built in; set `active` to false instead.", code="schedule_built_in"
        )
    await tx.execute(delete(Schedule).where(Schedule.id == schedule_id))


async def get(view: View, schedule_id: UUID) -> Schedule:
    """The schedule; NotFound when there is none."""
    query = select(Schedule).where(Schedule.id == schedule_id)
    schedule = await view.scalar(query.execution_options(populate_existing=True))
    if schedule is None:
        raise NotFound("There is no such schedule.")
    return schedule


async def page(view: View, *, after: UUID | None, limit: int) -> Sequence[Schedule]:
    """Schedules, the newest first."""
    query = select(Schedule).order_by(Schedule.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Schedule.id < after)
    return (await view.scalars(query)).all()


def timing_of(schedule: Schedule) -> Timing:
    """When it fires."""
    return Timing(schedule.cron, schedule.every_seconds, schedule.time_zone)


def _timing_after(schedule: Schedule, changes: Mapping[str, Any]) -> Timing:
    """Its timing with these changes; a cron line takes the place of an interval, and vice versa."""
    now = {name: getattr(schedule, name) for name in _TIMING}
    if "cron" in changes and "every_seconds" not in changes:
        now["every_seconds"] = None
    if "every_seconds" in changes and "cron" not in changes:
        now["cron"] = None
    return Timing(**{name: changes.get(name, now[name]) for name in _TIMING})


def _known(functions: Functions, name: str) -> RegisteredTask[..., Any]:
    function = functions.get(name)
    if function is None:
        raise Invalid(
            f"No function {name!r} is registered here.",
            code="unknown_function",
            pointer="#/function",
        )
    return function


async def _locked(tx: Tx, schedule_id: UUID) -> Schedule:
    query = select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    schedule = await tx.scalar(query.execution_options(populate_existing=True))
    if schedule is None:
        raise NotFound("There is no such schedule.")
    return schedule


def _row(tx: Tx, plan: Plan) -> dict[str, Any]:
    now = moment(tx)
    return {
        "id": new_id(),
        "name": plan.name,
        "function": plan.function,
        "arguments": dict(plan.arguments),
        "cron": plan.timing.cron,
        "every_seconds": plan.timing.every_seconds,
        "time_zone": plan.timing.time_zone,
        "overlap": plan.overlap,
        "active": plan.active,
        "next_fire_at": now if plan.at_once else plan.timing.next(now),
        "created_at": now,
        "updated_at": now,
        "rev": 1,
    }
