"""The local engine: duties worked off by asyncio tasks in this process."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from functools import partial
from typing import Any

import structlog

from gesso.infra.errors import Unavailable
from gesso.work.duty import Duty

log = structlog.get_logger()


class LocalEngine:
    """Looks when it is rung and every `tick` seconds;
    never more than `handlers` items in hand a duty.

    A signal is a hint: losing it costs one tick. Stopping takes nothing new, lets what is in hand
    end for a while, and leaves the rest to their leases.
    """

    def __init__(self, duties: Sequence[Duty[Any]], *, handlers: int, tick: float) -> None:
        self._duties, self._handlers, self._tick = duties, handlers, tick
        self._loops: list[asyncio.Task[None]] = []
        self._companions: list[asyncio.Task[None]] = []
        self._rung: dict[str, set[str]] = {duty.name: set() for duty in duties}
        self._bells: dict[str, asyncio.Event] = {duty.name: asyncio.Event() for duty in duties}
        self._hands: dict[str, set[asyncio.Task[None]]] = {duty.name: set() for duty in duties}
        self._stopping = False

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
        return "a part of the engine has stopped" if dead and not self._stopping else None

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
        await _end_by(ends, self._loops)
        await _end_by(ends, [task for hands in self._hands.values() for task in hands])
        await _end_by(now(), self._companions)

    async def _work(self, duty: Duty[Any]) -> None:
        bell, rung, hands = self._bells[duty.name], self._rung[duty.name], self._hands[duty.name]
        now = asyncio.get_running_loop().time
        looked = -self._tick
        while not self._stopping:
            # Everything is looked at once a tick however often it rings: a ring may have been lost,
            # or been for another process, or met with full hands.
            topics = frozenset(rung) if now() - looked < self._tick else frozenset()
            rung.clear()
            bell.clear()
            room = self._handlers - len(hands)
            if room > 0 and not topics:
                looked = now()
            taken = await self._claim(duty, room, topics) if room > 0 else ()
            for item in taken:
                task = asyncio.create_task(self._do(duty, item))
                hands.add(task)
                task.add_done_callback(partial(self._done, duty.name))
            if not taken:
                await self._wait(bell)

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        hands = self._hands[name]
        if len(hands) >= self._handlers:
            self._bells[name].set()  # there was no room to claim; now there is
        hands.discard(task)

    async def _claim(self, duty: Duty[Any], room: int, topics: frozenset[str]) -> Sequence[Any]:
        try:
            return await duty.claim(room, topics)
        except Unavailable as error:
            log.warning("claim_postponed", duty=duty.name, reason=error.message)
        except Exception:
            log.exception("claim_failed", duty=duty.name)
        await asyncio.sleep(self._tick)
        return ()

    async def _do(self, duty: Duty[Any], item: Any) -> None:
        try:
            await duty.do(item)
        except asyncio.CancelledError:
            log.info("work_cut_off", duty=duty.name)
        except Unavailable as error:
            log.warning("work_postponed", duty=duty.name, reason=error.message)
        except Exception:
            log.exception("work_failed", duty=duty.name)

    async def _wait(self, bell: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._tick):
                await bell.wait()
        except TimeoutError:
            return


async def _end_by(moment: float, tasks: Collection[asyncio.Task[None]]) -> None:
    """Let these end by themselves until then, and then end them."""
    if not tasks:
        return
    left = max(0.0, moment - asyncio.get_running_loop().time())
    _, late = await asyncio.wait(tasks, timeout=left)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def _tell_if_broken(part: asyncio.Task[None]) -> None:
    if not part.cancelled() and part.exception() is not None:
        log.error("engine_part_broken", exc_info=part.exception())
