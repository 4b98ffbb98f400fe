"""Parts that go away for a while: the database behind a broken network, and the disk."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database
from tests.faults.books import check_books, new_key
from tests.faults.client import Client, Watcher
from tests.faults.process import Place, serving
from tests.faults.provider import Outside
from tests.faults.proxy import Proxy, Weather


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(postgres_url).open() as network:
        yield network


@pytest.mark.timeout(120)
@pytest.mark.parametrize("weather", ["cut", "silent"])
async def test_a_database_that_is_away_costs_patience_and_nothing_else(
    tmp_path: Path, postgres_url: str, outside: Outside, proxy: Proxy, weather: Weather
) -> None:
    outside.works = (0.5, 3.0)
    key = await new_key(postgres_url)
    place = Place(tmp_path / "data", proxy.url, outside.url, {"GESSO_ENGINE__LEASE": "3"})
    async with serving(place) as server, Client(key, server.url) as client:
        watcher = Watcher(client)
        watching = asyncio.create_task(watcher.watch())
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(60)]))
        await watcher.started()
        await outside.has_taken(1)
        proxy.turn(weather)
        await asyncio.sleep(1)
        assert await readiness(server.url) == (503, "not_ready")
        await ask_for(client, seconds=6)
        assert client.statuses[503] > 0
        assert set(client.problems) <= {"database_unavailable"}
        assert client.retry_after <= {"1"}
        proxy.turn("fair")
        waited = await first_answer(client)
        await ordering
        await client.all_ended(within=40)
        assert await readiness(server.url) == (200, None)
        watching.cancel()
        statuses = await check_books(postgres_url, client.journal)
    assert waited <= 5
    assert statuses == {"completed": 60}
    assert outside.billed_twice == []
    assert set(client.statuses) <= {200, 202, 503}
    assert watcher.breaks == 0


@pytest.mark.timeout(90)
async def test_what_a_provider_answered_while_the_database_was_away_is_not_forgotten(
    tmp_path: Path, postgres_url: str, outside: Outside, proxy: Proxy
) -> None:
    outside.works, outside.answers = (0.1, 0.2), (1.5, 1.5)
    key = await new_key(postgres_url)
    place = Place(tmp_path / "data", proxy.url, outside.url, {"GESSO_ENGINE__LEASE": "2"})
    async with serving(place) as server, Client(key, server.url) as client:
        films = [f"owl {n}" for n in range(8)]
        await client.order_many(films, type="text_to_video", tier="high", seconds=1)
        await outside.has_taken(len(films))
        proxy.turn("cut")  # the answers to the submissions come now
        await asyncio.sleep(4)
        proxy.turn("fair")
        await client.all_ended(within=20)
        statuses = await check_books(postgres_url, client.journal)
    assert statuses == {"completed": len(films)}
    assert outside.billed_twice == []


@pytest.mark.timeout(90)
@pytest.mark.parametrize("folder", ["media", "scratch"])
async def test_results_wait_with_their_holds_open_until_the_disk_is_back(
    tmp_path: Path, sqlite_url: str, outside: Outside, folder: str
) -> None:
    key = await new_key(sqlite_url, credits=20)
    settings = {"GESSO_ENGINE__LEASE": "2"}
    place = Place(tmp_path / "data", sqlite_url, outside.url, settings)
    async with serving(place) as server, Client(key, server.url) as client:
        outside.works = (2.0, 2.0)
        await client.order_many([f"owl {n}" for n in range(10)])
        await asyncio.sleep(1)
        disk = place.data_dir / folder
        disk.rename(place.data_dir / "elsewhere")
        disk.write_text("not a folder")
        await asyncio.sleep(4)
        _, purse = await client.ask("GET", "/api/v1/wallet")
        assert (purse["available"], purse["frozen"]) == ("10", "10")
        disk.unlink()
        (place.data_dir / "elsewhere").rename(disk)
        await client.all_ended(within=30)
        statuses = await check_books(sqlite_url, client.journal)
    assert statuses == {"completed": 10}
    assert outside.billed_twice == []


async def test_one_silent_line_condemns_all_of_its_age(postgres_url: str, proxy: Proxy) -> None:
    patience = DatabaseSettings(url=postgres_url, pool_size=4, statement_timeout=3.0)
    db = Database(proxy.url, patience)
    together = asyncio.Barrier(patience.pool_size)

    async def ask() -> None:
        async with db.view() as view:
            await together.wait()
            await view.execute(text("select 1"))

    async def ask_all() -> None:
        await asyncio.gather(*[ask() for _ in range(patience.pool_size)])

    await ask_all()
    proxy.turn("silent")
    proxy.turn("fair")
    assert await db.trouble()
    begun = time.monotonic()
    await ask_all()
    assert time.monotonic() - begun < patience.statement_timeout  # two of them for the farewell
    await db.close()


async def readiness(url: str) -> tuple[int, str | None]:
    """What the health page says, and the code of the problem."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/health/ready") as answer:
        told = await answer.json()
        return answer.status, told.get("code")


async def ask_for(client: Client, *, seconds: float) -> None:
    """Keep asking, in a few threads of conversation at once."""
    ends = time.monotonic() + seconds

    async def one() -> None:
        while time.monotonic() < ends:
            await client.ask("GET", "/api/v1/wallet")
            await asyncio.sleep(0.1)

    await asyncio.gather(*[one() for _ in range(6)])


async def first_answer(client: Client) -> float:
    """The seconds until a request is served again."""
    begun = time.monotonic()
    while time.monotonic() - begun < 30:
        status, _ = await client.ask("GET", "/api/v1/tasks?limit=1")
        if status == 200:
            return time.monotonic() - begun
        await asyncio.sleep(0.1)
    raise AssertionError("nothing was served any more")
