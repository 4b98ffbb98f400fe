"""Which key an attempt gets, and how long one rests that does not work. Pure decisions.

A key takes part by its weight while it is neither resting nor full. Full means as many jobs at the
provider as it may have, or as many lent within a minute; the minute slides (the share of the last
one that still counts is taken off evenly, as Cloudflare's counters do).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gesso.kit.backoff import equal_jitter

MINUTE: Final = timedelta(minutes=1)
PROBING: Final = timedelta(seconds=90)
"""How long the outcome of a probe is waited for: longer than a provider may take to answer."""
_FIRST, _LONGEST = 30.0, 3600.0
"""Seconds of the first rest, which doubles each time the key fails again, and of the longest."""
_BREATHER: Final = 5.0
"""Seconds of rest for a key that was used too fast, where the provider names none."""
_LOOK: Final = 1.0
"""Seconds until a full key is looked at again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A key as it stands when it is chosen from."""

    id: UUID
    weight: int
    max_concurrency: int | None
    per_minute: int | None
    in_flight: int
    faults: int
    rests_until: datetime | None
    window_at: datetime | None
    window_used: int
    window_before: int

    def lent(self, now: datetime) -> "Standing":
        """As it stands once it was lent; one that comes back from a fault rests until it has shown
        that it works.
        """
        this = _minute(now)
        at_once = self.window_at == this
        before = self.window_used if self.window_at == this - MINUTE else 0
        return replace(
            self,
            in_flight=self.in_flight + 1,
            rests_until=now + PROBING if self.is_probed(now) else None,
            window_at=this,
            window_used=self.window_used + 1 if at_once else 1,
            window_before=self.window_before if at_once else before,
        )

    def is_probed(self, now: datetime) -> bool:
        """Whether whoever gets it now tries it out."""
        return self.faults > 0 and not self._rests(now)

    def wait(self, now: datetime) -> float:
        """Seconds until it may be free; 0 when it is."""
        if self._rests(now) and self.rests_until is not None:
            return max(0.1, (self.rests_until - now).total_seconds())
        if self.max_concurrency is not None and self.in_flight >= self.max_concurrency:
            return _LOOK
        if self.per_minute is not None and self.used(now) + 1 > self.per_minute:
            return max(_LOOK, MINUTE.total_seconds() / self.per_minute)
        return 0.0

    def used(self, now: datetime) -> float:
        """How often it was lent in the last sixty seconds, taken evenly."""
        this = _minute(now)
        left = 1.0 - (now - this) / MINUTE
        if self.window_at == this:
            return self.window_used + self.window_before * left
        return self.window_used * left if self.window_at == this - MINUTE else 0.0

    def _rests(self, now: datetime) -> bool:
        return self.rests_until is not None and self.rests_until > now


def choose(keys: Sequence[Standing], now: datetime, dice: float) -> Standing | float:
    """One of the free keys, by weight (`dice` between 0 and 1); else seconds until one may be.

    One that has to be tried out comes first: the others carry the load meanwhile.
    """
    free = [key for key in keys if key.wait(now) <= 0]
    if not free:
        return min((key.wait(now) for key in keys), default=_LOOK)
    free = [key for key in free if key.is_probed(now)] or free
    point = dice * sum(key.weight for key in free)
    for key in free:
        point -= key.weight
        if point < 0:
            return key
    return free[-1]


def rest(faults: int, after: float | None, *, pick: float | None = None) -> timedelta:
    """How long a key rests that has failed so often in a row, and never less than it was told."""
    wait = equal_jitter(faults, first=_FIRST, cap=_LONGEST, pick=pick)
    return timedelta(seconds=max(wait, after or 0.0))


def breather(after: float | None) -> timedelta:
    """How long a key rests that was used too fast."""
    return timedelta(seconds=_BREATHER if after is None else min(after, _LONGEST))


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
