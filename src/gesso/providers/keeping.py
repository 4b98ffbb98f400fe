"""Keeping: answers that are good for a while are asked for once, however many want them.

Whoever sends us nonsense can make us ask for a provider's keys, so there is an end to it: one
question at a time, none in a minute after an answer, none in a few seconds after a failure.
"""

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gesso.infra.http import HttpError
from gesso.providers.flow import Answer, Call

FRESH = 60.0
"""Seconds in which an answer is not asked for again, even by one to whom it was no good."""
_REST = 5.0
"""Seconds in which nothing is asked again that has just gone wrong."""
_MOST = 256

Ask = Callable[[Call], Awaitable[Answer]]


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Answer | None = None
    answered_at: float = 0.0
    failure: str | Answer | None = None
    failed_at: float = 0.0


class Keeping:
    """The answers that one process keeps, the most useful few of them."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def ask(self, call: Call, ask: Ask) -> Answer:
        """The answer to this call, kept or new, be it a refusal; HttpError where there is none."""
        kept = self._kept.setdefault(_name(call), _Kept())
        self._kept.move_to_end(_name(call))
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        async with kept.lock:
            good = self._good(kept, call)
            age = self._now() - kept.answered_at
            if good is not None and (not call.fresh or age < FRESH):
                return good
            if kept.failure is None or self._now() - kept.failed_at >= _REST:
                answer = await self._anew(kept, call, ask)
                if answer is not None:
                    return answer
            if good is not None:
                return good
            if isinstance(kept.failure, Answer):
                return kept.failure
            raise HttpError(f"it cannot be had just now: {kept.failure}")

    def _good(self, kept: _Kept, call: Call) -> Answer | None:
        return kept.answer if self._now() - kept.answered_at < call.keep else None

    async def _anew(self, kept: _Kept, call: Call, ask: Ask) -> Answer | None:
        """A new answer, remembered if it is good; None where it could not be had."""
        try:
            answer = await ask(call)
        except HttpError as error:
            kept.failure, kept.failed_at = str(error), self._now()
            return None
        if answer.ok:
            kept.answer, kept.answered_at, kept.failure = answer, self._now(), None
            return answer
        kept.failure, kept.failed_at = answer, self._now()
        return None


def _name(call: Call) -> str:
    """What makes two calls the same; hashed, for headers hold keys."""
    sent = [repr(part) for part in (call.json, call.body, call.form)]
    parts = [call.method, call.url, sorted(call.headers.items()), sent]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
