"""The bench: where a worker process does what messages bring.

Celery's processes run blocking functions, and everything of ours is asynchronous. So each process
has one event loop in a thread of its own, with its database connections, its HTTP client and its
leases; a task of Celery's waits there for its claims to be done, and only then acknowledges.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
import uvloop
from celery import Celery
from celery.exceptions import Ignore, TaskError, TaskRevokedError
from celery.states import FAILURE, REVOKED

from gesso.infra.errors import Unavailable
from gesso.work.celery.application import task_name
from gesso.work.duty import Duty, Ended
from gesso.work.hands import do

log = structlog.get_logger()

Opening = Callable[[], AbstractAsyncContextManager[Sequence[Duty[Any]]]]


class Bench:
    """Opens at a process's first work, for what a fork brings along is of no use to it."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._duties: Mapping[str, Duty[Any]] = {}
        self._failure: BaseException | None = None

    def add_tasks(self, celery: Celery, kinds: Collection[str]) -> None:
        """Give the application a task for each kind, done at this bench."""
        for kind in kinds:
            celery.task(name=task_name(kind), bind=True)(_task(self, kind))

    def open(self) -> None:
        """Be ready; raises what keeps it from that. A second call changes nothing."""
        with self._lock:
            if self._pid == os.getpid():
                return
            opened = threading.Event()
            self._failure = None
            self._thread = threading.Thread(
                target=self._run, args=(opened,), name="gesso-bench", daemon=True
            )
            self._thread.start()
            opened.wait()
            if self._failure is not None:
                raise self._failure
            self._pid = os.getpid()

    def perform(self, kind: str, claims: Sequence[str], *, again: bool) -> Ended | None:
        """Do what these claims are for; how it ended, where there is one claim and it did.

        While the database is away nothing can be redeemed: the message is spent, and the rows are
        found again by their leases.
        """
        self.open()
        if self._loop is None:
            raise RuntimeError("the bench did not open")
        work = self._perform(kind, claims, again=again)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self, patience: float = 5.0) -> None:
        """Give back what is in hand, and close; for the end of the process."""
        if self._pid == os.getpid() and self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            if self._thread is not None:
                self._thread.join(patience)

    async def _perform(self, kind: str, claims: Sequence[str], *, again: bool) -> Ended | None:
        duty = self._duties[kind]
        try:
            items = await duty.redeem(claims, again)
        except Unavailable as error:
            log.warning("claims_not_redeemed", kind=kind, reason=error.message)
            return None
        if len(items) < len(claims):
            log.info("claims_passed_over", kind=kind, late=len(claims) - len(items))
        results = await asyncio.gather(*(do(duty, item) for item in items))
        return results[0] if len(results) == 1 and isinstance(results[0], Ended) else None

    def _run(self, opened: threading.Event) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve(opened))
        except BaseException as error:  # noqa: BLE001  # it is raised where the bench is opened
            self._failure = error
        finally:
            opened.set()

    async def _serve(self, opened: threading.Event) -> None:
        async with self._opening() as duties:
            self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
            self._duties = {kind: duty for duty in duties for kind in duty.kinds}
            opened.set()
            await self._end.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)


def _task(bench: Bench, kind: str) -> Callable[..., Any]:
    def perform(task: Any, claims: list[str]) -> Any:
        is_again = bool((task.request.delivery_info or {}).get("redelivered"))
        ended = bench.perform(kind, claims, again=is_again)
        return None if task.request.ignore_result else _tell(task, ended)

    perform.__doc__ = f"Do the duty `{kind}` for these claims."
    return perform


def _tell(task: Any, ended: Ended | None) -> Any:
    """The result for whoever asks Celery for it. Of what has not ended Celery is told nothing: it
    takes the first success for the last word, and there may be another try.
    """
    if ended is None:
        raise Ignore
    if ended.failure is None:
        return ended.result
    # Stored and not raised: whatever made it fail was logged where it happened.
    if ended.is_cancelled:
        task.update_state(state=REVOKED, meta=TaskRevokedError(ended.failure))
    else:
        task.update_state(state=FAILURE, meta=TaskError(ended.failure))
    raise Ignore
