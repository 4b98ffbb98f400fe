"""The publisher: keeps a line to the broker, and answers in time whatever the line does."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from gesso.infra import metrics
from gesso.infra.amqp.line import Declare, Line
from gesso.infra.amqp.message import BrokerAway, Message
from gesso.infra.branches import BrokerSettings
from gesso.infra.db import in_transaction
from gesso.kit.backoff import equal_jitter

T = TypeVar("T")

log = structlog.get_logger()

_MOST_WAITING = 10_000
"""Messages; who comes then is refused at once, or a slow broker would fill the memory."""
_LOOKS = 10
"""How often within the patience the watchdog looks."""

_messages = metrics.counter("broker_messages", "Messages to the broker, by their fate.", "fate")
_confirmed, _refused, _unconfirmed = map(_messages.labels, ("confirmed", "refused", "unconfirmed"))
_seconds = metrics.histogram("broker_publish_seconds", "Time until a batch was confirmed.")
_is_up = metrics.gauge("broker_connected", "Whether there is a line to the broker.")


class Publisher:
    """Publishes from the event loop without ever stopping it.

    A broker that is down is refused at once; one that falls silent costs `settings.timeout` at
    most, and its line is given up: a new one is tried with growing pauses, for ever. `declare` is
    run with every new line, so a broker that has lost everything gets its queues back.
    """

    def __init__(
        self, url: str, settings: BrokerSettings | None = None, *, declare: Sequence[Declare] = ()
    ) -> None:
        self._url, self._settings = url, settings or BrokerSettings()
        self._declare = declare
        self._line: Line | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin; returns when there is a line or the first try has failed, which hinders nobody."""
        tried = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(tried))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.timeout):
                await tried.wait()

    async def close(self) -> None:
        """Send what has been ordered, for as long as a publish may take, and hang up."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        line, self._line = self._line, None
        if line is not None:
            line.close()
            await asyncio.wait({line.ended}, timeout=self._settings.timeout)
            line.abandon()
        _is_up.set(0)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def publish(self, messages: Sequence[Message], *, patience: float | None = None) -> None:
        """Send these in this order; returns when the broker has confirmed every one.

        BrokerAway when it has not: at once where there is no use in trying, or after `patience`
        seconds. Unroutable when a mandatory message found no queue.
        """
        begun = time.perf_counter()
        try:
            line = self._usable()
        except BrokerAway:
            _refused.inc(len(messages))
            raise
        try:
            await self._bounded(line.send(messages), patience)
        except BaseException:
            _unconfirmed.inc(len(messages))
            raise
        _confirmed.inc(len(messages))
        _seconds.observe(time.perf_counter() - begun)

    async def call(self, function: Callable[[Any], T], *, patience: float | None = None) -> T:
        """The result of `function`, run in the line's thread with a channel of its own (py-amqp's);
        what it raises is raised here. BrokerAway as for `publish`; it may then have run or not.
        """
        answer: asyncio.Future[T] = self._usable().call(function)
        return await self._bounded(answer, patience)

    async def trouble(self) -> str | None:
        """What is wrong with the broker, for the health page."""
        try:
            self._usable()
        except BrokerAway as error:
            return error.message
        return None

    def _usable(self) -> Line:
        if in_transaction():
            raise RuntimeError("publishing inside a transaction would hold it open")
        line = self._line
        if line is None or not line.is_open:
            raise BrokerAway("The broker is away.")
        if line.is_blocked:
            raise BrokerAway("The broker takes no messages at present: one of its alarms is on.")
        if line.waiting > _MOST_WAITING:
            raise BrokerAway("Too many messages wait for the broker.")
        return line

    async def _bounded(self, answer: asyncio.Future[T], patience: float | None) -> T:
        try:
            async with asyncio.timeout(patience or self._settings.timeout):
                return await answer
        except TimeoutError as error:
            raise BrokerAway("The broker did not answer in time.") from error

    async def _keep(self, tried: asyncio.Event) -> None:
        """Have a line, for ever."""
        failures = 0
        while True:
            was_open, reason = await self._hold(tried)
            failures = 1 if was_open else failures + 1
            if failures == 1:
                log.warning("broker_line_lost", reason=str(reason))
            await asyncio.sleep(equal_jitter(failures, first=0.25, cap=5.0))

    async def _hold(self, tried: asyncio.Event) -> tuple[bool, BaseException | None]:
        """One line from its beginning to its end: whether it was ever of use, and why it ended."""
        try:
            line = self._line = Line(self._url, self._settings, self._declare)
            line.start()
        except (OSError, RuntimeError) as error:  # no descriptor or no thread is left
            return False, error
        beginning: set[asyncio.Future[Any]] = {line.ready, line.ended}
        await asyncio.wait(beginning, return_when=asyncio.FIRST_COMPLETED)
        was_open = line.is_open
        tried.set()
        _is_up.set(int(was_open))
        if was_open:
            log.info("broker_line_open")
        reason = await self._watch(line)
        _is_up.set(0)
        return was_open, reason

    async def _watch(self, line: Line) -> BaseException | None:
        """The watchdog: gives a line up on which the broker is silent. Returns when it has ended,
        and why.
        """
        patience = self._settings.timeout
        while not line.ended.done():
            await asyncio.wait({line.ended}, timeout=patience / _LOOKS)
            if line.is_stuck(patience):
                line.abandon()
        return line.ended.result()
