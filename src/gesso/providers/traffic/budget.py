"""The retry budget: of all calls to a provider, one in ten may be a repetition.

A provider that fails every time is so asked 1.1 times as often as it would be without any retry,
and never more.
"""

from typing import Final

PER_RETRY: Final = 10
_MOST: Final = 10
"""Repetitions that can be saved up."""


class Budget:
    """Earned by calls, spent by repetitions; it begins empty."""

    def __init__(self) -> None:
        self._earned = 0

    def earn(self) -> None:
        """A call was made that is no repetition."""
        self._earned = min(self._earned + 1, _MOST * PER_RETRY)

    def spend(self) -> bool:
        """Pay for a repetition; False where there is not enough."""
        if self._earned < PER_RETRY:
            return False
        self._earned -= PER_RETRY
        return True
