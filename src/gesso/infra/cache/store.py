"""What a cache needs of the place where it keeps things: the port of every store.

A value is only ever written by whoever holds the claim on its name. `drop` takes value and claim
away together, so that what was begun before it can never be written after it.
"""

from dataclasses import dataclass
from typing import Protocol

CLAIM = 3.0
"""Seconds that a claim lives: how long the others wait for a maker that died."""


class StoreAway(Exception):
    """The store did not answer in time; the cache goes on without it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found under a name: the value, or else whether the claim to make it is now ours."""

    value: bytes | None = None
    is_claimed: bool = False


class Store(Protocol):
    """Bytes under names, for a while; every call ends soon, if need be with StoreAway."""

    @property
    def backend(self) -> str:
        """The word for it in metrics."""
        ...

    async def read(self, name: str) -> bytes | None:
        """The value; None where there is none."""
        ...

    async def take(self, name: str, claim: str) -> Taken:
        """The value, or in one step the claim on it unless somebody else has that."""
        ...

    async def seize(self, name: str, claim: str) -> None:
        """Drop the value and take the claim, whoever had it."""
        ...

    async def fulfil(self, name: str, claim: str, value: bytes | None, ttl: float) -> bool:
        """Write the value (none: nothing) and give the claim back.

        False when the claim was lost meanwhile; then nothing was written.
        """
        ...

    async def drop(self, name: str) -> None:
        """Forget the value, and let nobody write what he has begun to make.

        After StoreAway the store makes up for it before it hands anything out again.
        """
        ...

    async def add(self, name: str, by: int, ttl: float) -> int:
        """Count on, in one step; a counter lives `ttl` seconds from its first count."""
        ...
