"""Signals, and two servers: an ordered end under load, a long sleep while another takes over."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.books import check_books, new_key
from tests.faults.client import Client, Watcher
from tests.faults.process import Place, Server, serving
from tests.faults.provider import Outside

TASKS = 60


@pytest.mark.timeout(90)
async def test_a_server_told_to_stop_under_load_ends_in_order(
    place: Place, key: str, outside: Outside
) -> None:
    outside.works = (0.5, 3.0)
    async with serving(place) as server, Client(key, server.url) as client:
        watcher = Watcher(client)
        watching = asyncio.create_task(watcher.watch())
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(TASKS)]))
        await asyncio.sleep(0.3)
        code, seconds = await server.terminate()
        await server.start()
        await ordering
        await client.all_ended(within=40)
        watching.cancel()
        statuses = await check_books(place.database_url, client.journal)
    assert code == 0
    assert seconds < 25
    assert statuses == {"completed": TASKS}
    assert set(client.statuses) <= {200, 202, 503}
    assert outside.billed_twice == []


@pytest.mark.timeout(90)
async def test_work_that_lasts_longer_than_the_patience_is_cut_off_and_done_later(
    tmp_path: Path, sqlite_url: str
) -> None:
    settings = {"GESSO_ENGINE__PROCESSES": "1", "GESSO_SERVER__SHUTDOWN_SECONDS": "2"}
    place = Place(tmp_path / "data", sqlite_url, "", settings)
    key = await new_key(sqlite_url)
    async with serving(place) as server, Client(key, server.url) as client:
        await client.order_many(["nap", "sleep"], type="text_to_video", seconds=4)
        await asyncio.sleep(0.5)
        code, seconds = await server.terminate()
        await server.start()
        await client.all_ended(within=30)
        statuses = await check_books(place.database_url, client.journal)
    assert code == 0
    assert seconds < 2 + 3
    assert statuses == {"completed": 2}


@pytest.mark.timeout(90)
async def test_who_wakes_from_a_sleep_longer_than_its_lease_changes_nothing(
    shared_place: Place, outside: Outside
) -> None:
    outside.works, outside.answers = (1.0, 3.0), (1.0, 1.5)
    key = await new_key(shared_place.database_url)
    async with (
        serving(shared_place, "sleeper") as sleeper,
        Client(key, sleeper.url) as client,
    ):
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(TASKS)]))
        await asyncio.sleep(0.8)
        sleeper.sleep()
        async with serving(shared_place, "other") as other, Client(key, other.url) as witness:
            await asyncio.sleep(3)
            sleeper.wake()
            await ordering
            await witness.all_ended(within=40)
            statuses = await check_books(shared_place.database_url, client.journal)
    assert statuses == {"completed": TASKS}
    assert outside.billed_twice == []
    assert outside.lookups > 0  # the other did take over what was under way


async def test_a_second_server_on_the_same_files_says_that_there_is_one(
    tmp_path: Path, sqlite_url: str
) -> None:
    place = Place(tmp_path / "data", sqlite_url, "")
    async with serving(place) as first:
        second = Server(place, "second")
        second.launch()
        code = await asyncio.to_thread(second.process.wait, 20)
        assert code != 0
        assert f"nother gesso is at work in {place.data_dir}" in second.told()
        assert "Traceback" not in second.told()
        assert first.process.poll() is None


async def test_two_servers_on_one_database_keep_the_limit_of_a_queue_together(
    shared_place: Place, outside: Outside
) -> None:
    outside.works = (0.3, 0.8)
    key = await new_key(shared_place.database_url)
    async with (
        serving(shared_place, "one") as one,
        serving(shared_place, "two") as two,
        Client(key, one.url, two.url) as client,
    ):
        await client.order_many([f"owl {n}" for n in range(120)])
        await client.all_ended(within=60)
        statuses = await check_books(shared_place.database_url, client.journal)
    assert statuses == {"completed": 120}
    assert 12 <= outside.most_at_once <= 24
    assert outside.bill.total() == 120
