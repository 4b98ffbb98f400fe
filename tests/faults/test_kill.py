"""kill -9 at any moment: of the server, of a worker process, with and without somebody watching."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.faults.books import check_books, event_ids, new_key
from tests.faults.client import Client, Watcher
from tests.faults.process import Place, serving
from tests.faults.provider import Outside

ROUNDS = int(os.environ.get("GESSO_FAULT_ROUNDS", "3"))
TASKS = 200 if ROUNDS >= 10 else 60


@pytest.mark.timeout(60 + 30 * ROUNDS)
async def test_a_server_killed_again_and_again_loses_nothing_and_tells_everything_once(
    place: Place, key: str, outside: Outside
) -> None:
    async with serving(place) as server, Client(key, server.url) as client:
        watcher = Watcher(client)
        watching = asyncio.create_task(watcher.watch())
        begin = await watcher.started()
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(TASKS)]))
        for _ in range(ROUNDS):
            await asyncio.sleep(random.uniform(0.2, 1.5))
            await server.kill()
            await server.start()
        await ordering
        await client.all_ended(within=60)
        statuses = await check_books(place.database_url, client.journal)
        written = await event_ids(place.database_url, begin)
        await watcher.heard(written[-1])
        watching.cancel()
    assert statuses == {"completed": TASKS}
    assert outside.bill == Counter(client.journal.values())
    assert set(client.statuses) <= {200, 202, 503}
    assert [message["id"] for message in watcher.messages] == written
    assert watcher.breaks >= ROUNDS


async def test_a_killed_server_takes_its_busy_workers_along(
    tmp_path: Path, sqlite_url: str
) -> None:
    place = Place(tmp_path / "data", sqlite_url, "", {"GESSO_ENGINE__PROCESSES": "2"})
    key = await new_key(sqlite_url)
    async with serving(place) as server, Client(key, server.url) as client:
        await client.order_many(["nap", "sleep"], type="text_to_video", seconds=6)
        await workers_at_work(place, 2)
        await server.kill()  # which fails where workers go on


async def test_a_killed_worker_costs_its_job_one_more_try_and_others_nothing(
    tmp_path: Path, sqlite_url: str
) -> None:
    place = Place(tmp_path / "data", sqlite_url, "", {"GESSO_ENGINE__PROCESSES": "2"})
    key = await new_key(sqlite_url)
    async with serving(place) as server, Client(key, server.url) as client:
        tasks = await client.order_many(["nap", "sleep"], type="text_to_video", seconds=2)
        workers = await workers_at_work(place, 2)
        workers[0].kill()
        await client.all_ended(within=25)  # a lease would take longer
        tries = sorted([len(await client.tries(task)) for task in tasks])
        statuses = await check_books(sqlite_url, client.journal)
    assert statuses == {"completed": 2}
    assert tries == [1, 2]


async def workers_at_work(place: Place, count: int) -> list[psutil.Process]:
    """The worker processes, once so many of them nap."""
    for _ in range(600):
        notes = [note.read_text() for note in place.data_dir.glob("scratch/*/pid")]
        if len(notes) >= count and all(notes):
            return [psutil.Process(int(note)) for note in notes]
        await asyncio.sleep(0.1)
    raise AssertionError("the workers did not begin")


@pytest.mark.timeout(90)
async def test_pictures_of_the_studio_outlive_its_server(tmp_path: Path, sqlite_url: str) -> None:
    place = Place(tmp_path / "data", sqlite_url)
    key = await new_key(sqlite_url)
    async with serving(place) as server, Client(key, server.url) as client:
        await client.order_many([f"owl {n}" for n in range(4)], tier="fast")
        await asyncio.sleep(1)
        await server.kill()
        await server.start()
        await client.all_ended(within=60)
        statuses = await check_books(place.database_url, client.journal)
    assert statuses == {"completed": 4}


@pytest.mark.timeout(90)
async def test_three_hundred_interrupted_jobs_are_taken_up_at_once_not_after_their_leases(
    tmp_path: Path, sqlite_url: str, outside: Outside
) -> None:
    outside.works, outside.answers = (0.1, 0.3), (4.0, 4.0)
    settings = {"GESSO_ENGINE__LEASE": "60", "GESSO_ENGINE__HANDLERS": "400"}
    place = Place(tmp_path / "data", sqlite_url, outside.url, settings)
    key = await new_key(sqlite_url)
    async with serving(place) as server, Client(key, server.url) as client:
        await client.order_many([f"owl {n}" for n in range(300)], tier="high")
        await outside.has_taken(300)
        await server.kill()
        outside.answers = (0.0, 0.0)
        await server.start()
        await client.all_ended(within=30)
        statuses = await check_books(sqlite_url, client.journal)
    assert statuses == {"completed": 300}
    assert outside.billed_twice == []
