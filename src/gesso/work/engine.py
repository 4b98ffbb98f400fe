"""The engine: looks for what is due and hands it to its crew."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from gesso.infra.errors import Unavailable
from gesso.work.crew import Crew
from gesso.work.duty import Duty, Look
from gesso.work.hands import end_by

log = structlog.get_logger()


class Engine:
    """Looks when it is rung and every `tick` seconds, as far as its crew has room.

    A signal is a hint: losing it costs one tick. Stopping takes nothing new, lets the crew end for
    a while, and leaves the rest to the leases.
    """

    def __init__(self, duties: Sequence[Duty[Any]], crew: Crew, *, tick: float) -> None:
        self._duties, self._crew, self._tick = duties, crew, tick
        self._loops: list[asyncio.Task[None]] = []
        self._companions: list[asyncio.Task[None]] = []
        self._rung: dict[str, set[str]] = {duty.name: set() for duty in duties}
        self._bells: dict[str, asyncio.Event] = {duty.name: asyncio.Event() for duty in duties}
        self._stopping = False
        self._turned: dict[str, float] = {}
        crew.report_to(self._wake)

    def ring(self, topics: frozenset[str]) -> None:
        """Say that something may be due; never blocks."""
        for duty in self._duties:
            mine = {topic for topic in topics if duty.is_rung_by(topic)}
            if mine:
                self._rung[duty.name] |= mine
                self._bells[duty.name].set()

    async def start(self, *companions: Coroutine[Any, Any, None]) -> None:
        """Begin to work; `companions` run beside the duties until the end."""
        self._loops = [asyncio.create_task(self._work(duty)) for duty in self._duties]
        self._companions = [asyncio.create_task(companion) for companion in companions]
        for part in [*self._loops, *self._companions]:
            part.add_done_callback(_tell_if_broken)

    async def trouble(self) -> str | None:
        """What is wrong with the engine, for the health page."""
        dead = [part for part in [*self._loops, *self._companions] if part.done()]
        if dead and not self._stopping:
            return "a part of the engine has stopped"
        return await self._crew.trouble()

    def is_turning(self, *, within: float) -> bool:
        """Whether every duty has been looked at within so many seconds, and all companions go on.

        A database or broker that is away keeps nothing from turning.
        """
        now = asyncio.get_running_loop().time()
        slowest = min(self._turned.values(), default=now)
        return now - slowest < within and not any(each.done() for each in self._companions)

    async def stop(self, *, patience: float) -> None:
        """End within about `patience` seconds; what is cut off is found again when its lease runs
        out.
        """
        self._stopping = True
        for bell in self._bells.values():
            bell.set()
        now = asyncio.get_running_loop().time
        ends = now() + patience
        # A claim may be under way; what it brings is in hand only when its loop has ended.
        await end_by(ends, self._loops)
        await self._crew.stop(until=ends)
        await end_by(now(), self._companions)

    def _wake(self, duty: str) -> None:
        self._bells[duty].set()

    async def _work(self, duty: Duty[Any]) -> None:
        bell, rung = self._bells[duty.name], self._rung[duty.name]
        now = asyncio.get_running_loop().time
        looked = -self._tick
        while not self._stopping:
            self._turned[duty.name] = now()
            # Everything is looked at once a tick however often it rings: a ring may have been lost,
            # or been for another process, or met with a crew that had no room.
            topics = frozenset(rung) if now() - looked < self._tick else frozenset()
            rung.clear()
            bell.clear()
            room = self._crew.room(duty)
            if room > 0 and not topics:
                looked = now()
            taken = await self._claim(duty, room, topics) if room > 0 else ()
            if taken:
                await self._crew.take(duty, taken)
            else:
                await self._wait(bell)

    async def _claim(self, duty: Duty[Any], room: int, topics: frozenset[str]) -> Sequence[Any]:
        look = Look(room, topics, holder=self._crew.holder, closed=self._crew.closed(duty))
        try:
            return await duty.claim(look)
        except Unavailable as error:
            log.warning("claim_postponed", duty=duty.name, reason=error.message)
        except Exception:
            log.exception("claim_failed", duty=duty.name)
        await asyncio.sleep(self._tick)
        return ()

    async def _wait(self, bell: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._tick):
                await bell.wait()
        except TimeoutError:
            return


def _tell_if_broken(part: asyncio.Task[None]) -> None:
    if not part.cancelled() and part.exception() is not None:
        log.error("engine_part_broken", exc_info=part.exception())
