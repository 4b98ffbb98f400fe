"""The bus in process: wake-ups between the tasks of one event loop."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Self

import structlog

from gesso.infra.bus import Bell, Listener

_log = structlog.get_logger("gesso.bus")


class LocalBus:
    """Rings in this process, where there is no other."""

    def __init__(self) -> None:
        self._bells: dict[str, set[Bell]] = {}
        self._listeners: list[Listener] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def publish(self, topics: Iterable[str]) -> None:
        """Ring everybody who waits for one of these topics."""
        self.ring(topics)

    def ring(self, topics: Iterable[str]) -> None:
        """The same: there is nobody else."""
        topics = frozenset(topics)
        for topic in topics:
            for bell in self._bells.get(topic, ()):
                bell.ring()
        for listener in self._listeners if topics else ():
            try:
                listener(topics)
            except Exception:  # noqa: BLE001  # the commit is done; its caller is not to blame
                _log.exception("bus_listener_failed")

    def listen(self, listener: Listener) -> None:
        """Have `listener` told every topic that is rung."""
        self._listeners.append(listener)

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

    async def trouble(self) -> str | None:
        """None: there is nothing between those who ring and those who wait."""
        return None
