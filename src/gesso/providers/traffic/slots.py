"""Slots: the bulkhead between providers. One that is slow takes up its own places and no others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Busy(Exception):
    """There is no place, or no turn, in the time that was to be waited; `after`: seconds until
    there is one, where that is known.
    """

    def __init__(self, after: float | None = None) -> None:
        super().__init__("there is no place on the way")
        self.after = after


class Slots:
    """So many places; as many may wait for one, and whoever comes then is turned away at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._places = asyncio.Semaphore(most)
        self._waiting = 0

    @asynccontextmanager
    async def take(self, patience: float) -> AsyncIterator[None]:
        """Have a place while the block lasts; Busy where there is none within `patience`
        seconds.
        """
        if self._places.locked() and (patience <= 0 or self._waiting >= self.most):
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(max(patience, 0.001)):
                await self._places.acquire()
        except TimeoutError as error:
            raise Busy from error
        finally:
            self._waiting -= 1
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._places.release()
