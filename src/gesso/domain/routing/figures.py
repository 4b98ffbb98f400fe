"""Figures: how a target did lately. What was long ago weighs less and less."""

from dataclasses import dataclass

HALF_LIFE = 300.0
"""Seconds after which an attempt weighs half of what it did."""
_FRESH = 0.2
"""How much the newest latency and cost weigh in their means."""
_LONGEST_REST = 600.0
_TRUST = 20.0
"""How many successes everybody is believed to have had before anything is known of them: so one
failure alone moves nobody from the first place.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """An attempt that has ended: whether it was delivered, and if not whose fault that was."""

    target: str
    ok: bool
    at: float
    """When, in seconds since 1970."""
    fault: str | None = None
    """`user`, `key` or `provider`, as `gesso.providers.readings` tells it."""
    seconds: float | None = None
    cost: int | None = None


class Figures:
    """Success, speed and cost of one target, and whether it is left alone for a while."""

    def __init__(self) -> None:
        self._good = self._bad = 0.0
        self._at = 0.0
        self.streak = 0
        """How many have failed in a row."""
        self.failed_at = 0.0
        self.probed_at = 0.0
        self._vain = 0
        """How many probes have failed in a row."""
        self.seconds: float | None = None
        self.cost: float | None = None

    def add(self, seen: Seen) -> None:
        """Count an attempt."""
        self._fade(seen.at)
        if seen.ok:
            # A row of failures that is over was an outage, and tells nothing of how it does now.
            self._bad = max(0.0, self._bad - self.streak) if self.streak > 1 else self._bad
            self._good, self.streak, self._vain = self._good + 1, 0, 0
            self.seconds = _blend(self.seconds, seen.seconds)
            self.cost = _blend(self.cost, seen.cost)
        else:
            self._bad, self.streak = self._bad + 1, self.streak + 1
            self._vain += self.probed_at > self.failed_at
            self.failed_at = max(self.failed_at, seen.at)

    def success(self, now: float) -> float:
        """The share that succeeds, as far as one can tell; near 1 where little is known."""
        weight = _weight(now - self._at)
        good, bad = self._good * weight, self._bad * weight
        return (good + _TRUST) / (good + bad + _TRUST)

    def rests_until(self, faults: int, rest: float) -> float:
        """Until when it is left alone: after `faults` failures in a row for `rest` seconds, after
        each probe in vain for twice as long.
        """
        if self.streak < faults:
            return 0.0
        longer = rest * 2.0 ** min(self._vain, 16)
        return max(self.failed_at, self.probed_at) + min(longer, max(rest, _LONGEST_REST))

    def _fade(self, now: float) -> None:
        weight = _weight(now - self._at)
        self._good, self._bad = self._good * weight, self._bad * weight
        self._at = max(self._at, now)


def _weight(age: float) -> float:
    return float(0.5 ** (max(0.0, age) / HALF_LIFE))


def _blend(mean: float | None, newest: float | None) -> float | None:
    if newest is None:
        return mean
    return float(newest) if mean is None else mean + _FRESH * (newest - mean)
