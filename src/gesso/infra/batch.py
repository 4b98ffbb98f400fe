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
from gesso.kit.backoff import full_jitter

Q = TypeVar("Q")
A = TypeVar("A")
U = TypeVar("U")
Verb = Callable[[Q], Awaitable[A]]

log = structlog.get_logger()


class Batch(Generic[Q, A]):
    """A set-based verb, called one item at a time; `unit` opens the `tx` or `view` of each batch.

    A call that finds nobody at work starts at once, so an idle system waits for nothing; those that
    come meanwhile go together next. An answer that is an exception is raised for its caller alone.
    When a whole batch breaks, its items are tried one by one, so that one bad item never fails
    another; but an error of a kind that is `shared` is no item's fault, and is raised for all. As
    many as `abreast` batches are under way at the same time.
    """

    def __init__(
        self,
        unit: Callable[[], AbstractAsyncContextManager[U]],
        verb: Callable[[U, Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        *,
        limit: int = 128,
        abreast: int = 1,
        shared: tuple[type[Exception], ...] = (DatabaseAway,),
    ) -> None:
        self._unit: Callable[[], AbstractAsyncContextManager[Any]] = unit
        self._verb: Callable[[Any, Sequence[Q]], Awaitable[Sequence[A | Exception]]] = verb
        self._limit, self._abreast, self._shared = limit, abreast, shared
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._runners: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Q) -> A:
        """The verb's answer for `item`, once the transaction that it went with is durable."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._runners = {runner for runner in self._runners if not runner.done()}
        if len(self._runners) < self._abreast:
            self._runners.add(asyncio.create_task(self._run()))
        return await answer

    async def _run(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            try:
                await self._commit(taken)
            except self._shared as error:
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


def insist(verb: Verb[Q, A]) -> Verb[Q, A]:
    """The verb, repeated while the database is away: for news that may not be had again.

    Only for what may be told twice, as news under a fence may: the second time changes nothing. Who
    lost the lease meanwhile is stopped by that.
    """

    async def repeated(news: Q) -> A:
        tries = 0
        while True:
            try:
                return await verb(news)
            except DatabaseAway as error:
                tries += 1
                log.info("report_postponed", tries=tries, reason=error.message)
                await asyncio.sleep(0.1 + full_jitter(tries, first=0.2, cap=2.0))

    return repeated
