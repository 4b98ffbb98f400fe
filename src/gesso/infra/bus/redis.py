"""The bus over Redis: one channel, on which every process of a house tells the others its topics.

What is rung in this process never goes the long way; Redis carries it to the others only. Topics
that come within a few milliseconds travel as one message.
"""

import asyncio
import secrets
from collections.abc import Collection, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Self

import structlog
from redis.asyncio.client import PubSub

from gesso.infra import metrics
from gesso.infra.bus import Bell, Listener
from gesso.infra.bus.local import LocalBus
from gesso.infra.redis import FAULTS, RedisAway, RedisLink
from gesso.kit.backoff import equal_jitter

_GATHER = 0.002
"""Seconds in which topics gather into one message."""
_MOST = 10_000
"""Topics that wait to be sent, at most."""
_QUIET = 1.0
"""Seconds of silence after which the line is tried."""
_PATIENCE = 2.0
"""Seconds for a subscription, and for an answer to such a try."""
_FIRST, _CAP = 0.1, 2.0
"""Seconds between tries to listen again."""

_log = structlog.get_logger("gesso.bus")
_topics = metrics.counter(
    "bus_topics", "Topics that went over Redis: sent, heard, dropped.", "outcome"
)
_sent, _heard, _dropped = (_topics.labels(outcome) for outcome in ("sent", "heard", "dropped"))


class RedisBus:
    """Rings in every process that uses the same channel.

    While Redis is away it rings in this process only; what it cannot send is dropped, not kept.
    """

    def __init__(self, link: RedisLink, channel: str) -> None:
        self._link, self._channel = link, channel
        self._here = LocalBus()
        self._name = secrets.token_hex(8)
        self._waiting: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_listening = False

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._hear())]
        for task in self._tasks:
            task.add_done_callback(_tell_if_broken)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def publish(self, topics: Iterable[str]) -> None:
        """Ring here at once, and in the other processes a few milliseconds later."""
        topics = frozenset(topics)
        self._here.ring(topics)
        if self._link.is_away or len(self._waiting) + len(topics) > _MOST:
            _dropped.inc(len(topics))
        elif topics:
            self._waiting |= topics
            self._wake.set()

    def ring(self, topics: Iterable[str]) -> None:
        """Ring in this process only."""
        self._here.ring(topics)

    def listen(self, listener: Listener) -> None:
        """Have `listener` told every topic that is rung, by whichever process, once each time."""
        self._here.listen(listener)

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[Bell]:
        """A bell that is rung for `topic` from here to the end of the block."""
        return self._here.subscribe(topic)

    async def trouble(self) -> str | None:
        """What keeps wake-ups of other processes away."""
        if self._is_listening and not any(task.done() for task in self._tasks):
            return None
        return "wake-ups from other processes do not arrive; they are found by looking"

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER)
            self._wake.clear()
            topics, self._waiting = self._waiting, set()
            await self._tell(topics)

    async def _tell(self, topics: Collection[str]) -> None:
        message = "\n".join((self._name, *topics))
        try:
            await self._link.ask(lambda redis: redis.publish(self._channel, message))
        except RedisAway:
            _dropped.inc(len(topics))
        else:
            _sent.inc(len(topics))

    async def _hear(self) -> None:
        """Listen for ever, over every break."""
        tries = 0
        while True:
            try:
                async with self._link.pubsub() as line:
                    await self._subscribe(line)
                    tries, self._is_listening = 0, True
                    while True:
                        self._take(await _next(line))
            except FAULTS as error:
                if self._is_listening:
                    _log.warning("bus_cut_off", reason=str(error) or type(error).__name__)
                self._is_listening = False
            tries += 1
            await asyncio.sleep(equal_jitter(tries, first=_FIRST, cap=_CAP))

    async def _subscribe(self, line: PubSub) -> None:
        async with asyncio.timeout(_PATIENCE):
            await line.subscribe(self._channel)
            while not await _is_a(line, "subscribe"):
                pass
        _log.info("bus_connected")

    def _take(self, data: bytes) -> None:
        sender, *topics = data.decode(errors="replace").split("\n")
        if sender != self._name:
            _heard.inc(len(topics))
            self._here.ring(topics)


async def _next(line: PubSub) -> bytes:
    """The next message, however long it takes; TimeoutError when the line is dead."""
    is_tried = False
    while True:
        message: dict[str, Any] | None = await line.get_message(
            timeout=_PATIENCE if is_tried else _QUIET
        )
        match message:
            case {"type": "message", "data": bytes(data)}:
                return data
            case None if is_tried:
                raise TimeoutError("Redis fell silent")
            case None:
                async with asyncio.timeout(_PATIENCE):
                    await line.ping()
                is_tried = True
            case _:
                is_tried = False


async def _is_a(line: PubSub, kind: str) -> bool:
    message: dict[str, Any] | None = await line.get_message(timeout=_PATIENCE)
    return message is not None and message["type"] == kind


def _tell_if_broken(task: "asyncio.Task[None]") -> None:
    with suppress(asyncio.CancelledError):
        if task.exception() is not None:
            _log.error("bus_broken", exc_info=task.exception())
