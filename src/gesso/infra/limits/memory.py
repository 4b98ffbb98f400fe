"""A limiter in this process; it is also what is known here of a shared one."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from gesso.infra.limits.port import Rule, Standing
from gesso.infra.limits.seats import OwnSeats
from gesso.kit.rates import shared_out, wait

_MOST: Final = 50_000

Clock = Callable[[], int]
"""Microseconds that only grow."""


def monotonic() -> int:
    """Microseconds of this machine's monotonic clock."""
    return time.monotonic_ns() // 1000


def share(rules: Sequence[Rule], among: int) -> Sequence[Rule]:
    """What of these is one limiter's, of so many that do not hear each other."""
    if among == 1:
        return rules
    return [rule._replace(rate=shared_out(rule.rate, among)) for rule in rules]


class MemoryLimiter:
    """Keeps one number for each thing that came lately; what is paid off is forgotten."""

    def __init__(self, clock: Clock = monotonic, *, most: int = _MOST, among: int = 1) -> None:
        """`among` is how many such limiters there are that do not hear each other."""
        self._clock, self._most, self._among = clock, most, among
        self._moments: dict[str, int] = {}

    async def ask(self, rules: Sequence[Rule]) -> Standing:
        """Count one more under all of these, unless one of them refuses."""
        return self.decide(share(rules, self._among))

    def decide(self, rules: Sequence[Rule], *, is_local: bool = False) -> Standing:
        """The same, at once."""
        now, moments = self._clock(), self._moments
        ahead = [max(0, moments.get(rule.key, 0) - now) for rule in rules]
        for place, rule in enumerate(rules):
            if ahead[place] + rule.rate.interval > rule.rate.tolerance:
                return Standing(rules, ahead, place, is_local)
        for place, rule in enumerate(rules):
            ahead[place] += rule.rate.interval
            moments[rule.key] = now + ahead[place]
        if len(moments) > self._most:
            self._forget(now)
        return Standing(rules, ahead, None, is_local)

    def glance(self, rules: Sequence[Rule]) -> Standing | None:
        """A refusal, if it would be one."""
        now = self._clock()
        for place, rule in enumerate(rules):
            if wait(rule.rate, self._moments.get(rule.key, 0) - now):
                return Standing(rules, [self.ahead(each.key) for each in rules], place)
        return None

    def seats(self, _name: str, most: int) -> OwnSeats:
        """Seats of this process."""
        return OwnSeats(most)

    async def call_roll(self) -> None:
        """Nobody else counts here."""

    def ahead(self, key: str) -> int:
        """How far the moment of this lies ahead, by what is known here."""
        return max(0, self._moments.get(key, 0) - self._clock())

    def learn(self, key: str, moment: int) -> None:
        """Know better from now on: a moment by this limiter's clock, if it is later."""
        if moment > self._moments.get(key, 0):
            self._moments[key] = moment
            if len(self._moments) > self._most:
                self._forget(self._clock())

    def _forget(self, now: int) -> None:
        """Make room: what is paid off, and if that is not enough what is soonest."""
        kept = {key: moment for key, moment in self._moments.items() if moment > now}
        if len(kept) > self._most // 2:
            later = sorted(kept.items(), key=lambda pair: pair[1])[-self._most // 2 :]
            kept = dict(later)
        self._moments = kept
