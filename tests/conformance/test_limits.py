"""What every limiter must do: alone, and where there is a Redis, together with others."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from gesso.infra.branches import RedisSettings
from gesso.infra.limits import Limiter, MemoryLimiter, Rule
from gesso.infra.limits.redis import RedisLimiter
from gesso.infra.redis import RedisLink
from gesso.kit.rates import Rate, parse_rate
from tests.house.person import until
from tests.house.redis import RedisServer

NewProcess = Callable[[], Awaitable[Limiter]]


@pytest.fixture(params=["memory", "redis"])
async def new_process(request: pytest.FixtureRequest) -> AsyncIterator[NewProcess]:
    """Opens the limiter of one more process."""
    memory = MemoryLimiter()
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    async with AsyncExitStack() as stack:

        async def open_one() -> Limiter:
            return memory if server is None else await shared(stack, server)

        yield open_one


async def shared(
    stack: AsyncExitStack, server: RedisServer, *, patience: float = 0.5, instances: int = 1
) -> RedisLimiter:
    settings = RedisSettings(url=server.url, timeout=patience)
    link = await stack.enter_async_context(RedisLink(settings))
    return RedisLimiter(link, "test:limits", timeout=patience, instances=instances)


@dataclass
class Flood:
    """Asks as fast as `rate` times `over`, evenly, over several processes."""

    limiters: list[Limiter]
    rate: Rate
    over: float = 10.0
    passed: int = 0
    last: float = 0.0

    async def run(self, seconds: float, at_half: Callable[[], None] = lambda: None) -> float:
        """Flood for so long; how many could have passed until the last one came."""
        for limiter in self.limiters:  # to connect takes time, in which nothing is used up
            await limiter.ask([Rule("warm", "warm", self.rate)])
        tick, began = 0.02, time.monotonic()
        sent, is_half = 0.0, False
        asked: list[asyncio.Task[None]] = []
        while (now := time.monotonic() - began) < seconds:
            if now >= seconds / 2 and not is_half:
                is_half = True
                at_half()
            wanted = now * self.over * self.rate.count / self.rate.period
            while sent < wanted:
                limiter = self.limiters[int(sent) % len(self.limiters)]
                asked.append(asyncio.create_task(self._ask(limiter)))
                sent += 1
            await asyncio.sleep(tick)
        await asyncio.gather(*asked)
        return self.rate.burst + (self.last - began) * self.rate.count / self.rate.period

    async def _ask(self, limiter: Limiter) -> None:
        self.last = time.monotonic()
        standing = await limiter.ask([Rule("flood", "flood", self.rate)])
        self.passed += standing.refused is None


async def test_what_two_processes_let_through_is_counted_together(new_process: NewProcess) -> None:
    one, other = await new_process(), await new_process()
    rules = [Rule("ip", "ip:1", parse_rate("5/hour")), Rule("user", "user:1", parse_rate("9/hour"))]
    answers = [await limiter.ask(rules) for limiter in (one, other) * 4]
    assert [answer.refused for answer in answers] == [None] * 5 + [0] * 3


async def test_all_rules_of_a_question_are_counted_or_none(new_process: NewProcess) -> None:
    limiter = await new_process()
    wide, narrow = Rule("wide", "w", parse_rate("9/hour")), Rule("n", "n", parse_rate("2/hour"))
    answers = await asyncio.gather(*(limiter.ask([wide, narrow]) for _ in range(20)))
    assert sorted(answer.refused is None for answer in answers) == [False] * 18 + [True] * 2
    passed = [(await limiter.ask([wide])).refused is None for _ in range(9)]
    assert passed.count(True) == 7


async def test_a_refusal_is_known_without_asking_again(new_process: NewProcess) -> None:
    limiter = await new_process()
    rule = Rule("ip", "ip:1", parse_rate("1/hour"))
    assert limiter.glance([rule]) is None
    await limiter.ask([rule])
    known = limiter.glance([rule])
    assert known is not None
    assert known.refused == 0


async def test_ten_times_the_rate_lets_the_rate_through(new_process: NewProcess) -> None:
    # A burst of a second outlasts the pauses of a busy machine, in which nobody floods.
    flood = Flood([await new_process() for _ in range(3)], parse_rate("200/second burst 200"))
    allowed = await flood.run(2.0)
    assert abs(flood.passed - allowed) <= 0.01 * allowed


async def test_redis_killed_in_the_middle_costs_little(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        processes: list[Limiter] = [
            await shared(stack, redis_server, patience=0.1, instances=2) for _ in range(2)
        ]
        flood = Flood(processes, parse_rate("100/second burst 100"))
        allowed = await flood.run(3.0, at_half=redis_server.kill)
        assert abs(flood.passed - allowed) <= 0.2 * allowed


async def test_a_redis_that_was_wiped_gives_nobody_a_new_beginning(
    redis_server: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        limiter = await shared(stack, redis_server)
        rule, other = (
            Rule("ip", "ip:1", parse_rate(text)) for text in ("10/hour", "12/hour burst 13")
        )
        for _ in range(10):
            await limiter.ask([rule])
        redis_server.tell("FLUSHALL")
        # An hour is owed; what is remembered of it is half a second less.
        answers = [await limiter.ask([other]) for _ in range(3)]
        assert [answer.refused for answer in answers] == [None, 0, 0]


async def test_it_counts_together_again_when_redis_is_back(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await shared(stack, redis_server, patience=0.1) for _ in range(2)]
        rule = [Rule("ip", "ip:1", parse_rate("1000/hour"))]
        redis_server.kill()
        for _ in range(4):
            assert (await one.ask(rule)).is_local
        redis_server.start()
        async with asyncio.timeout(10):
            while (await one.ask(rule)).is_local:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.05)
        assert not (await other.ask(rule)).is_local


async def test_processes_know_how_many_they_are(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(RedisLink(RedisSettings(url=redis_server.url)))
        several = [RedisLimiter(link, "test:limits", timeout=0.5) for _ in range(3)]
        rolls = [asyncio.create_task(each.call_roll()) for each in several]
        await until(lambda: max(each.instances for each in several) == 3)
        last = max(several, key=lambda each: each.instances)
        redis_server.kill()
        standing = await last.ask([Rule("ip", "k", parse_rate("30/hour"))])
        assert standing.is_local
        assert standing.rules[0].rate.interval == 3 * 120 * 1_000_000
        for roll in rolls:
            roll.cancel()
        await asyncio.gather(*rolls, return_exceptions=True)
