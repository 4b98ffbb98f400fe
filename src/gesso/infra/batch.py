"""Group commit: calls that arrive together share one transaction, and each still gets its own
answer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

import structlog

from gesso.infra.db import DatabaseAway

Q = TypeVar("Q")
A = TypeVar("A")
U = TypeVar("U")

log = structlog.get_logger()


class Batch(Generic[Q, A]):
    """A set-based verb, called one item at a time; `unit` opens the `tx` or `view` of each batch.

    A call that finds nobody at work starts at once, so an idle system waits for nothing; those that
    come meanwhile go together next. An answer that is an exception is raised for its caller alone.
    When a whole batch breaks, its items are tried one by one, so that one bad item never fails
    another.
    """

    def __init__(
        self,
        unit: Callable[[], AbstractAsyncContextManager[U]],
        verb: Callable[[U, Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        *,
        limit: int = 128,
    ) -> None:
        self._unit: Callable[[], AbstractAsyncContextManager[Any]] = unit
        self._verb: Callable[[Any, Sequence[Q]], Awaitable[Sequence[A | Exception]]] = verb
        self._limit = limit
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def __call__(self, item: Q) -> A:
        """The verb's answer for `item`, once the transaction that it went with is durable."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            try:
                await self._commit(taken)
            except DatabaseAway as error:
                _refuse(taken, error)
            except Exception as error:  # noqa: BLE001  # whatever broke, the others must not suffer
                if len(taken) == 1:
                    _refuse(taken, error)
                    continue
                log.warning("batch_broken", size=len(taken), error=repr(error))
                await self._one_by_one(taken)

    async def _one_by_one(self, taken: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        for pair in taken:
            try:
                await self._commit([pair])
            except Exception as error:  # noqa: BLE001  # it is this caller's to handle
                _refuse([pair], error)

    async def _commit(self, taken: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        async with self._unit() as unit:
            answers = await self._verb(unit, [item for item, _ in taken])
        for (_, future), answer in zip(taken, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _refuse(taken: Sequence[tuple[Q, asyncio.Future[A]]], error: Exception) -> None:
    for _, future in taken:
        if not future.done():
            future.set_exception(error)
