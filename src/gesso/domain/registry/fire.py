"""Firing: what a schedule asks for becomes a run, once, whoever looks first.

The schedule's next moment is moved on in the transaction that writes the run, from the very moment
that was read; and no two runs have the same schedule and moment. Whatever was missed while nobody
looked is made up for by one run, for the latest moment. All of it goes by the database's clock.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain.registry.asking import row_of
from gesso.domain.registry.function import Functions
from gesso.domain.registry.report import ROWS, RUNS
from gesso.domain.registry.schedules import SCHEDULES, timing_of
from gesso.domain.registry.tables import NEVER, Run, Schedule
from gesso.infra.db import Tx, at_commit, moment, rowset, upsert


async def fire(tx: Tx, functions: Functions, *, room: int) -> int:
    """Fire at most `room` schedules that are due, of functions that are known here; how many."""
    due = await _due(tx, functions, room)
    if not due:
        return 0
    if len(due) == room:
        at_commit(tx, SCHEDULES)
    now = moment(tx)
    moments = {each.id: timing_of(each).catch_up(each.next_fire_at, now) for each in due}
    v = rowset(
        tx,
        id=(Schedule.id, list(moments)),
        seen=(Schedule.next_fire_at, [each.next_fire_at for each in due]),
        fired=(Schedule.next_fire_at, [fired for fired, _ in moments.values()]),
        following=(Schedule.next_fire_at, [following for _, following in moments.values()]),
    )
    write = (
        update(Schedule)
        .where(Schedule.id == v.c.id, Schedule.next_fire_at == v.c.seen, Schedule.active)
        .values(last_fire_at=v.c.fired, next_fire_at=v.c.following)
        .returning(Schedule.id)
    )
    moved = await tx.scalars(write.execution_options(synchronize_session=False))
    mine = set(moved.all()) - await _busy(tx, due)
    runs = [
        row_of(tx, functions[each.function], each.arguments)
        | {"schedule_id": each.id, "fire_at": moments[each.id][0]}
        for each in due
        if each.id in mine
    ]
    if runs:
        await tx.execute(upsert(tx, Run).values(runs).on_conflict_do_nothing())
        at_commit(tx, RUNS)
    return len(runs)


async def _due(tx: Tx, functions: Functions, room: int) -> Sequence[Schedule]:
    query = (
        select(Schedule)
        .where(
            Schedule.active,
            Schedule.next_fire_at <= moment(tx),
            Schedule.function.in_(sorted(functions)),
        )
        .order_by(Schedule.next_fire_at)
        .limit(room)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def _busy(tx: Tx, schedules: Sequence[Schedule]) -> set[UUID]:
    """Those that do not fire while a run of theirs has not ended, and have one; a parked one waits
    for an operator, and holds nothing up.
    """
    ids = [each.id for each in schedules if each.overlap == "skip"]
    if not ids:
        return set()
    query = select(Run.schedule_id).where(Run.schedule_id.in_(ids), ROWS.live, Run.due_at < NEVER)
    return {found for found in (await tx.scalars(query)).all() if found is not None}
