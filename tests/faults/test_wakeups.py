"""Two serving processes with a Redis between them: who watches at one hears what the other did."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from statistics import median
from typing import Any

import aiohttp
import pytest

from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, serving
from tests.house.redis import RedisServer

ROUNDS = 9
AT_ONCE = 0.4
"""Seconds within which most wake-ups come; without Redis half of them take more than one."""


class Pair:
    """Somebody who orders at one process and watches at another."""

    def __init__(self, orders: Client, watches: Client) -> None:
        self._orders, self._watches = orders, watches
        self._numbers = iter(range(1000))
        self.seen: dict[str, asyncio.Future[None]] = {}
        self.cursors: list[str] = []

    def _sight(self, task_id: str) -> "asyncio.Future[None]":
        return self.seen.setdefault(task_id, asyncio.get_running_loop().create_future())

    async def watch(self) -> None:
        async with self._watches.stream(None) as (_, messages):
            async for message in messages:
                self.cursors.append(message["id"])
                sight = self._sight(str(json.loads(message["data"]).get("task_id")))
                if not sight.done():
                    sight.set_result(None)

    async def delay(self) -> float:
        """From the answer at one process to the event at the other."""
        task_id = await self._orders.order(f"owl {next(self._numbers)}")
        begun = time.monotonic()
        async with asyncio.timeout(10):
            await self._sight(task_id)
        return time.monotonic() - begun

    async def delays(self, count: int = ROUNDS) -> list[float]:
        return [await self.delay() for _ in range(count)]


@asynccontextmanager
async def watching(pair: Pair) -> AsyncIterator[None]:
    task = asyncio.create_task(pair.watch())
    try:
        await pair.delay()  # the stream stands
        yield
        assert not task.done()
    finally:
        task.cancel()


async def health(url: str, path: str = "/health") -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as answer:
        return answer.status, await answer.json()


async def until(url: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (told := (await health(url))[1])["status"] != status:  # noqa: ASYNC110  # polls
            await asyncio.sleep(0.1)
    return told


@pytest.mark.timeout(120)
async def test_streams_hear_another_process_at_once_and_outlive_redis(
    shared_place: Place, redis_server: RedisServer
) -> None:
    key = await new_key(shared_place.database_url)
    shared = {**shared_place.settings, "GESSO_REDIS__URL": redis_server.url}
    works = replace(shared_place, settings=shared)
    serves = replace(shared_place, settings={**shared, "GESSO_ENGINE__KIND": "none"})
    async with (
        serving(works, "one") as one,
        serving(serves, "two") as two,
        Client(key, one.url) as orders,
        Client(key, two.url) as watches,
    ):
        pair = Pair(orders, watches)
        async with watching(pair):
            assert median(await pair.delays()) < AT_ONCE

            redis_server.kill()
            told = await until(two.url, "degraded")
            assert "Redis" in told["components"]["redis"]
            assert (await health(two.url, "/health/ready"))[0] == 200
            assert max(await pair.delays(3)) < 10  # found by looking

            redis_server.start()
            await until(one.url, "ok")
            await until(two.url, "ok")
            assert median(await pair.delays()) < AT_ONCE
        assert len(set(pair.cursors)) == len(pair.cursors)
        await orders.all_ended(within=30)
        statuses = await check_books(shared_place.database_url, orders.journal)
    assert statuses == {"completed": len(orders.journal)}
