"""What every bus must do, and what the one over Redis must survive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gesso.infra.branches import RedisSettings
from gesso.infra.bus import Bus
from gesso.infra.bus.local import LocalBus
from gesso.infra.bus.redis import RedisBus
from gesso.infra.redis import RedisLink
from tests.faults.proxy import Proxy
from tests.house.redis import RedisServer

BELL = "stream:anna"
SOON = 10.0
"""Seconds for what takes milliseconds when the machine is idle."""


@asynccontextmanager
async def process(url: str, channel: str = "test:bus") -> AsyncIterator[RedisBus]:
    """The bus of one more process."""
    async with (
        RedisLink(RedisSettings(url=url, timeout=1)) as link,
        RedisBus(link, channel) as bus,
    ):
        await until_well(bus)
        yield bus


async def until_well(bus: Bus) -> None:
    async with asyncio.timeout(SOON):
        while await bus.trouble():  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.02)


async def until_unwell(bus: Bus) -> str:
    async with asyncio.timeout(SOON):
        while not (trouble := await bus.trouble()):  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.02)
    return trouble


async def reach(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.01)


@pytest.fixture(params=["local", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "local":
        async with LocalBus() as local:
            yield local
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    async with process(server.url) as remote:
        yield remote


async def test_a_bell_rung_many_times_is_heard_once(bus: Bus) -> None:
    async with bus.subscribe(BELL) as bell:
        for _ in range(3):
            bus.publish([BELL, "stream:bea"])
        assert await bell.wait(1)
        assert not await bell.wait(0.2)  # nor does it come back by the long way


async def test_a_ring_is_heard_within_the_same_turn_of_the_loop(bus: Bus) -> None:
    heard: list[frozenset[str]] = []
    bus.listen(heard.append)
    bus.publish(topic for topic in (BELL, "due"))
    assert heard == [{BELL, "due"}]


async def test_a_ring_reaches_everybody_who_listens_and_nobody_else(bus: Bus) -> None:
    async with bus.subscribe(BELL) as one, bus.subscribe(BELL) as two, bus.subscribe("x") as other:
        bus.publish({BELL})
        heard = [await bell.wait(0.05) for bell in (one, two, other)]
    assert heard == [True, True, False]


async def test_a_ring_before_the_wait_is_not_lost_and_one_after_the_end_is(bus: Bus) -> None:
    async with bus.subscribe(BELL) as bell:
        bus.publish([BELL])
        assert await bell.wait(1)
    bus.publish([BELL])
    assert not await bell.wait(0.05)


async def test_a_listener_that_breaks_disturbs_neither_the_ringer_nor_the_others(bus: Bus) -> None:
    heard: list[frozenset[str]] = []

    def break_down(topics: frozenset[str]) -> None:
        raise RuntimeError(f"{topics}")

    bus.listen(break_down)
    bus.listen(heard.append)
    bus.publish(["due"])
    bus.publish([])
    assert heard == [{"due"}]


async def test_another_process_hears_what_is_published_and_not_what_is_rung(
    redis_server: RedisServer,
) -> None:
    heard: list[frozenset[str]] = []
    async with process(redis_server.url) as here, process(redis_server.url) as there:
        there.listen(heard.append)
        async with there.subscribe(BELL) as bell:
            here.ring(["here only"])
            here.publish([BELL, "due"])
            assert await bell.wait(SOON)
    assert heard == [{BELL, "due"}]


async def test_each_process_hears_a_topic_once(redis_server: RedisServer) -> None:
    by_here: list[str] = []
    by_there: list[str] = []
    async with process(redis_server.url) as here, process(redis_server.url) as there:
        here.listen(by_here.extend)
        there.listen(by_there.extend)
        here.publish(["first"])
        there.publish(["second"])
        await reach(lambda: len(by_here) == len(by_there) == 2)
        here.publish(["last"])
        await reach(lambda: "last" in by_there)
    assert sorted(by_here) == ["first", "last", "second"]
    assert sorted(by_there) == ["first", "last", "second"]


async def test_houses_on_one_redis_do_not_hear_each_other(redis_server: RedisServer) -> None:
    async with (
        process(redis_server.url) as here,
        process(redis_server.url) as there,
        process(redis_server.url, "test:other") as other,
        there.subscribe(BELL) as near,
        other.subscribe(BELL) as far,
    ):
        here.publish([BELL])
        assert await near.wait(SOON)
        assert not await far.wait(0.05)


async def test_a_thousand_topics_of_one_moment_are_a_few_messages(
    redis_server: RedisServer,
) -> None:
    heard: list[frozenset[str]] = []
    async with process(redis_server.url) as here, process(redis_server.url) as there:
        there.listen(heard.append)
        for number in range(1000):
            here.publish([f"stream:{number}", "due"])
        await reach(lambda: len(frozenset().union(*heard)) == 1001)
    assert len(heard) <= 3


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_redis_that_is_away_costs_nobody_anything_and_comes_back(
    redis_server: RedisServer, end: str
) -> None:
    async with (
        process(redis_server.url) as here,
        process(redis_server.url) as there,
        here.subscribe(BELL) as near,
        there.subscribe(BELL) as far,
    ):
        away, back = {
            "kill": (redis_server.kill, redis_server.start),
            "stop": (redis_server.stop, redis_server.go_on),
        }[end]
        away()
        assert "wake-ups" in await until_unwell(here)
        here.publish([BELL])
        assert await near.wait(0.1)
        back()
        await until_well(here)
        await until_well(there)
        await ring_through(here, far.wait)


async def ring_through(bus: Bus, hears: Callable[[float], Awaitable[bool]]) -> None:
    """The breaker closes a moment after the line is up; until then rings are dropped."""
    async with asyncio.timeout(SOON):
        while True:
            bus.publish([BELL])
            if await hears(0.1):
                return


async def test_a_line_that_swallows_everything_is_noticed_and_replaced(
    redis_server: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(redis_server.url).open())
        here = await stack.enter_async_context(process(redis_server.url))
        there = await stack.enter_async_context(process(proxy.url))
        bell = await stack.enter_async_context(there.subscribe(BELL))
        proxy.turn("silent")
        await until_unwell(there)
        proxy.turn("fair")
        await until_well(there)
        here.publish([BELL])
        assert await bell.wait(SOON)


async def test_what_waits_to_be_sent_is_bounded(redis_server: RedisServer) -> None:
    async with (
        process(redis_server.url) as here,
        process(redis_server.url) as there,
        there.subscribe("last") as bell,
    ):
        for number in range(30_000):
            here.publish([f"stream:{number}"])
        assert len(here._waiting) == 10_000
        await reach(lambda: not here._waiting)
        here.publish(["last"])
        assert await bell.wait(SOON)


async def test_a_house_opens_without_its_redis_and_finds_it_later(
    redis_server: RedisServer,
) -> None:
    redis_server.kill()
    async with (
        RedisLink(RedisSettings(url=redis_server.url)) as link,
        RedisBus(link, "test:bus") as bus,
    ):
        assert await bus.trouble()
        assert await link.trouble()
        redis_server.start()
        await until_well(bus)
        async with asyncio.timeout(SOON):
            while await link.trouble():  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.05)


async def test_junk_on_the_channel_does_no_harm(redis_server: RedisServer) -> None:
    async with process(redis_server.url) as bus, bus.subscribe(BELL) as bell:
        redis_server.tell("PUBLISH", "test:bus", "")
        redis_server.tell("PUBLISH", "test:bus", b"\xff\xfe\n\n")
        redis_server.tell("PUBLISH", "test:bus", f"somebody\n{BELL}")
        assert await bell.wait(SOON)
