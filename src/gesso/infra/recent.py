"""Answers that were good a moment ago: believed without asking again for one second.

Whatever is asked about often costs about one question a second, and what has become untrue is
believed for a second at most. That nobody is known is never remembered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_LIFE: Final = 1.0
"""Seconds for which a good answer is believed."""

_MOST: Final = 10_000


class Recent(Generic[Key, Asked, Answer]):
    """Good answers by key; at most one question for the same key at a time."""

    def __init__(
        self,
        ask: Callable[[Asked], Awaitable[Answer | None]],
        left: Callable[[Answer], float | None],
    ) -> None:
        """`left` tells in how many seconds an answer becomes untrue by itself; None: never."""
        self._ask, self._left = ask, left
        self._known: dict[Key, tuple[Answer, float]] = {}
        self._asking: dict[Key, asyncio.Task[Answer | None]] = {}

    async def get(self, key: Key, asked: Asked) -> Answer | None:
        """The answer that is remembered under `key`, or what asking says now."""
        known = self._known.get(key)
        if known and asyncio.get_running_loop().time() < known[1]:
            return known[0]
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._learn(key, asked))
            self._asking[key] = asking
            asking.add_done_callback(lambda task: self._asked(key, task))
        # The client that asked first may leave; those who wait with it must get their answer.
        return await asyncio.shield(asking)

    async def _learn(self, key: Key, asked: Asked) -> Answer | None:
        # Counted from before the question, for what becomes untrue while it is asked.
        good_until = asyncio.get_running_loop().time() + _LIFE
        found = await self._ask(asked)
        self._known.pop(key, None)
        if found is None:
            return None
        left = self._left(found)
        if left is not None:
            good_until += min(0.0, left - _LIFE)
        while len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[key] = (found, good_until)
        return found

    def _asked(self, key: Key, task: asyncio.Task[Answer | None]) -> None:
        self._asking.pop(key, None)
        # Everybody who waited may be gone; an error that nobody fetches would be logged as a fault.
        with suppress(asyncio.CancelledError):
            task.exception()
