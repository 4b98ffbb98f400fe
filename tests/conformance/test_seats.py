"""What is under way at the same time, counted alone, and over all processes where there is a Redis:
whoever dies, and whatever becomes of Redis.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest

from gesso.domain.gate import Door, Doors, Gate, TooManyAtOnce, TooManyFollowers
from gesso.infra.branches import RedisSettings
from gesso.infra.limits import Seats
from gesso.infra.limits.redis import RedisLimiter
from gesso.infra.limits.seats import OwnSeats
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.limits.shared_seats import RedisSeats
from gesso.infra.redis import RedisLink
from gesso.infra.web import Passage
from gesso.kit.ids import new_id
from tests.house.redis import RedisServer

NewProcess = Callable[[int], Awaitable[Seats]]
LIFE = 2.5
"""Seconds for which the word of the process that is killed holds; the others' does much longer."""
SITTER = """
import asyncio, sys
from gesso.infra.branches import RedisSettings
from gesso.infra.limits.shared_seats import RedisSeats
from gesso.infra.redis import RedisLink

async def sit():
    async with RedisLink(RedisSettings(url=sys.argv[1], timeout=5)) as link:
        seats = RedisSeats(link, "test", 2, processes=lambda: 2, life=float(sys.argv[2]))
        assert await seats.take("anna") and await seats.take("anna")
        print("sitting", flush=True)
        while True:
            await asyncio.sleep(0.3)
            await seats.renew()

asyncio.run(sit())
"""


async def link_to(stack: AsyncExitStack, server: RedisServer, patience: float = 0.5) -> RedisLink:
    return await stack.enter_async_context(
        RedisLink(RedisSettings(url=server.url, timeout=patience))
    )


async def shared(
    stack: AsyncExitStack, server: RedisServer, most: int, *, processes: int = 2
) -> RedisSeats:
    link = await link_to(stack, server)
    return RedisSeats(link, "test", most, processes=lambda: processes)


@pytest.fixture(params=["memory", "redis"])
async def new_process(request: pytest.FixtureRequest) -> AsyncIterator[NewProcess]:
    """Opens the seats of one more process."""
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    made: list[Seats] = []
    async with AsyncExitStack() as stack:

        async def open_one(most: int) -> Seats:
            if server is not None:
                return await shared(stack, server, most)
            made.append(made[0] if made else OwnSeats(most))
            return made[-1]

        yield open_one


async def room(seats: Seats, who: str = "anna") -> int:
    """How many seats are left; all of them are left again when it is told."""
    found = []
    while (leave := await seats.take(who)) is not None:
        found.append(leave)
    for leave in found:
        leave()
    return len(found)


