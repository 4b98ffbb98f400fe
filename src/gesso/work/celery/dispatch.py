"""Dispatch: the crew that sends what was claimed to workers.

It claims no more than workers can begin soon: a lane on which nobody works, or on which messages
wait already, is closed, and its jobs stay where the database keeps them in fair order. While the
broker is away nothing is claimed at all.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from amqp.exceptions import NotFound
from celery import Celery

from gesso.infra import metrics
from gesso.infra.amqp import BrokerAway, Publisher
from gesso.infra.errors import Unavailable
from gesso.work.celery.messages import bundles, message
from gesso.work.celery.topology import declare, queue_name
from gesso.work.crew import Wake
from gesso.work.duty import Duty

log = structlog.get_logger()

_ROOM = 256
"""Items of one claim: a transaction as large as is still quick."""
_AHEAD = 2
"""Messages that may wait for each consumer of a lane, so that none of its processes runs dry."""
_LOOK_EVERY = 1.0
_LOOK_SOON = 0.05
"""Seconds between looks: at every lane, and at those that are full and so hold work up."""

_ready = metrics.gauge("lane_messages", "Messages that wait for a worker.", "lane")
_readers = metrics.gauge("lane_workers", "Workers that read a lane.", "lane")


@dataclass(slots=True)
class _Lane:
    """What the broker last said of a lane, and what was sent there since."""

    consumers: int = 0
    waiting: int = 0

    @property
    def is_open(self) -> bool:
        """Whether what is sent there now is begun soon."""
        return self.waiting < self.consumers * _AHEAD

    @property
    def is_full(self) -> bool:
        """Whether it is closed, and opens as soon as its workers take something up."""
        return self.consumers > 0 and not self.is_open


class Dispatch:
    """Sends claims along these lanes; `watch` must run beside it."""

    holder = None

    def __init__(self, publisher: Publisher, celery: Celery, lanes: Iterable[str]) -> None:
        self._publisher, self._celery = publisher, celery
        self._lanes = {lane: _Lane() for lane in sorted(lanes)}
        self._is_away = True
        self._filled = asyncio.Event()
        self._duties: set[str] = set()
        self._wake: Wake = _nobody

    def closed(self, duty: Duty[Any]) -> Collection[str]:  # noqa: ARG002
        """Lanes on which nobody works, or on which enough waits, of whatever duty."""
        return self._closed()

    def _closed(self) -> Collection[str]:
        return [name for name, lane in self._lanes.items() if not lane.is_open]

    def report_to(self, wake: Wake) -> None:
        """Call `wake` when a lane opens."""
        self._wake = wake

    def room(self, duty: Duty[Any]) -> int:
        """Plenty, or nothing while there is no broker."""
        self._duties.add(duty.name)
        return 0 if self._is_away else _ROOM

    async def take(self, duty: Duty[Any], items: Sequence[Any]) -> None:
        """Send these; those that could not be sent are put back, to be found again in a moment."""
        packed = list(bundles([duty.ticket(item) for item in items]))
        try:
            await self._publisher.publish([message(self._celery, each) for each in packed])
        except BrokerAway as error:
            self._is_away = True
            log.warning("dispatch_postponed", duty=duty.name, reason=error.message)
            await self._put_back(duty, items)
            return
        for bundle in packed:
            self._lanes[bundle.lane].waiting += 1
        self._filled.set()

    async def trouble(self) -> str | None:
        """No broker, or lanes that nobody reads."""
        if trouble := await self._publisher.trouble():
            return trouble
        deserted = [name for name, lane in self._lanes.items() if not lane.consumers]
        return f"no worker reads {', '.join(deserted)}" if deserted else None

    async def stop(self, *, until: float) -> None:  # nothing is in hand here
        """Nothing is in hand here: what was sent is the workers'."""

    async def watch(self) -> None:
        """Keep looking how the lanes are, for ever."""
        now = asyncio.get_running_loop().time
        while True:
            await self._look(list(self._lanes))
            ends = now() + _LOOK_EVERY
            while (left := ends - now()) > 0:
                if full := self._full():
                    await asyncio.sleep(_LOOK_SOON)
                    await self._look(full)
                else:
                    await self._rest(left)

    def _full(self) -> Sequence[str]:
        return [] if self._is_away else [name for name, lane in self._lanes.items() if lane.is_full]

    async def _rest(self, seconds: float) -> None:
        """Wait so long, or until something was sent."""
        self._filled.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._filled.wait()

    async def _look(self, lanes: Sequence[str]) -> None:
        was_closed = frozenset(self._lanes) if self._is_away else frozenset(self._closed())
        try:
            found = await self._publisher.call(
                partial(_measure, lanes=lanes, known=list(self._lanes))
            )
        except BrokerAway:
            self._is_away = True
            return
        except Exception as error:  # noqa: BLE001  # whatever the broker says, it is asked again
            log.warning("lanes_not_seen", error=repr(error))
            self._is_away = True
            return
        self._is_away = False
        for name, lane in found.items():
            self._lanes[name] = lane
            _ready.labels(name).set(lane.waiting)
            _readers.labels(name).set(lane.consumers)
        if was_closed - frozenset(self._closed()):
            for duty in self._duties:
                self._wake(duty)

    async def _put_back(self, duty: Duty[Any], items: Sequence[Any]) -> None:
        try:
            await duty.put_back(items)
        except Unavailable:
            log.warning("not_put_back", duty=duty.name, items=len(items))  # their leases will


def _measure(channel: Any, *, lanes: Sequence[str], known: Sequence[str]) -> Mapping[str, _Lane]:
    """Ask the broker for these lanes; one that has lost them is given all that are known anew."""
    found = {}
    for lane in lanes:
        try:
            seen = channel.queue_declare(queue_name(lane), passive=True)
        except NotFound:
            channel = channel.connection.channel()
            declare(channel, known)
            seen = channel.queue_declare(queue_name(lane), passive=True)
        found[lane] = _Lane(consumers=seen.consumer_count, waiting=seen.message_count)
    return found


def _nobody(_duty: str) -> None:
    """Before an engine is there."""
