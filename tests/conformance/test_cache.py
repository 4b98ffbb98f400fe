"""What every cache must do, in one process and, where there is a Redis, between several."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from gesso.infra.branches import RedisSettings
from gesso.infra.cache import Cache, CachedInTransaction, MemoryStore, Namespace, Store
from gesso.infra.cache.redis import RedisStore
from gesso.infra.db import Database
from gesso.infra.redis import RedisLink
from tests.house.redis import RedisServer

LONG = 60.0
NewProcess = Callable[[], Awaitable[Namespace]]


class Kitchen:
    """Makes values, slowly if asked to, and counts them."""

    def __init__(self) -> None:
        self.made = 0
        self.begun = asyncio.Event()
        self.done = asyncio.Event()
        self.done.set()

    async def make(self) -> int:
        self.made += 1
        number = self.made
        self.begun.set()
        await self.done.wait()
        return number

    def hold(self) -> None:
        self.begun.clear()
        self.done.clear()


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture(params=["memory", "redis"])
async def new_process(request: pytest.FixtureRequest) -> AsyncIterator[NewProcess]:
    """Opens the cache of one more process; those on one memory are threads of one, so to speak."""
    memory = MemoryStore()
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    async with AsyncExitStack() as stack:

        async def open_one() -> Namespace:
            store: Store = memory
            if server is not None:
                link = RedisLink(RedisSettings(url=server.url, timeout=2))
                opened = RedisStore(await stack.enter_async_context(link), "test:cache")
                store = await stack.enter_async_context(opened)
            cache = await stack.enter_async_context(Cache(store))
            await cache.namespace("first").get("contact")
            return cache.namespace("test")

        yield open_one


@pytest.fixture
async def cache(new_process: NewProcess) -> Namespace:
    return await new_process()


@pytest.mark.parametrize(
    "value", [0, "", "übermäßig", None, [1, [2.5, None]], {"a": {"b": True}}, "x" * 100_000]
)
async def test_a_value_is_read_as_it_was_kept(cache: Namespace, value: Any) -> None:
    await cache.set("key", value, LONG)
    assert await cache.get("key") == value


async def test_what_was_never_kept_is_none(cache: Namespace) -> None:
    assert await cache.get("key") is None


async def test_a_value_is_a_copy(cache: Namespace, kitchen: Kitchen) -> None:
    async def make() -> list[int]:
        return [await kitchen.make()]

    for _ in range(2):
        (await cache.fetch("key", LONG, make)).append(99)
    assert (await cache.get("key"), kitchen.made) == ([1], 1)


async def test_a_value_is_gone_when_its_time_is_over(cache: Namespace, kitchen: Kitchen) -> None:
    await cache.set("set", 1, 0.05)
    await cache.fetch("made", 0.05, kitchen.make)
    await asyncio.sleep(0.1)
    assert await cache.get("set") is None
    assert await cache.fetch("made", LONG, kitchen.make) == 2


async def test_a_later_value_takes_the_place_and_the_time_of_the_earlier(cache: Namespace) -> None:
    await cache.set("key", 1, 0.05)
    await cache.set("key", 2, LONG)
    await asyncio.sleep(0.1)
    assert await cache.get("key") == 2


async def test_what_was_deleted_is_gone(cache: Namespace, kitchen: Kitchen) -> None:
    await cache.set("key", 1, LONG)
    await cache.delete("key")
    await cache.delete("never there")
    assert await cache.get("key") is None
    await cache.fetch("key", LONG, kitchen.make)
    await cache.delete("key")
    assert await cache.fetch("key", LONG, kitchen.make) == 2


async def test_namespaces_do_not_meet() -> None:
    cache = Cache(MemoryStore())
    await cache.namespace("one").set("key", 1, LONG)
    assert await cache.namespace("two").get("key") is None
    with pytest.raises(ValueError, match="not a namespace"):
        cache.namespace("task:01jd")


async def test_counts_of_many_processes_make_one_sum_that_ends(new_process: NewProcess) -> None:
    processes = [await new_process() for _ in range(3)]
    sums = await asyncio.gather(*(each.increment("hits", 2, ttl=1) for each in processes * 10))
    assert sorted(sums) == list(range(2, 62, 2))
    await asyncio.sleep(1.05)
    assert await processes[0].increment("hits", ttl=LONG) == 1


async def test_counting_does_not_prolong_a_counter(cache: Namespace) -> None:
    for _ in range(5):
        await cache.increment("hits", ttl=0.4)
        await asyncio.sleep(0.1)
    assert await cache.increment("hits", ttl=0.4) < 5


async def test_a_hundred_callers_make_a_value_once(cache: Namespace, kitchen: Kitchen) -> None:
    kitchen.hold()
    calls = [asyncio.create_task(cache.fetch("key", LONG, kitchen.make)) for _ in range(100)]
    await kitchen.begun.wait()
    kitchen.done.set()
    assert await asyncio.gather(*calls) == [1] * 100
    assert await cache.fetch("key", LONG, kitchen.make) == 1


async def test_none_is_a_value_and_is_made_once(cache: Namespace) -> None:
    made = []

    async def make() -> None:
        made.append(1)

    assert [await cache.fetch("key", LONG, make) for _ in range(2)] == [None, None]
    assert len(made) == 1


async def test_processes_make_a_value_once_together(
    new_process: NewProcess, kitchen: Kitchen
) -> None:
    processes = [await new_process() for _ in range(4)]
    kitchen.hold()
    calls = [asyncio.create_task(each.fetch("key", LONG, kitchen.make)) for each in processes * 5]
    await kitchen.begun.wait()
    await asyncio.sleep(0.1)
    kitchen.done.set()
    assert await asyncio.gather(*calls) == [1] * 20


async def test_a_failure_is_everybodys_and_the_next_one_tries_again(
    new_process: NewProcess, kitchen: Kitchen
) -> None:
    here, there = await new_process(), await new_process()

    async def break_down() -> int:
        await kitchen.make()
        raise LookupError("no such thing")

    calls = [here.fetch("key", LONG, break_down) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3
    assert kitchen.made == 1
    async with asyncio.timeout(2):  # nobody waits for a claim to lapse
        assert await there.fetch("key", LONG, kitchen.make) == 2


async def test_what_json_cannot_carry_is_the_makers_error(cache: Namespace) -> None:
    async def make() -> object:
        return object()

    with pytest.raises(TypeError, match="JSON"):
        await cache.fetch("key", LONG, make)
    with pytest.raises(TypeError, match="JSON"):
        await cache.set("key", {1, 2}, LONG)


async def test_the_first_caller_may_leave(cache: Namespace, kitchen: Kitchen) -> None:
    kitchen.hold()
    first = asyncio.create_task(cache.fetch("key", LONG, kitchen.make))
    second = asyncio.create_task(cache.fetch("key", LONG, kitchen.make))
    await kitchen.begun.wait()
    first.cancel()
    await asyncio.wait([first])
    kitchen.done.set()
    assert (await second, kitchen.made) == (1, 1)


@pytest.mark.parametrize("newer", ["delete", "set"])
async def test_what_was_begun_before_a_change_is_not_handed_out_after_it(
    new_process: NewProcess, kitchen: Kitchen, newer: str
) -> None:
    here, there = await new_process(), await new_process()
    kitchen.hold()
    old = asyncio.create_task(here.fetch("key", LONG, kitchen.make))
    await kitchen.begun.wait()
    await (there.delete("key") if newer == "delete" else there.set("key", 2, LONG))
    late = asyncio.create_task(here.fetch("key", LONG, kitchen.make))
    await asyncio.sleep(0.05)
    kitchen.done.set()
    assert await old == 1  # it was asked for before the change
    assert await late == 2
    assert await there.fetch("key", LONG, kitchen.make) == 2


async def test_a_change_in_the_same_process_is_not_waited_for(
    cache: Namespace, kitchen: Kitchen
) -> None:
    kitchen.hold()
    old = asyncio.create_task(cache.fetch("key", LONG, kitchen.make))
    await kitchen.begun.wait()
    await cache.delete("key")

    async def quickly() -> int:
        return 99

    assert await cache.fetch("key", LONG, quickly) == 99
    kitchen.done.set()
    assert await old == 1
    assert await cache.get("key") == 99


async def test_memory_is_bounded() -> None:
    cache = Cache(MemoryStore(most=100)).namespace("test")
    for number in range(300):
        await cache.set(str(number), number, LONG)
        await cache.increment(str(number), ttl=LONG)
    kept = [number for number in range(300) if await cache.get(str(number)) is not None]
    assert kept == list(range(200, 300))


async def test_the_cache_is_closed_to_whoever_holds_a_session(
    cache: Namespace, kitchen: Kitchen, sqlite_url: str
) -> None:
    db = Database(sqlite_url)
    async with db.view():
        for call in (
            cache.get("key"),
            cache.set("key", 1, LONG),
            cache.delete("key"),
            cache.increment("key", ttl=LONG),
            cache.fetch("key", LONG, kitchen.make),
        ):
            with pytest.raises(CachedInTransaction):
                await call
    await db.close()
    assert kitchen.made == 0


async def test_a_house_that_closes_waits_for_no_maker(kitchen: Kitchen) -> None:
    kitchen.hold()
    async with Cache(MemoryStore()) as cache:
        call = asyncio.create_task(cache.namespace("test").fetch("key", LONG, kitchen.make))
        await kitchen.begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_houses_on_one_redis_do_not_see_each_others_values(
    redis_server: RedisServer,
) -> None:
    async with RedisLink(RedisSettings(url=redis_server.url, timeout=2)) as link:
        one, two = (Cache(RedisStore(link, f"gesso:{name}")).namespace("test") for name in "ab")
        await one.set("key", 1, LONG)
        assert await two.get("key") is None
        assert await one.get("key") == 1
