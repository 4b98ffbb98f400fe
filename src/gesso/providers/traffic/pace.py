"""The pace: how many calls a minute go from this process to one provider.

They leave evenly, a second's worth at once at the most, so that whoever counts by the minute counts
no more than were agreed. It is kept by turns: who may wait is given the next free one, and who
comes after that the one behind it.
"""

from collections.abc import Callable
from typing import Final

from gesso.infra import metrics
from gesso.kit.rates import SECOND, parse_rate, wait
from gesso.providers.traffic.slots import Busy

_FURTHEST: Final = 60 * SECOND

_held_back = metrics.counter(
    "provider_held_back", "Trips that were put off because its rate was used up.", "provider"
)


class Pace:
    """Of one provider; times are seconds of a clock that never goes back."""

    def __init__(self, provider: str, per_minute: int, now: Callable[[], float]) -> None:
        self._rate = parse_rate(f"{per_minute}/minute burst {max(1, per_minute // 60)}")
        self._provider, self._now = provider, now
        self._paid_off = 0
        """When all calls so far are paid off, in microseconds."""
        self._back = 0
        """When whoever is turned away next should be back."""

    @property
    def rest(self) -> float:
        """Seconds until the next free turn; 0 where it is now."""
        return wait(self._rate, max(0, self._paid_off - self._moment())) / SECOND

    def turn(self, patience: float) -> float:
        """Take the next free turn; the seconds until then. Busy where those are more than
        `patience`, and then none is taken.
        """
        rest = self.rest
        if rest > patience:
            _held_back.labels(self._provider).inc()
            raise Busy(self._until_back(rest))
        self.go()
        return rest

    def _until_back(self, rest: float) -> float:
        """Seconds until somebody who is turned away should be back: each a turn later than the one
        before, so that no crowd comes for one turn, and a minute at the most.
        """
        now = self._moment()
        back = min(max(self._back, now + round(rest * SECOND)), now + _FURTHEST)
        self._back = back + self._rate.interval
        return (back - now) / SECOND

    def go(self) -> None:
        """A call goes out, whether it is its turn or not; those that come later pay for it."""
        self._paid_off = max(self._paid_off, self._moment()) + self._rate.interval

    def _moment(self) -> int:
        return round(self._now() * SECOND)