async def until_room(seats: Seats, wanted: int, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while await room(seats) != wanted:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("most", [3, 40])
async def test_what_is_under_way_in_all_processes_is_counted_together(
    new_process: NewProcess, most: int
) -> None:
    one, other = await new_process(most), await new_process(most)
    found = [await seats.take("anna") for seats in (one, other) * most]
    leaves = [leave for leave in found if leave is not None]
    assert len(leaves) == most
    assert await one.take("anna") is await other.take("anna") is None
    assert await other.take("bert") is not None
    leaves[0]()
    leaves[0]()  # which gives nothing back twice
    await until_room(one, 1)
    for leave in leaves:
        leave()
    # Of what is given out without asking the others keep theirs.
    await until_room(other, most - most // 16 if isinstance(other, RedisSeats) else most)


async def test_however_many_come_at_once_as_many_sit(new_process: NewProcess) -> None:
    processes = [await new_process(20) for _ in range(3)]
    found = await asyncio.gather(*(seats.take("anna") for seats in processes * 30))
    given = [leave for leave in found if leave is not None]
    assert 20 - 2 * (20 // 16) <= len(given) <= 20 + 20 // 16
    for leave in given[10:]:
        leave()
    again = await asyncio.gather(*(seats.take("anna") for seats in processes * 30))
    assert len([leave for leave in again if leave is not None]) <= 11


async def test_without_a_limit_nobody_is_asked(new_process: NewProcess) -> None:
    seats = await new_process(0)
    assert None not in [await seats.take("anna") for _ in range(1000)]


async def test_whoever_has_a_few_requests_costs_no_call(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        seats = await shared(stack, redis_server, 256)
        leaves = [await seats.take("anna") for _ in range(16)]
        assert redis_server.tell("DBSIZE") == 0
        assert None not in leaves
        assert await seats.take("anna") is not None
        assert redis_server.tell("DBSIZE") == 1


async def test_a_process_that_was_killed_gives_its_seats_back(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        seats = await shared(stack, redis_server, 2)
        command = (sys.executable, "-c", SITTER, redis_server.url, str(LIFE))
        sitter = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        try:
            assert sitter.stdout is not None
            assert await sitter.stdout.readline() == b"sitting\n"
            ends = asyncio.get_running_loop().time() + LIFE + 1
            while asyncio.get_running_loop().time() < ends:  # it says so again and again
                assert await seats.take("anna") is None
                await asyncio.sleep(0.1)
        finally:
            sitter.kill()
            await sitter.wait()
        await until_room(seats, 2, seconds=2 * LIFE)


async def test_while_redis_is_away_each_counts_alone_and_then_together_again(
    redis_server: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await shared(stack, redis_server, 3) for _ in range(2)]
        held = [await one.take("anna"), await other.take("anna")]
        redis_server.kill()
        held += [await one.take("anna") for _ in range(3)]
        held += [await other.take("anna") for _ in range(3)]
        assert held.count(None) == 2  # each has three of its own
        redis_server.start()  # empty
        async with asyncio.timeout(10):
            while redis_server.tell("HLEN", "test:anna") != 2:
                await one.renew()
                await other.renew()
                await asyncio.sleep(0.05)
        held = [leave for leave in held if leave is not None]
        for leave in held[:4]:
            assert await one.take("anna") is await other.take("anna") is None
            assert leave is not None
            leave()
        await until_room(one, 1)


async def test_who_leaves_while_they_wait_keeps_no_seat(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        seats = await shared(stack, redis_server, 2)
        redis_server.stop()
        waiting = [asyncio.create_task(seats.take("anna")) for _ in range(2)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        for task in waiting:
            with suppress(asyncio.CancelledError):
                await task
        redis_server.go_on()
        await until_room(seats, 2)


async def test_two_gates_turn_away_who_has_enough_under_way_at_both(
    redis_server: RedisServer,
) -> None:
    async def no_doors() -> list[Door]:
        return []

    async with AsyncExitStack() as stack:
        gates = []
        for _ in range(2):
            limiter = RedisLimiter(
                await link_to(stack, redis_server), "test", timeout=0.5, instances=2
            )
            settings = LimitsSettings(requests=3, streams_per_ip=2)
            gates.append(Gate(settings, limiter, Doors(no_doors)))
        user, passages = new_id(), []
        for gate in (gates[0], gates[1], gates[0]):
            passages.append(Passage("203.0.113.7", "/api/v1/me"))
            passages[-1].introduce(user, new_id())
            await gate.admit(passages[-1])
        for gate in gates:
            late = Passage("203.0.113.8", "/api/v1/me")
            late.introduce(user, new_id())
            with pytest.raises(TooManyAtOnce):
                await gate.admit(late)
        passages[0].end()
        async with asyncio.timeout(5):
            while True:
                again = Passage("203.0.113.8", "/api/v1/me")
                again.introduce(user, new_id())
                with suppress(TooManyAtOnce):
                    await gates[1].admit(again)
                    break
        for gate in gates:
            await gate.follow(Passage("203.0.113.9", "/api/v1/events"))
        with pytest.raises(TooManyFollowers):
            await gates[0].follow(Passage("203.0.113.9", "/api/v1/events"))
