"""Processes that die under a run: it is taken up again, and one that kills them all is parked."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gesso.domain import registry
from gesso.domain.deadletters import DeadLetter
from gesso.domain.registry import Plan, Run, Timing, Wish, schedules
from gesso.infra.db import Database
from gesso.work import MOST_LOST
from tests.faults import plugin
from tests.faults.books import books
from tests.faults.process import Place, Server, serving


async def ask(db: Database, function: Any, **arguments: Any) -> Run:
    async with db.tx() as tx:
        wish = Wish(function=function.name, arguments=arguments)
        return (await registry.ask(tx, function, wish)).run


async def see(db: Database, run: Run, condition: Callable[[Run], bool]) -> Run:
    async with asyncio.timeout(30):
        while True:
            async with db.view() as view:
                seen = await registry.get(view, run.id)
            if condition(seen):
                return seen
            await asyncio.sleep(0.05)


@pytest.mark.timeout(90)
async def test_a_run_whose_process_is_killed_is_taken_up_by_another(place: Place) -> None:
    async with serving(place) as server, books(place.database_url) as db:
        run = await ask(db, plugin.take_a_nap, seconds=1.5)
        await see(db, run, lambda seen: seen.progress == 0.5)
        first = server.process.pid
        await server.kill()
        await server.start()
        seen = await see(db, run, lambda seen: seen.finished_at is not None)
        assert seen.result == server.process.pid != first
    assert (seen.status, seen.attempt, seen.lost) == ("completed", 1, 0)


@pytest.mark.timeout(110)
async def test_what_kills_whoever_takes_it_up_is_parked_after_five(
    tmp_path: Path, sqlite_url: str
) -> None:
    place = Place(tmp_path / "data", sqlite_url, "", {"GESSO_ENGINE__LEASE": "2"})
    server = Server(place)
    async with books(sqlite_url) as db:
        poison = await ask(db, plugin.die)
        for _ in range(MOST_LOST):
            server.launch()
            assert await asyncio.to_thread(server.process.wait, 30) == -9
        try:
            await server.start()
            parked = await see(db, poison, lambda seen: seen.lost == MOST_LOST)
            other = await ask(db, plugin.tick)
            await see(db, other, lambda seen: seen.status == "completed")
        finally:
            await server.close()
        async with db.view() as view:
            mine = select(DeadLetter).where(DeadLetter.subject == str(poison.id))
            (letter,) = (await view.scalars(mine)).all()  # others may have died with it
    assert (parked.status, parked.holder, parked.error_code) == ("retrying", None, "parked")
    assert (letter.kind, letter.subject, letter.deliveries) == ("run", str(poison.id), MOST_LOST)


@pytest.mark.timeout(90)
async def test_two_processes_fire_a_schedule_once_and_one_death_stops_nothing(
    shared_place: Place,
) -> None:
    other = replace(shared_place, data_dir=shared_place.data_dir.with_name("other"))
    async with books(shared_place.database_url) as db:
        async with serving(shared_place) as one, serving(other, "other"):
            async with db.tx() as tx:
                plan = Plan(function="fault.tick", timing=Timing(every_seconds=1), overlap="allow")
                made = await schedules.make(tx, {"fault.tick": plugin.tick}, plan)
            await asyncio.sleep(3)
            await one.kill()
            await asyncio.sleep(3)
        async with db.view() as view:
            query = select(Run.fire_at).where(Run.schedule_id == made.id).order_by(Run.fire_at)
            fired = [at for at in (await view.scalars(query)).all() if at is not None]
    assert len(fired) >= 4
    assert all((b - a).total_seconds() >= 1 for a, b in pairwise(fired))
