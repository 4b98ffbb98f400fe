"""The bus in process: it tells who waits that something has changed, and never what."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager


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


class Bus:
    """Carries wake-ups between the tasks of one event loop; losing one costs delay, never data."""

    def __init__(self) -> None:
        self._bells: dict[str, set[Bell]] = {}

    def publish(self, topics: Iterable[str]) -> None:
        """Ring everybody who listens to one of these topics; give it to `Database.listen`."""
        for topic in topics:
            for bell in self._bells.get(topic, ()):
                bell.ring()

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[Bell]:
        """A bell that is rung for `topic` from here to the end of the block."""
        bell = Bell()
        self._bells.setdefault(topic, set()).add(bell)
        try:
            yield bell
        finally:
            rest = self._bells[topic]
            rest.discard(bell)
            if not rest:
                del self._bells[topic]
