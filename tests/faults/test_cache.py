"""The cache while its Redis is killed, stopped, swallowed by the network, wiped and starved."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from gesso.infra.branches import RedisSettings
from gesso.infra.cache import Cache, Namespace, StoreAway
from gesso.infra.cache.redis import RedisStore
from gesso.infra.cache.store import CLAIM
from gesso.infra.redis import RedisLink
from tests.faults.proxy import Proxy, Weather
from tests.house.redis import RedisServer

LONG = 600.0
TIMEOUT = 0.3
"""Seconds for a call: long enough for a busy machine, short enough to be told from a real wait."""


class Truth:
    """What the cache is to agree with."""

    def __init__(self) -> None:
        self.value = 1
        self.asked = 0

    async def read(self) -> int:
        self.asked += 1
        value = self.value
        await asyncio.sleep(0.02)
        return value


class Process:
    """One process' cache."""

    def __init__(self, link: RedisLink, store: RedisStore) -> None:
        self.link, self.store = link, store
        self.cache: Namespace = Cache(store).namespace("test")

    async def knows(self, truth: Truth) -> int:
        return int(await self.cache.fetch("key", LONG, truth.read))

    async def learns(self, truth: Truth) -> None:
        """What the others could not tell reaches it soon, without their doing anything more."""
        async with asyncio.timeout(10):
            while await self.knows(truth) != truth.value:  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.05)

    async def is_back(self) -> None:
        async with asyncio.timeout(10):
            while await self.link.trouble():  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.02)


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
async def processes(redis_server: RedisServer) -> AsyncIterator[list[Process]]:
    """Three processes that have used their cache."""
    async with AsyncExitStack() as stack:
        opened = [await opening(stack, redis_server.url) for _ in range(3)]
        yield opened


async def opening(stack: AsyncExitStack, url: str) -> Process:
    link = await stack.enter_async_context(RedisLink(RedisSettings(url=url, timeout=TIMEOUT)))
    store = await stack.enter_async_context(RedisStore(link, "test:cache"))
    process = Process(link, store)
    await process.cache.get("first contact")
    return process


@pytest.mark.parametrize("end", ["kill", "stop", "silence"])
async def test_a_redis_that_is_away_costs_the_first_few_calls_and_then_nothing(
    redis_server: RedisServer, truth: Truth, end: str
) -> None:
    async with Proxy(redis_server.url).open() as proxy, AsyncExitStack() as stack:
        process = await opening(stack, proxy.url)
        await process.knows(truth)
        {"kill": redis_server.kill, "stop": redis_server.stop}.get(
            end, lambda: proxy.turn("silent")
        )()
        begun = time.monotonic()
        for number in range(40):
            truth.value = number
            assert await process.knows(truth) == number
            await process.cache.set("other", number, LONG)
            assert await process.cache.get("other") is None
            assert await process.cache.increment("count", ttl=LONG) == number + 1
        assert time.monotonic() - begun < 40 * TIMEOUT  # a wait a call would be four times that
        {"kill": redis_server.start, "stop": redis_server.go_on}.get(
            end, lambda: proxy.turn("fair")
        )()
        await process.is_back()
        asked = truth.asked
        assert [await process.knows(truth) for _ in range(3)] == [39] * 3
        assert truth.asked == asked + 1


@pytest.mark.parametrize("weather", ["cut", "silent"])
async def test_what_was_deleted_while_redis_was_away_does_not_come_back(
    redis_server: RedisServer, processes: list[Process], truth: Truth, weather: Weather
) -> None:
    async with Proxy(redis_server.url).open() as proxy, AsyncExitStack() as stack:
        here, there = await opening(stack, proxy.url), processes[0]
        assert [await process.knows(truth) for process in (here, there)] == [1, 1]
        proxy.turn(weather)
        truth.value = 2
        await here.cache.delete("key")
        assert await here.knows(truth) == 2
        assert await there.knows(truth) == 1  # nobody can tell it
        proxy.turn("fair")
        await there.learns(truth)
        assert [await process.knows(truth) for process in (here, *processes)] == [2] * 4


async def test_what_redis_carries_out_late_is_not_believed(
    redis_server: RedisServer, processes: list[Process], truth: Truth
) -> None:
    """A stopped Redis has taken in what timed out long ago, and carries it out in any order."""
    here, there, _ = processes
    claim = await here.store.take("test:key", "begun before")
    assert claim.is_claimed
    redis_server.stop()
    await asyncio.gather(*(process.cache.set("key", 1, LONG) for process in processes[:2]))
    with pytest.raises(StoreAway):
        await here.store.fulfil("test:key", "begun before", b"1", LONG)
    truth.value = 2
    await here.cache.delete("key")
    await there.cache.delete("key")
    redis_server.go_on()
    await processes[2].learns(truth)
    assert [await process.knows(truth) for process in processes] == [2, 2, 2]


async def test_after_a_wipe_a_crowd_makes_a_value_once(
    redis_server: RedisServer, processes: list[Process], truth: Truth
) -> None:
    for _ in range(5):
        truth.value += 1
        redis_server.tell("FLUSHALL")
        crowd = [process.knows(truth) for process in processes * 40]
        assert set(await asyncio.gather(*crowd)) == {truth.value}
    assert truth.asked == 5


async def test_a_generation_that_was_pushed_out_takes_its_values_along(
    redis_server: RedisServer, processes: list[Process], truth: Truth
) -> None:
    await processes[0].knows(truth)
    truth.value = 2
    redis_server.tell("DEL", "test:cache:generation")
    assert [await process.cache.get("key") for process in processes] == [None] * 3
    await processes[1].cache.set("another", 1, LONG)
    assert [await process.cache.get("key") for process in processes] == [None] * 3
    assert [await process.knows(truth) for process in processes] == [2, 2, 2]
    assert await processes[0].cache.get("key") == 2


async def test_a_redis_without_memory_keeps_nothing_new_and_hands_out_nothing_wrong(
    redis_server: RedisServer, processes: list[Process], truth: Truth
) -> None:
    here, there, _ = processes
    await here.knows(truth)
    redis_server.tell("CONFIG", "SET", "maxmemory", "1")
    assert await there.knows(truth) == 1
    truth.value = 2
    await here.cache.delete("key")
    begun = time.monotonic()
    assert [await process.knows(truth) for process in processes * 5] == [2] * 15
    assert time.monotonic() - begun < 15 * TIMEOUT
    assert "refuses" in str(await here.link.trouble())
    redis_server.tell("CONFIG", "SET", "maxmemory", "0")
    asked = truth.asked
    assert [await process.knows(truth) for process in processes * 5] == [2] * 15
    assert truth.asked == asked + 1


async def test_a_maker_that_died_holds_the_others_up_no_longer_than_its_claim(
    processes: list[Process], truth: Truth
) -> None:
    dead, here, there = processes
    assert (await dead.store.take("test:key", "its claim")).is_claimed
    begun = time.monotonic()
    assert list(await asyncio.gather(here.knows(truth), there.knows(truth))) == [1, 1]
    assert time.monotonic() - begun < CLAIM + 5
    assert truth.asked == 1


async def test_a_new_process_does_not_believe_what_its_predecessor_left(
    redis_server: RedisServer, processes: list[Process], truth: Truth
) -> None:
    """The predecessor may have died while it could not say that something was to be dropped."""
    await processes[0].knows(truth)
    async with AsyncExitStack() as stack:
        successor = await opening(stack, redis_server.url)
        truth.value = 2
        assert await successor.knows(truth) == 2
        assert await processes[0].knows(truth) == 2
