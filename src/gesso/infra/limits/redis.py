"""A limiter in Redis, shared by every process of a house, which goes on alone while it is away.

Questions that arrive together go in one call, and one script decides each of them whole. Time is
Redis' own. What it answers is remembered here: a refusal is certain until its time is over, so a
flood costs no calls; and when Redis is away, or was wiped, nobody begins anew. Alone, a process
lets its share through: the limits divided by how many serve.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from gesso.infra import metrics
from gesso.infra.batch import Batch
from gesso.infra.limits.memory import MemoryLimiter, monotonic, share
from gesso.infra.limits.port import Rule, Standing
from gesso.infra.limits.shared_seats import RedisSeats
from gesso.infra.redis import RedisAway, RedisLink
from gesso.kit.ids import new_id
from gesso.kit.rates import SECOND

_ROLL: Final = 5.0
"""Seconds between calls of the roll; who was silent for four of them is gone."""

_DECIDE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local answers, key, arg = {}, 1, 1
for question = 1, ARGV[1] do
  arg = arg + 1
  local rules, refused, moments = tonumber(ARGV[arg]), 0, {}
  for rule = 1, rules do
    local interval, tolerance = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    local moment = tonumber(redis.call('GET', KEYS[key + rule - 1]) or 0)
    moment = math.max(moment, now, now + tonumber(ARGV[arg + 3]))
    if refused == 0 and moment - now + interval > tolerance then refused = rule end
    moments[rule] = moment
    arg = arg + 3
  end
  answers[#answers + 1] = refused
  for rule = 1, rules do
    local moment = moments[rule]
    if refused == 0 then
      moment = moment + tonumber(ARGV[arg - 3 * (rules - rule) - 2])
      redis.call('SET', KEYS[key + rule - 1], string.format('%.0f', moment),
        'PX', math.ceil((moment - now) / 1000) + 1)
    end
    answers[#answers + 1] = moment - now
  end
  key = key + rules
end
return answers
"""
_CALL_ROLL: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1])
"""

_asked = metrics.counter(
    "limits_asked", "Questions whether one more may come, by who decided.", "by"
)
_shared, _here, _alone = (_asked.labels(by) for by in ("shared", "known", "alone"))


class RedisLimiter:
    """Counts under keys that begin with `prefix`."""

    def __init__(
        self, link: RedisLink, prefix: str, *, timeout: float, instances: int | None = None
    ) -> None:
        """`timeout` is the link's; how many serve is heard in Redis, unless `instances` says it."""
        self._link, self._prefix = link, prefix
        self._decide, self._call_roll = link.script(_DECIDE), link.script(_CALL_ROLL)
        self._known = MemoryLimiter()
        # What was known when a question left may be older than what Redis knows, never newer.
        self._doubt = round(timeout * SECOND)
        self._among, self._is_told = instances or 1, instances is not None
        self._name = new_id().hex
        self._seats: list[RedisSeats] = []
        self._batch = Batch(_nothing, self._ask_all, limit=256)

    @property
    def instances(self) -> int:
        """How many serve, as far as was heard last."""
        return self._among

    async def ask(self, rules: Sequence[Rule]) -> Standing:
        """Count one more under all of these, unless one of them refuses."""
        refusal = self._known.glance(rules)
        if refusal is not None:
            _here.inc()
            return refusal
        if self._link.is_away:
            return self._alone(rules)
        return await self._batch(rules)

    def glance(self, rules: Sequence[Rule]) -> Standing | None:
        """A refusal that Redis has given and that still holds."""
        return self._known.glance(rules)

    def seats(self, name: str, most: int) -> RedisSeats:
        """Seats that every process gives out together, as long as `call_roll` runs."""
        made = RedisSeats(
            self._link, f"{self._prefix}:seats:{name}", most, processes=lambda: self._among
        )
        self._seats.append(made)
        return made

    async def call_roll(self) -> None:
        """Say every few seconds that we serve, and who sits here, and hear how many do; runs until
        cancelled.
        """
        while True:
            try:
                answer = await self._call_roll(
                    [f"{self._prefix}:serving"], [self._name, int(_ROLL * 4)]
                )
                if not self._is_told:
                    self._among = max(1, int(answer))
            except RedisAway:
                pass  # as many as before
            for seats in self._seats:
                await seats.renew()
            await asyncio.sleep(_ROLL)

    async def _ask_all(self, _: None, asked: Sequence[Sequence[Rule]]) -> list[Standing]:
        """One call for all of these; without an answer each is decided here."""
        keys = [f"{self._prefix}:{rule.key}" for rules in asked for rule in rules]
        numbers: list[str | bytes | int] = [len(asked)]
        for rules in asked:
            numbers.append(len(rules))
            for rule in rules:
                known = self._known.ahead(rule.key) - self._doubt
                numbers += (rule.rate.interval, rule.rate.tolerance, max(0, known))
        sent = monotonic()
        try:
            told = await self._decide(keys, numbers)
        except RedisAway:
            return [self._alone(rules) for rules in asked]
        _shared.inc(len(asked))
        return self._read(asked, told, sent)

    def _read(
        self, asked: Sequence[Sequence[Rule]], told: Sequence[int], sent: int
    ) -> list[Standing]:
        standings, place = [], 0
        for rules in asked:
            refused, ahead = told[place], list(told[place + 1 : place + 1 + len(rules)])
            place += 1 + len(rules)
            for rule, far in zip(rules, ahead, strict=True):
                self._known.learn(rule.key, sent + far)
            standings.append(Standing(rules, ahead, refused - 1 if refused else None))
        return standings

    def _alone(self, rules: Sequence[Rule]) -> Standing:
        _alone.inc()
        return self._known.decide(share(rules, self._among), is_local=True)


def _nothing() -> AbstractAsyncContextManager[None]:
    return nullcontext()
