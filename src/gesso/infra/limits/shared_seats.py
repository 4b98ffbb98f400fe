"""Seats that every process of a house counts together in Redis, and each alone while it is away.

Of everybody who sits here each process says how many they have: a whole number, not one more or one
less, so what is said twice, late or lost is put right by what is said next. It holds for some
seconds, and is said anew before they are over; so a Redis that was wiped knows soon, and the seats
of a process that was killed are free when its word has run out.

An eighth of the seats is spread over the processes and given out without asking anybody: who has no
more than a few requests under way costs no call. What is shared is the rest, so all processes
together never give out more than there are.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from gesso.infra.batch import Batch
from gesso.infra.redis import RedisAway, RedisLink
from gesso.kit.ids import new_id

LIFE: Final = 20.0
"""Seconds for which a process' word holds."""
_SPARED: Final = 8

_SAY: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local me, ends = ARGV[1], now + ARGV[2]
local answers = {}
for place, key in ipairs(KEYS) do
  local most = tonumber(ARGV[3 * place])
  local sits, asks = tonumber(ARGV[3 * place + 1]), tonumber(ARGV[3 * place + 2])
  local others, told = 0, redis.call('HGETALL', key)
  for field = 1, #told, 2 do
    local count, until_ = string.match(told[field + 1], '(%d+) (%d+)')
    if tonumber(until_) < now then
      redis.call('HDEL', key, told[field])
    elseif told[field] ~= me then
      others = others + count
    end
  end
  local given = math.max(0, math.min(asks, most - others - sits))
  if sits + given > 0 then
    redis.call('HSET', key, me, string.format('%d %.0f', sits + given, ends))
    redis.call('PEXPIRE', key, ARGV[2])
  else
    redis.call('HDEL', key, me)
  end
  answers[place] = given
end
return answers
"""


class RedisSeats:
    """As many seats as `most` for each who comes, over all processes; 0: without end."""

    def __init__(
        self,
        link: RedisLink,
        prefix: str,
        most: int,
        *,
        processes: Callable[[], int],
        life: float = LIFE,
    ) -> None:
        """`processes` tells how many serve; keys begin with `prefix`."""
        self._link, self._prefix, self._most = link, prefix, most
        self._processes, self._life = processes, round(life * 1000)
        self._say = link.script(_SAY)
        self._name = new_id().hex
        self._taken: Counter[str] = Counter()
        """Seats given out here, those that are being asked for among them."""
        self._batch: Batch[tuple[str, int], bool] = Batch(_nothing, self._say_all, limit=256)
        self._telling: set[asyncio.Task[bool]] = set()

    async def take(self, who: str) -> Callable[[], None] | None:
        """A seat, as what gives it back; None where all are taken. To give it back once more
        changes nothing.
        """
        if self._most and self._taken[who] >= self._most:
            return None
        self._taken[who] += 1
        if self._shared(who) and not await self._is_given(who):
            return None
        is_taken = True

        def leave() -> None:
            nonlocal is_taken
            if is_taken:
                is_taken = False
                self._give_back(who)

        return leave

    async def renew(self) -> None:
        """Say again of everybody who sits here, before what was said last has run out."""
        known = [who for who in self._taken if self._shared(who)]
        await asyncio.gather(*(self._batch((who, 0)) for who in known))

    @property
    def _spare(self) -> int:
        """How many this process gives out to each without asking."""
        return self._most // (_SPARED * max(1, self._processes()))

    def _shared(self, who: str) -> int:
        """How many of somebody's seats here are of those that all processes share."""
        return max(0, self._taken[who] - self._spare) if self._most else 0

    async def _is_given(self, who: str) -> bool:
        """Whether the others leave room for a seat that was taken here; else it is not any more."""
        try:
            is_given = await self._batch((who, 1))
        except asyncio.CancelledError:
            self._give_back(who)
            raise
        if not is_given:
            self._forget(who)
        return is_given

    def _give_back(self, who: str) -> None:
        was_shared = self._shared(who)
        self._forget(who)
        if was_shared:
            telling = asyncio.ensure_future(self._batch((who, 0)))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    def _forget(self, who: str) -> None:
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]

    async def _say_all(self, _: None, asked: Sequence[tuple[str, int]]) -> list[bool]:
        """One call for all of these; without an answer what this process has itself is enough."""
        asks: Counter[str] = Counter()
        for who, seats in asked:
            asks[who] += seats
        most = self._most - self._spare * max(1, self._processes())
        numbers: list[str | bytes | int] = [self._name, self._life]
        needed = {}
        for who, seats in asks.items():
            shared = self._shared(who)
            # Who left meanwhile may have made room among those that need no asking.
            needed[who] = min(seats, shared)
            numbers += (most, shared - needed[who], needed[who])
        try:
            told = await self._say([f"{self._prefix}:{who}" for who in asks], numbers)
        except RedisAway:
            return [True] * len(asked)
        left = {who: asks[who] - needed[who] + given for who, given in zip(asks, told, strict=True)}
        answers = []
        for who, seats in asked:
            answers.append(seats <= left[who])
            left[who] -= seats if answers[-1] else 0
        return answers


def _nothing() -> AbstractAsyncContextManager[None]:
    return nullcontext()
