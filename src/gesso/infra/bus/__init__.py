"""The bus: it tells who waits that something has changed, and never what.

A topic is a word such as `due`, `queue:image` or `stream:<owner>`. Ringing it is a hint: whoever
hears looks into the database, and whoever misses it looks a little later by himself.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

__all__ = ["Bell", "Bus", "Listener"]

Listener = Callable[[frozenset[str]], None]
"""Is told topics inside the event loop; it must not block."""


class Bell:
    """What a subscriber waits for; however often it is rung meanwhile, it is heard once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the subscriber, now or when it next waits."""
        self._rung.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109  # an answer, not an error
        """Whether it was rung since the last wait; False after `timeout` seconds of silence."""
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bus(AbstractAsyncContextManager["Bus"], Protocol):
    """Carries wake-ups to everybody who waits; losing one costs delay, never data.

    It is entered before use and left at the end.
    """

    def publish(self, topics: Iterable[str]) -> None:
        """Ring here at once, and in the other processes soon; never blocks, never raises.

        Give it to `Database.listen`.
        """
        ...

    def ring(self, topics: Iterable[str]) -> None:
        """Ring in this process only: for what each process finds out by itself."""
        ...

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[Bell]:
        """A bell that is rung for `topic` from here to the end of the block."""
        ...

    def listen(self, listener: Listener) -> None:
        """Have `listener` told every topic that is rung, by whichever process, once each time."""
        ...

    async def trouble(self) -> str | None:
        """What keeps wake-ups of other processes away, for the health page."""
        ...
