"""Seats of this process: how much somebody has under way here at the same time."""

from collections import Counter
from collections.abc import Callable


class OwnSeats:
    """As many seats as `most` for each who comes; 0: without end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    async def take(self, who: str) -> Callable[[], None] | None:
        """A seat, as what gives it back; None where all are taken. To give it back once more
        changes nothing.
        """
        if self._most and self._taken[who] >= self._most:
            return None
        self._taken[who] += 1
        is_taken = True

        def leave() -> None:
            nonlocal is_taken
            if not is_taken:
                return
            is_taken = False
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]

        return leave
