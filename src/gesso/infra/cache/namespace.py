"""The cache as it is used: JSON values in namespaces, each made once by whoever comes first."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Self

from gesso.infra import metrics
from gesso.infra.cache.memory import MemoryStore
from gesso.infra.cache.store import CLAIM, Store, StoreAway
from gesso.infra.db import in_transaction
from gesso.kit.backoff import equal_jitter

Make = Callable[[], Awaitable[Any]]
"""Makes a value that JSON can carry; it runs in a task of its own, outside of any transaction."""

_PATIENCE = CLAIM + 0.5
"""Seconds to wait for a value that somebody else makes, before making it oneself."""
_LOOK, _LOOKS_CAP = 0.01, 0.1
"""Seconds between looks whether it is there."""
_JOINS = 2
"""Times to wait for what turns out to be outdated, before making it oneself."""
_NAME = re.compile(r"[a-z][a-z_]{0,31}")

_reads = metrics.counter(
    "cache_reads",
    "Looks into the cache; a join waits for what is being made.",
    "namespace",
    "backend",
    "outcome",
)
_failures = metrics.counter(
    "cache_failures", "Calls that the store did not answer.", "namespace", "backend"
)
_latency = metrics.histogram(
    "cache_seconds",
    "Time that a call to the store took, failed or not.",
    "namespace",
    "backend",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
)


class CachedInTransaction(RuntimeError):
    """Somebody used the cache while holding a session: a fault in our code.

    The session would wait for the network, and what is kept might never be committed.
    """


@dataclass(frozen=True, slots=True)
class _Flight:
    """What came of making a value: its JSON, and whether nobody dropped it meanwhile."""

    text: bytes
    is_current: bool


class Cache:
    """One store, and what this process is making for it just now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spare = MemoryStore()
        self._flights: dict[str, asyncio.Task[_Flight]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def namespace(self, name: str) -> "Namespace":
        """Names of one's own; `name` is a fixed word, for it is a label of the metrics."""
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"not a namespace: {name!r}")
        return Namespace(name, self._store, spare=self._spare, flights=self._flights)


class Namespace:
    """JSON values and counters under keys, for so many seconds (`ttl`); nothing here raises because
    the store is away.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        *,
        spare: MemoryStore,
        flights: dict[str, "asyncio.Task[_Flight]"],
    ) -> None:
        self._name, self._store, self._spare, self._flights = name, store, spare, flights
        labels = (name, store.backend)
        self._hits, self._misses, self._joins = (
            _reads.labels(*labels, outcome) for outcome in ("hit", "miss", "join")
        )
        self._failures, self._latency = _failures.labels(*labels), _latency.labels(*labels)

    async def get(self, key: str) -> Any:
        """The value under `key`; None where nothing is known."""
        try:
            with self._call():
                text = await self._store.read(self._full(key))
        except StoreAway:
            text = None
        self._count(is_hit=text is not None)
        return None if text is None else json.loads(text)

    async def set(self, key: str, value: Any, ttl: float) -> None:
        """Keep a value in place of the old one; while the store is away there is none."""
        text, claim, name = _text(value), _new_claim(), self._full(key)
        self._flights.pop(name, None)
        with suppress(StoreAway), self._call():
            await self._store.seize(name, claim)
            await self._store.fulfil(name, claim, text, ttl)
        self._flights.pop(name, None)

    async def delete(self, key: str) -> None:
        """Forget a value, and what is being made for it: who asks from now on gets a newer one.

        Call it after the commit. A process that the store cannot tell of it, because it is away,
        hears of it when the store is back; until then it believes what it has no longer than its
        `ttl`.
        """
        name = self._full(key)
        self._flights.pop(name, None)
        with suppress(StoreAway), self._call():
            await self._store.drop(name)
        self._flights.pop(name, None)  # one that took off meanwhile may have seen the old value

    async def increment(self, key: str, by: int = 1, *, ttl: float) -> int:
        """Count on and tell the sum; it lives `ttl` seconds from its first count.

        While the store is away each process counts for itself.
        """
        name = self._full(key)
        try:
            with self._call():
                return await self._store.add(name, by, ttl)
        except StoreAway:
            return await self._spare.add(name, by, ttl)

    async def fetch(self, key: str, ttl: float, make: Make) -> Any:
        """The value under `key`, made now if there is none: once for all who ask meanwhile.

        What `make` raises is raised for all of them, and the next one tries again.
        """
        name = self._full(key)
        for _ in range(_JOINS):
            flight = self._flights.get(name)
            if flight is None:
                flight = self._take_off(name, ttl, make)
                return json.loads((await asyncio.shield(flight)).text)
            # The one that asked first may leave; those who wait with it must get their answer.
            self._joins.inc()
            joined = await asyncio.shield(flight)
            if joined.is_current:
                return json.loads(joined.text)
        return json.loads(_text(await make()))

    def _take_off(self, name: str, ttl: float, make: Make) -> "asyncio.Task[_Flight]":
        flight = asyncio.create_task(self._fly(name, ttl, make))
        self._flights[name] = flight

        def land(ended: "asyncio.Task[_Flight]") -> None:
            if self._flights.get(name) is ended:
                del self._flights[name]
            if not ended.cancelled():
                ended.exception()  # taken, or it would be logged when nobody waits any more

        flight.add_done_callback(land)
        return flight

    async def _fly(self, name: str, ttl: float, make: Make) -> _Flight:
        claim, looks = _new_claim(), 0
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            try:
                with self._call():
                    taken = await self._store.take(name, claim)
            except StoreAway:
                # The claim may be ours all the same, and others wait for us to fulfil it.
                made = await self._make(name, claim, ttl, make)
                return replace(made, is_current=True)
            looks += 1
            if looks == 1:
                self._count(is_hit=taken.value is not None)
            if taken.value is not None:
                return _Flight(taken.value, is_current=True)
            if taken.is_claimed:
                return await self._make(name, claim, ttl, make)
            await asyncio.sleep(equal_jitter(looks, first=_LOOK, cap=_LOOKS_CAP))
        return _Flight(_text(await make()), is_current=False)

    async def _make(self, name: str, claim: str, ttl: float, make: Make) -> _Flight:
        try:
            text = _text(await make())
            return _Flight(text, is_current=await self._fulfil(name, claim, text, ttl))
        except BaseException:
            # The next one need not wait for the claim to lapse.
            await self._fulfil(name, claim, None, ttl)
            raise

    async def _fulfil(self, name: str, claim: str, text: bytes | None, ttl: float) -> bool:
        """False when the value was dropped while it was made; True when nobody can know."""
        with suppress(StoreAway), self._call():
            return await self._store.fulfil(name, claim, text, ttl)
        return True

    @contextmanager
    def _call(self) -> Iterator[None]:
        """One call to the store, counted."""
        begun = time.perf_counter()
        try:
            yield
        except StoreAway:
            self._failures.inc()
            raise
        finally:
            self._latency.observe(time.perf_counter() - begun)

    def _count(self, *, is_hit: bool) -> None:
        (self._hits if is_hit else self._misses).inc()

    def _full(self, key: str) -> str:
        """The key's name in the store."""
        if in_transaction():
            raise CachedInTransaction(f"the cache {self._name!r} is used inside a transaction")
        return f"{self._name}:{key}"


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _new_claim() -> str:
    return secrets.token_hex(8)
