"""Several serving processes on one port: shared, replaced one by one, ended together."""

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, serving
from tests.faults.provider import Outside

TASKS = 40


def serving_processes(parent: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(parent).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]


@pytest.mark.timeout(120)
async def test_a_dead_process_of_a_fleet_is_replaced_and_nothing_is_lost(
    shared_place: Place, outside: Outside
) -> None:
    outside.works = (0.2, 1.0)
    key = await new_key(shared_place.database_url)
    place = replace(
        shared_place, settings={**shared_place.settings, "GESSO_SERVER__PROCESSES": "2"}
    )
    async with serving(place) as server, Client(key, server.url) as client:
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(TASKS)]))
        await asyncio.sleep(0.2)
        before = serving_processes(server.process.pid)
        before[0].kill()
        await ordering
        await client.all_ended(within=60)
        after = serving_processes(server.process.pid)
        statuses = await check_books(place.database_url, client.journal)
        code, seconds = await server.terminate()
    assert len(before) == len(after) == 2
    assert before[0].pid not in {process.pid for process in after}
    assert statuses == {"completed": TASKS}
    assert outside.billed_twice == []
    assert code == 0
    assert seconds < 25


@pytest.mark.timeout(60)
async def test_a_fleet_ends_with_its_parent(shared_place: Place) -> None:
    place = replace(shared_place, settings={"GESSO_SERVER__PROCESSES": "2"})
    async with serving(place) as server:
        orphans = serving_processes(server.process.pid)
        server.process.kill()
        await asyncio.to_thread(server.process.wait)
        _, alive = await asyncio.to_thread(psutil.wait_procs, orphans, timeout=20)
    assert len(orphans) == 2
    assert alive == []


@pytest.mark.timeout(60)
async def test_sqlite_takes_no_fleet(tmp_path: Path, sqlite_url: str) -> None:
    place = Place(tmp_path / "data", sqlite_url, "", {"GESSO_SERVER__PROCESSES": "2"})
    with pytest.raises(RuntimeError, match="several processes need PostgreSQL"):
        async with serving(place):
            pass
