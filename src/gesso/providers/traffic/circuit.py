"""The circuit breaker: a provider that fails again and again is left alone for a while.

Closed, everything passes. After `IN_A_ROW` faults in a row, or when half of at least `MANY` calls
within `WITHIN` seconds were faults, it opens and nothing passes. When its pause is over it is half
open: one call passes as a probe, and decides. Each failed probe doubles the pause.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

State = Literal["closed", "open", "half_open"]

IN_A_ROW: Final = 5
MANY: Final = 20
WITHIN: Final = 30.0
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0
_PROBING: Final = 30.0
"""Seconds for which a probe's outcome is waited for before another one passes."""
_BREATH: Final = 1.0
"""Seconds that those wait who come while a probe is out."""


class Circuit:
    """Of one provider under one credential; times are seconds of a clock that never goes back."""

    def __init__(
        self, now: Callable[[], float], *, dice: Callable[[], float] = random.random
    ) -> None:
        self._now, self._dice = now, dice
        self.state: State = "closed"
        self.since = now()
        """When it came into this state."""
        self._until = 0.0
        """Open: when its pause ends; half open: when its probe is given up."""
        self._pause = FIRST_PAUSE
        self._in_a_row = 0
        self._lately: deque[tuple[float, bool]] = deque(maxlen=256)

    @property
    def rest(self) -> float:
        """Seconds until something may pass; 0 where it may now."""
        left = max(0.0, self._until - self._now())
        match self.state:
            case "closed":
                return 0.0
            case "open":
                return left
        return min(left, _BREATH)

    def enter(self) -> float:
        """0 for who may pass, and who does so at the end of a pause is the probe; else seconds to
        wait.
        """
        wait = self.rest
        if wait == 0.0 and self.state != "closed":
            self._turn("half_open", self._now() + _PROBING)
        return wait

    def record(self, *, is_fault: bool, began: float) -> None:
        """Learn how a call went that began then; one from before the present state tells nothing
        of it.
        """
        if began < self.since:
            return
        if self.state == "closed":
            self._count(is_fault)
        elif not is_fault:
            self._close()
        elif self.state == "half_open":
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
            self._open()

    def _count(self, is_fault: bool) -> None:  # noqa: FBT001
        now = self._now()
        self._in_a_row = self._in_a_row + 1 if is_fault else 0
        self._lately.append((now, is_fault))
        lately = [fault for at, fault in self._lately if now - at < WITHIN]
        are_half = len(lately) >= MANY and 2 * sum(lately) >= len(lately)
        if self._in_a_row >= IN_A_ROW or (is_fault and are_half):
            self._open()

    def _open(self) -> None:
        # The jitter keeps processes from probing in step.
        self._turn("open", self._now() + self._pause * (0.8 + 0.4 * self._dice()))

    def _close(self) -> None:
        self._pause, self._in_a_row = FIRST_PAUSE, 0
        self._lately.clear()
        self._turn("closed", 0.0)

    def _turn(self, state: State, until: float) -> None:
        self.state, self.since, self._until = state, self._now(), until
