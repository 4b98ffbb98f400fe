"""Hands: the crew of this very process, an asyncio task an item."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import structlog

from gesso.infra.errors import Unavailable
from gesso.work.crew import Wake
from gesso.work.duty import Duty

log = structlog.get_logger()


class Hands:
    """Never more than `most` items in hand a duty, nor of one lane more than the duty's share.

    A lane that has its share is closed until a quarter of that is free again: a claim for every
    single hand would cost more than it brings.
    """

    def __init__(self, holder: str, *, most: int) -> None:
        self.holder, self._most = holder, most
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._lanes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._closed: defaultdict[str, set[str]] = defaultdict(set)
        self._wake: Wake = _nobody

    def closed(self, duty: Duty[Any]) -> Collection[str]:
        """Lanes that have their share of this duty's hands."""
        return self._closed[duty.name]

    def report_to(self, wake: Wake) -> None:
        """Call `wake` when hands that were full become free, or those of a lane."""
        self._wake = wake

    def room(self, duty: Duty[Any]) -> int:
        """How many hands are free for this duty, whichever open lane its items come from."""
        free = self._most - len(self._tasks.get(duty.name, ()))
        if duty.share >= 1:
            return free
        lanes, closed = self._lanes[duty.name], self._closed[duty.name]
        fullest = max((count for lane, count in lanes.items() if lane not in closed), default=0)
        return min(free, self._share(duty) - fullest)

    async def take(self, duty: Duty[Any], items: Sequence[Any]) -> None:
        """Begin with these."""
        tasks = self._tasks.setdefault(duty.name, set())
        for item in items:
            lane = duty.ticket(item).lane if duty.share < 1 else None
            task = asyncio.create_task(do(duty, item))
            tasks.add(task)
            task.add_done_callback(partial(self._done, duty, lane))
            if lane is not None:
                self._begin(duty, lane)

    async def trouble(self) -> str | None:
        """None: hands have no trouble of their own."""
        return None

    async def stop(self, *, until: float) -> None:
        """Let what is in hand end by itself until then, and then end it."""
        await end_by(until, [task for tasks in self._tasks.values() for task in tasks])

    def _share(self, duty: Duty[Any]) -> int:
        return max(1, int(self._most * duty.share))

    def _begin(self, duty: Duty[Any], lane: str) -> None:
        self._lanes[duty.name][lane] += 1
        if self._lanes[duty.name][lane] >= self._share(duty):
            self._closed[duty.name].add(lane)

    def _done(self, duty: Duty[Any], lane: str | None, task: asyncio.Task[None]) -> None:
        tasks = self._tasks[duty.name]
        if len(tasks) >= self._most:
            self._wake(duty.name)  # there was no room to claim; now there is
        tasks.discard(task)
        if lane is not None:
            self._end(duty, lane)

    def _end(self, duty: Duty[Any], lane: str) -> None:
        lanes, closed = self._lanes[duty.name], self._closed[duty.name]
        lanes[lane] -= 1
        if lane in closed and 4 * lanes[lane] <= 3 * self._share(duty):
            closed.discard(lane)
            self._wake(duty.name)


def _nobody(_duty: str) -> None:
    """Before an engine is there."""


async def do(duty: Duty[Any], item: Any) -> Any:
    """Do one item; whatever breaks is logged, and its lease brings it back."""
    try:
        return await duty.do(item)
    except asyncio.CancelledError:
        log.info("work_cut_off", duty=duty.name)
    except Unavailable as error:
        log.warning("work_postponed", duty=duty.name, reason=error.message)
    except Exception:
        log.exception("work_failed", duty=duty.name)
    return None


async def end_by(moment: float, tasks: Collection[asyncio.Task[None]]) -> None:
    """Let these end by themselves until then, and then end them."""
    if not tasks:
        return
    left = max(0.0, moment - asyncio.get_running_loop().time())
    _, late = await asyncio.wait(tasks, timeout=left)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
