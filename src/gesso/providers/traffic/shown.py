"""What is shown of the traffic: each process that speaks to providers leaves word in the cache, for
whichever process is asked how they do.

Where there is no Redis, others' words are not seen; and where several speak to one provider, the
latest word is heard. A circuit that is not closed is told of again and again, so that a process
which dies leaves no word behind.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from gesso.infra.cache import Cache
from gesso.providers.traffic.circuit import State
from gesso.providers.traffic.traffic import Traffic

_EVERY: Final = 1.0
_BELIEVED: Final = 5.0
"""Seconds for which word of a circuit that is not closed is believed."""
_REMEMBERED: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Word:
    """How a provider does, as a process that speaks to it sees it."""

    state: State = "closed"
    rest: float = 0.0
    """Seconds for which it is left alone."""
    latency: float | None = None
    """Seconds that a call takes, the newest weighing most."""
    succeeded_at: float | None = None
    """Unix time of the last call that went well."""


async def show(traffic: Traffic, cache: Cache) -> None:
    """Keep the cache told, for ever; an idle process tells nothing."""
    told: dict[str, Word] = {}
    while True:
        traffic.news.clear()
        await _tell(traffic, cache, told)
        await asyncio.sleep(_EVERY)
        if not any(road.state != "closed" for road in traffic.roads.values()):
            await traffic.news.wait()


async def shown(cache: Cache, providers: Collection[str]) -> dict[str, Word]:
    """The latest word of each."""
    calls, circuits = cache.namespace("provider_calls"), cache.namespace("provider_circuits")
    words = {}
    for name in providers:
        of_calls, of_circuit = await calls.get(name) or {}, await circuits.get(name) or {}
        words[name] = Word(**{**of_calls, **of_circuit})
    return words


async def _tell(traffic: Traffic, cache: Cache, told: dict[str, Word]) -> None:
    calls, circuits = cache.namespace("provider_calls"), cache.namespace("provider_circuits")
    for name, road in list(traffic.roads.items()):
        before = told.get(name, Word())
        now = told[name] = Word(road.state, road.rest, road.latency, road.succeeded_at)
        if (now.latency, now.succeeded_at) != (before.latency, before.succeeded_at):
            word = {"latency": now.latency, "succeeded_at": now.succeeded_at}
            await calls.set(name, word, _REMEMBERED)
        if now.state != "closed":
            await circuits.set(name, {"state": now.state, "rest": now.rest}, _BELIEVED)
        elif before.state != "closed":
            await circuits.delete(name)
