"""Schedules fire once a moment, whoever looks, and by the database's clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gesso.domain import registry
from gesso.domain.registry import Plan, Run, Schedule, Timing, register_task, schedules
from gesso.domain.registry.fire import fire
from gesso.infra.db import Database, moment


@register_task(name="tick.tock", queue="media", priority=2)
async def tick(word: str = "tick") -> str:
    """Tick."""
    return word


FUNCTIONS = {tick.name: tick}
HOURLY = Timing(cron="0 * * * *")


@pytest.fixture
async def houses(database_url: str) -> AsyncIterator[list[Database]]:
    """Several processes' ways to one database; with SQLite there is one process."""
    opened = [Database(database_url) for _ in range(4)]
    for db in opened:
        await db.synchronise()
    yield opened[:1] * 4 if opened[0].is_sqlite else opened
    for db in opened:
        await db.close()


async def make(db: Database, timing: Timing, **plan: Any) -> Schedule:
    async with db.tx() as tx:
        wish = Plan(function="tick.tock", timing=timing, **plan)
        return await schedules.make(tx, FUNCTIONS, wish)


async def set_due(db: Database, schedule: Schedule, ago: timedelta) -> datetime:
    """Have it wait since then."""
    async with db.tx() as tx:
        due = moment(tx) - ago
        write = update(Schedule).where(Schedule.id == schedule.id).values(next_fire_at=due)
        await tx.execute(write)
        return due


async def look(db: Database) -> int:
    async with db.tx() as tx:
        return await fire(tx, FUNCTIONS, room=100)


async def runs(db: Database) -> list[Run]:
    async with db.view() as view:
        return list((await view.scalars(select(Run).order_by(Run.id))).all())


async def test_however_many_look_a_moment_fires_once(houses: list[Database]) -> None:
    made = [await make(houses[0], Timing(every_seconds=3600)) for _ in range(10)]
    for schedule in made:
        await set_due(houses[0], schedule, timedelta(seconds=5))
    counts = await asyncio.gather(*(look(db) for db in houses for _ in range(3)))
    assert sum(counts) == 10
    found = await runs(houses[0])
    assert {run.schedule_id for run in found} == {schedule.id for schedule in made}
    assert {(run.queue, run.priority, run.status) for run in found} == {("media", 2, "queued")}


async def test_what_was_missed_is_made_up_for_once_for_the_latest_moment(
    houses: list[Database],
) -> None:
    db = houses[0]
    schedule = await make(db, Timing(every_seconds=600))
    due = await set_due(db, schedule, timedelta(hours=3, seconds=1))
    assert [await look(db), await look(db)] == [1, 0]
    (run,) = await runs(db)
    assert run.fire_at == due + timedelta(hours=3)
    async with db.view() as view:
        seen = await schedules.get(view, schedule.id)
    assert (seen.last_fire_at, seen.next_fire_at) == (
        run.fire_at, run.fire_at + timedelta(seconds=600),
    )  # fmt: skip


@pytest.mark.parametrize(("overlap", "count"), [("skip", 1), ("allow", 3)])
async def test_overlap_is_as_the_schedule_says(
    houses: list[Database], overlap: str, count: int
) -> None:
    db = houses[0]
    schedule = await make(db, Timing(every_seconds=1), overlap=overlap)
    for ago in (3, 2, 1):
        await set_due(db, schedule, timedelta(seconds=ago))
        await look(db)
    assert len(await runs(db)) == count


async def test_a_process_whose_clock_jumps_changes_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(postgres_url)
    await db.synchronise()
    schedule = await make(db, HOURLY)
    due = schedule.next_fire_at
    true_time = time.time
    for hours in (2, -2):
        monkeypatch.setattr(time, "time", lambda hours=hours: true_time() + hours * 3600)
        fresh = Database(db.url)
        await fresh.synchronise()
        assert abs(fresh.now() - datetime.fromtimestamp(true_time(), UTC)) < timedelta(minutes=1)
        assert [await look(fresh), await look(db)] == [0, 0]
        await fresh.close()
    async with db.view() as view:
        assert (await schedules.get(view, schedule.id)).next_fire_at == due
    await db.close()


async def test_what_is_paused_or_unknown_here_does_not_fire(houses: list[Database]) -> None:
    db = houses[0]
    paused, unknown = await make(db, HOURLY, active=False), await make(db, HOURLY)
    async with db.tx() as tx:
        write = update(Schedule).where(Schedule.id == unknown.id)
        await tx.execute(write.values(function="tick.gone"))
    for schedule in (paused, unknown):
        await set_due(db, schedule, timedelta(hours=5))
    assert await look(db) == 0
    async with db.tx() as tx:
        changed = await schedules.change(tx, FUNCTIONS, paused.id, {"active": True})
        assert changed.next_fire_at > moment(tx)
    assert await look(db) == 0


async def test_built_in_schedules_are_made_once_and_never_overwritten(
    houses: list[Database],
) -> None:
    plans = [Plan(name="tick.hourly", function="tick.tock", timing=HOURLY)]

    async def ensure(db: Database) -> None:
        async with db.tx() as tx:
            await registry.ensure(tx, plans)

    await asyncio.gather(*map(ensure, houses))
    async with houses[0].tx() as tx:
        (made,) = await schedules.page(tx, after=None, limit=10)
        await schedules.change(tx, FUNCTIONS, made.id, {"active": False, "cron": "5 5 * * *"})
    await ensure(houses[0])
    async with houses[0].view() as view:
        (kept,) = await schedules.page(view, after=None, limit=10)
    assert (kept.id, kept.active, kept.cron, kept.built_in) == (made.id, False, "5 5 * * *", True)


async def test_runs_that_ended_a_week_ago_are_forgotten(houses: list[Database]) -> None:
    db = houses[0]
    async with db.tx() as tx:
        for _ in range(3):
            await registry.ask(tx, tick, registry.Wish(function="tick.tock", arguments={}))
    old, young, live = await runs(db)
    async with db.tx() as tx:
        for run, days in ((old, 8), (young, 6)):
            gone = {"status": "cancelled", "finished_at": moment(tx) - timedelta(days=days)}
            await tx.execute(update(Run).where(Run.id == run.id).values(**gone))
        assert await registry.forget_runs(tx, room=10) == 1
    assert [run.id for run in await runs(db)] == [young.id, live.id]
