"""A store in Redis, shared by every process of a house.

Values belong to a generation, a random word under a key of its own that stands before each value;
a value of another generation is none. A new generation forgets everything at once. It is begun by
whoever could not say that something must be dropped, as soon as he can and before he believes
anything again, and by every process at its first use, for its predecessor may have died owing one.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Any, Final, Self

from gesso.infra.cache.store import CLAIM, StoreAway, Taken
from gesso.infra.redis import RedisAway, RedisLink, Script
from gesso.kit.backoff import equal_jitter

_FIRST, _CAP = 0.1, 2.0
"""Seconds between tries to begin a new generation."""

_GENERATION = """
local generation = redis.call('get', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('set', KEYS[1], generation)
end
"""
"""The word that is in force, or ours where there is none: Redis was wiped, or pushed it out."""

_TAKE = (
    _GENERATION
    + """
local kept = redis.call('get', KEYS[2])
if kept and string.sub(kept, 1, #generation) == generation then
  return string.sub(kept, #generation + 1)
end
local claim = redis.call('get', KEYS[3])
if claim and string.sub(claim, 1, #generation) == generation then
  return 0
end
redis.call('set', KEYS[3], generation .. ARGV[2], 'px', ARGV[3])
return 1
"""
)
_SEIZE = (
    _GENERATION
    + """
redis.call('del', KEYS[2])
redis.call('set', KEYS[3], generation .. ARGV[2], 'px', ARGV[3])
"""
)
# A call that timed out may be carried out much later. This one then finds its claim gone, or of an
# older generation, and writes nothing.
_FULFIL = """
local generation = redis.call('get', KEYS[1])
if not generation or redis.call('get', KEYS[3]) ~= generation .. ARGV[1] then
  return 0
end
if ARGV[2] ~= '' then
  redis.call('set', KEYS[2], generation .. ARGV[2], 'px', ARGV[3])
end
redis.call('del', KEYS[3])
return 1
"""
_ADD = """
local count = redis.call('incrby', KEYS[1], ARGV[1])
if redis.call('pttl', KEYS[1]) < 0 then
  redis.call('pexpire', KEYS[1], ARGV[2])
end
return count
"""


class RedisStore:
    """Keeps values, claims and counters under keys that begin with `prefix`."""

    backend: Final = "redis"

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self._link, self._prefix = link, prefix
        self._take, self._seize = link.script(_TAKE), link.script(_SEIZE)
        self._fulfil, self._add = link.script(_FULFIL), link.script(_ADD)
        self._unheard, self._made_up = 1, 0
        self._making_up = asyncio.Lock()
        self._debt: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._debt is not None:
            self._debt.cancel()

    async def read(self, name: str) -> bytes | None:
        """The value; None where there is none."""
        await self._make_up()
        keys = self._keys(name)[:2]
        try:
            found: Any = await self._link.ask(lambda redis: redis.mget(keys))
        except RedisAway as error:
            raise StoreAway from error
        generation, kept = found
        is_valid = generation and kept and kept.startswith(generation)
        return bytes(kept[len(generation) :]) if is_valid else None

    async def take(self, name: str, claim: str) -> Taken:
        """The value, or in one step the claim on it unless somebody else has that."""
        found = await self._run(self._take, name, _new_word(), claim, _milliseconds(CLAIM))
        return Taken(found) if isinstance(found, bytes) else Taken(is_claimed=found == 1)

    async def seize(self, name: str, claim: str) -> None:
        """Drop the value and take the claim, whoever had it."""
        try:
            await self._run(self._seize, name, _new_word(), claim, _milliseconds(CLAIM))
        except StoreAway:
            self._owe()
            raise

    async def fulfil(self, name: str, claim: str, value: bytes | None, ttl: float) -> bool:
        """Write the value and give the claim back; False when the claim was lost."""
        return bool(await self._run(self._fulfil, name, claim, value or b"", _milliseconds(ttl)))

    async def drop(self, name: str) -> None:
        """Forget the value and any claim; what is not heard is made up for by a new generation."""
        keys = self._keys(name)[1:]
        try:
            await self._link.ask(lambda redis: redis.delete(*keys))
        except RedisAway as error:
            self._owe()
            raise StoreAway from error

    async def add(self, name: str, by: int, ttl: float) -> int:
        """Count on, in one step; a counter lives `ttl` seconds from its first count."""
        key = f"{self._prefix}:count:{name}"
        try:
            return int(await self._add([key], [by, _milliseconds(ttl)]))
        except RedisAway as error:
            raise StoreAway from error

    async def _run(self, script: Script, name: str, *arguments: str | bytes | int) -> Any:
        await self._make_up()
        try:
            return await script(self._keys(name), arguments)
        except RedisAway as error:
            raise StoreAway from error

    async def _make_up(self) -> None:
        """Begin a new generation if anything went unheard since the last one."""
        if self._made_up == self._unheard:
            return
        async with self._making_up:
            unheard = self._unheard
            if self._made_up == unheard:
                return
            try:
                await self._link.ask(lambda redis: redis.set(self._keys("")[0], _new_word()))
            except RedisAway as error:
                raise StoreAway from error
            self._made_up = unheard

    def _owe(self) -> None:
        """Something went unheard: make up for it in the background, for others believe it still."""
        self._unheard += 1
        if self._debt is None or self._debt.done():
            self._debt = asyncio.create_task(self._pay())

    async def _pay(self) -> None:
        tries = 0
        while self._made_up != self._unheard:
            tries += 1
            await asyncio.sleep(equal_jitter(tries, first=_FIRST, cap=_CAP))
            with suppress(StoreAway):
                await self._make_up()

    def _keys(self, name: str) -> list[str]:
        """Where the generation stands, the value, and the claim on it."""
        kinds = ("value", "claim")
        return [f"{self._prefix}:generation", *(f"{self._prefix}:{kind}:{name}" for kind in kinds)]


def _new_word() -> str:
    return secrets.token_hex(8)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
