"""A store in this process."""

import time
from collections import OrderedDict
from typing import Final, Generic, TypeVar

from gesso.infra.cache.store import Taken

_MOST = 10_000

V = TypeVar("V", bytes, int)


class _Shelf(Generic[V]):
    """Things that expire, `most` of them; whoever comes last pushes the first one off."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, name: str) -> V | None:
        """The thing, unless its time is over."""
        ends, thing = self._things.get(name, (0.0, None))
        return thing if ends > time.monotonic() else None

    def put(self, name: str, thing: V, ttl: float) -> None:
        """Keep it for so long."""
        self._things[name] = time.monotonic() + ttl, thing
        self._things.move_to_end(name)
        if len(self._things) > self._most:
            self._things.popitem(last=False)

    def change(self, name: str, thing: V) -> None:
        """Another thing in its place, for the rest of its time."""
        self._things[name] = self._things[name][0], thing

    def drop(self, name: str) -> None:
        """Take it away, if it is there."""
        self._things.pop(name, None)


class MemoryStore:
    """Keeps values, claims and counters in memory, the oldest of each making room for new ones.

    Each process has its own: what one drops, another keeps until its time is over.
    """

    backend: Final = "memory"

    def __init__(self, most: int = _MOST) -> None:
        self._values = _Shelf[bytes](most)
        self._counters = _Shelf[int](most)
        self._claims: dict[str, str] = {}

    async def read(self, name: str) -> bytes | None:
        """The value; None where there is none."""
        return self._values.get(name)

    async def take(self, name: str, claim: str) -> Taken:
        """The value, or the claim on it unless somebody else has that."""
        value = self._values.get(name)
        if value is not None:
            return Taken(value)
        return Taken(is_claimed=self._claims.setdefault(name, claim) == claim)

    async def seize(self, name: str, claim: str) -> None:
        """Drop the value and take the claim, whoever had it."""
        self._values.drop(name)
        self._claims[name] = claim

    async def fulfil(self, name: str, claim: str, value: bytes | None, ttl: float) -> bool:
        """Write the value and give the claim back; False when the claim was lost."""
        if self._claims.get(name) != claim:
            return False
        del self._claims[name]
        if value is not None:
            self._values.put(name, value, ttl)
        return True

    async def drop(self, name: str) -> None:
        """Forget the value, and let nobody write what he has begun to make."""
        self._values.drop(name)
        self._claims.pop(name, None)

    async def add(self, name: str, by: int, ttl: float) -> int:
        """Count on; a counter lives `ttl` seconds from its first count."""
        count = self._counters.get(name)
        if count is None:
            self._counters.put(name, by, ttl)
            return by
        self._counters.change(name, count + by)
        return count + by
