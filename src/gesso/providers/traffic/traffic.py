"""The traffic of one process to all its providers, and the trips that make it up."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import structlog

from gesso.kit.backoff import full_jitter
from gesso.providers.traffic.circuit import Circuit
from gesso.providers.traffic.outcome import Outcome
from gesso.providers.traffic.road import Road

log = structlog.get_logger()

MOST: Final = 32
"""Calls of a kind in flight to one provider, unless said otherwise."""


class Down(Exception):
    """The provider is left alone for now; worth another try `after` so many seconds."""

    def __init__(self, provider: str, after: float) -> None:
        super().__init__(f"{provider} fails at present and is left alone for {after:.0f} s")
        self.after = after


@dataclass(slots=True)
class Trip:
    """One flow on its way to its provider: what it is for, and what it learns on the way."""

    kind: str
    road: Road
    circuit: Circuit
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a call has ended."""
    has_turn: bool = False
    """Whether its next call is in the pace already."""

    def set_out(self) -> float:
        """A call goes out; when."""
        if self.road.pace is not None and not self.has_turn:
            self.road.pace.go()
        self.has_turn = False
        return self.road.set_out()

    def end(self, outcome: Outcome, *, began: float, size: int = 0) -> None:
        """A call that began then has ended so."""
        self.road.end(self.kind, outcome, began=began, size=size)
        self.news.set()
        if outcome.is_fault is None:
            return
        before = self.circuit.state
        self.circuit.record(is_fault=outcome.is_fault, began=began)
        if self.circuit.state != before:
            self.road.tell_circuits()
            log.warning(
                "provider_circuit_turned",
                provider=self.road.provider, state=self.circuit.state, reason=outcome.name,
            )  # fmt: skip

    def may_repeat(self) -> bool:
        """Whether a call may be made once more: none to a provider that is being left alone, and
        no more than one in ten.
        """
        if self.circuit.state != "closed" or not self.road.budget.spend():
            return False
        self.road.repeated(self.kind)
        return True


class Traffic:
    """A road to each provider."""

    def __init__(
        self,
        concurrency: Mapping[str, int] | None = None,
        *,
        most: int = MOST,
        per_minute: Mapping[str, int] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._concurrency, self._most, self._now = concurrency or {}, most, now
        self._per_minute = per_minute or {}
        self.roads: dict[str, Road] = {}
        self.news = asyncio.Event()
        """Set when a call has ended."""

    def road(self, provider: str) -> Road:
        """The road to this provider."""
        if provider not in self.roads:
            most = self._concurrency.get(provider, self._most)
            per_minute = self._per_minute.get(provider)
            self.roads[provider] = Road(provider, most, self._now, per_minute)
        return self.roads[provider]

    def trip(self, provider: str, kind: str, credential: str = "") -> Trip:
        """A trip that asks nobody whether it may begin."""
        road = self.road(provider)
        return Trip(kind, road, road.circuit(credential), self.news)

    @asynccontextmanager
    async def passage(
        self,
        provider: str,
        kind: str,
        credential: str = "",
        *,
        patience: float = 0.0,
        must: bool = False,
        bounded: bool = True,
    ) -> AsyncIterator[Trip]:
        """A trip with a place of its own while the block lasts, and its turn where the provider has
        a pace; Down, or Busy when there is none within `patience` seconds. What `must` be asked is
        asked at once, and of one that is down, too; who is not `bounded` needs no place.
        """
        trip = self.trip(provider, kind, credential)
        if not must and trip.circuit.rest:
            raise Down(provider, _spread(trip.circuit.rest))
        lane = trip.road.lanes["submit" if kind == "submit" else "ask"]
        async with lane.take(patience) if bounded else nullcontext():
            if trip.road.pace is not None and bounded and not must:
                await asyncio.sleep(trip.road.pace.turn(patience))
                trip.has_turn = True
            wait = 0.0 if must else trip.circuit.enter()
            if wait:
                raise Down(provider, _spread(wait))
            yield trip


def _spread(wait: float) -> float:
    """Somewhat later, so that not everybody is back at the same moment."""
    return wait + 0.1 + full_jitter(1, first=wait / 2, cap=wait / 2)
