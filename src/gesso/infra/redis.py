"""The way to Redis: few connections, calls that are short whatever happens, and a breaker.

Whoever asks goes on without an answer: nothing that matters is kept there. So a call has a few tens
of milliseconds, connecting included; some failures in a row open the breaker, and from then on
calls fail at once, until a ping in the background is answered.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from gesso.infra.branches import RedisSettings
from gesso.kit.backoff import equal_jitter

T = TypeVar("T")
Script = Callable[[Sequence[str], Sequence[str | bytes | int]], Awaitable[Any]]
"""Runs one Lua script on keys and arguments, all or nothing; RedisAway as from `RedisLink.ask`."""

FAULTS = (RedisError, OSError, TimeoutError)
"""What an exchange with Redis may raise."""

_CONNECTIONS = 16
_FAILURES = 3
"""In a row, until nobody is made to wait any more."""
_FIRST, _CAP = 0.1, 2.0
"""Seconds between pings while the breaker is open."""

_MINUTE = 60.0

_log = structlog.get_logger("gesso.redis")


class RedisAway(Exception):
    """Redis did not answer in time, or refused; what was asked may still have been done."""


class RedisLink:
    """One process' way to one Redis; it is opened inside a running event loop."""

    def __init__(self, settings: RedisSettings) -> None:
        self._patience = settings.timeout
        pool = BlockingConnectionPool.from_url(
            settings.url or "",
            max_connections=_CONNECTIONS,
            timeout=None,  # `ask` bounds the whole
            socket_timeout=None,
            socket_connect_timeout=2.0,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._failures = 0
        self._refused_at = -_MINUTE
        self._recovery: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._recovery is not None:
            self._recovery.cancel()
        with suppress(*FAULTS):
            await self._redis.aclose()

    @property
    def is_away(self) -> bool:
        """Whether the breaker is open: every call fails at once until Redis answers again."""
        return self._recovery is not None and not self._recovery.done()

    async def ask(self, question: Callable[[Redis], Awaitable[T]]) -> T:
        """What Redis answers; RedisAway within the timeout of the settings, or at once."""
        if self.is_away:
            raise RedisAway("Redis is away.")
        try:
            async with asyncio.timeout(self._patience):
                answer = await question(self._redis)
        except ResponseError as error:
            self._note_refusal(error)
            raise RedisAway("Redis refused.") from error
        except FAULTS as error:
            self._note_failure(error)
            raise RedisAway("Redis did not answer.") from error
        self._failures = 0
        return answer

    def script(self, source: str) -> Script:
        """A Lua script, ready to be run; Redis is sent its text once, and again when it forgot."""
        prepared = self._redis.register_script(source)

        async def run(keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
            return await self.ask(lambda _: prepared(keys=keys, args=arguments))

        return run

    def pubsub(self) -> PubSub:
        """A connection for listening. It is outside of the breaker: its user bounds every wait."""
        return self._redis.pubsub()

    async def trouble(self) -> str | None:
        """What is wrong with Redis, for the health page."""
        with suppress(RedisAway):
            await self.ask(_ping)
            refuses = time.monotonic() - self._refused_at < _MINUTE
            return "Redis refuses; the log says why" if refuses else None
        return "Redis does not answer; gesso goes on without it"

    def _note_refusal(self, error: ResponseError) -> None:
        """No memory left, read-only: it was quick to say so, and may well take something else."""
        if time.monotonic() - self._refused_at >= _MINUTE:
            self._refused_at = time.monotonic()
            _log.warning("redis_refuses", reason=str(error))

    def _note_failure(self, error: BaseException) -> None:
        self._failures += 1
        if self._failures >= _FAILURES and not self.is_away:
            _log.warning("redis_away", reason=str(error) or type(error).__name__)
            self._recovery = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        tries, is_back = 0, False
        while not is_back:
            tries += 1
            await asyncio.sleep(equal_jitter(tries, first=_FIRST, cap=_CAP))
            with suppress(*FAULTS):
                async with asyncio.timeout(self._patience):
                    await _ping(self._redis)
                is_back = True
        self._failures = 0
        _log.info("redis_back", pings=tries)


async def _ping(redis: Redis) -> None:
    await redis.ping()
