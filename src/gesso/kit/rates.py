"""Rates: how often something may happen, and whether it may happen now.

The generic cell rate algorithm (ITU-T I.371, annex A): of each thing one moment is known, at which
its past would be paid off if nothing more came. Whoever comes moves it on by one interval; who
would move it more than the burst ahead of now is refused, and moves nothing. In any stretch of time
so many pass at most as the burst allows, and one for each interval of it.
"""

import re
from dataclasses import dataclass
from typing import Final

SECOND: Final = 1_000_000
"""Microseconds: moments and intervals are whole ones, which Lua's numbers hold exactly."""

_PERIODS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_MOST_A_SECOND: Final = 10_000
_SHAPE: Final = re.compile(r"(\d{1,9})/(second|minute|hour|day)(?: burst (\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a period (seconds), and so many of them at once."""

    count: int
    period: int
    burst: int
    interval: int
    """Microseconds in which one is paid off; rounded down, so that nobody gets less than said."""
    tolerance: int
    """Microseconds by which the moment may lie ahead."""

    def __str__(self) -> str:
        name = next(name for name, seconds in _PERIODS.items() if seconds == self.period)
        text = f"{self.count}/{name}"
        return text if self.burst == self.count else f"{text} burst {self.burst}"


def parse_rate(text: str) -> Rate:
    """The rate that `600/minute` or `600/minute burst 200` says; without a burst all of them may
    come at once. ValueError for anything else.
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no rate: {text!r}; write as in '600/minute' or '600/minute burst 200'")
    count, period = int(found[1]), _PERIODS[found[2]]
    burst = int(found[3]) if found[3] else count
    if count < 1 or burst < 1:
        raise ValueError(f"a rate lets one through at least: {text!r}")
    if count > _MOST_A_SECOND * period:
        raise ValueError(f"a rate is at most {_MOST_A_SECOND} a second: {text!r}")
    interval = SECOND * period // count
    return Rate(count, period, burst, interval, interval * burst)


def shared_out(rate: Rate, among: int) -> Rate:
    """What one of so many may let through that cannot ask each other; at least one at a time."""
    if among <= 1:
        return rate
    interval = rate.interval * among
    return Rate(rate.count, rate.period, rate.burst, interval, max(rate.tolerance, interval))


def wait(rate: Rate, ahead: int) -> int:
    """Microseconds until one more may come, whose moment lies `ahead` of now; 0: it may now."""
    return max(0, ahead + rate.interval - rate.tolerance)


def left(rate: Rate, ahead: int) -> int:
    """How many more may come at once."""
    return max(0, (rate.tolerance - ahead) // rate.interval)
