"""Worker processes: heavy or dangerous work away from the event loop,
killed one by one when it takes too long.

The heavy libraries are imported only there, so the serving process stays small. Progress travels
through a small file, which works across any start method. Nothing outlives the serving process: a
worker whose pipe to it breaks ends at once, in the middle of its work.
"""

import asyncio
import functools
import importlib
import os
import select
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_process
from anyio import BrokenWorkerProcess, CapacityLimiter

Tell = Callable[[float], None]
_LOOK_EVERY = 0.25
_ORDERS = 0
"""A worker's descriptor for its orders; the other end closes when the serving process ends."""


class WorkerDied(Exception):
    """The worker process ended under its work: killed, out of memory, or crashed in native code."""


class TookTooLong(Exception):
    """The work was not done in its time, and its process was ended."""


class Pool:
    """As many worker processes as there are cores, unless said otherwise; they start when first
    needed.
    """

    def __init__(self, processes: int | None = None) -> None:
        self._limiter = CapacityLimiter(processes or os.cpu_count() or 1)

    @property
    def processes(self) -> int:
        """How many calls are done at the same time."""
        return int(self._limiter.total_tokens)

    async def run(
        self, function: str, arguments: Mapping[str, Any], *, total: float, tell: Tell | None = None
    ) -> Any:
        """The result of `function` ("module:name") in a worker process;
        what it raises is raised here.

        With `tell`, the function is given `progress` besides. `total` seconds count from when a
        process is free.
        """
        if tell is None:
            return await self._call(function, arguments, None, total)
        with tempfile.NamedTemporaryFile(prefix="gesso-progress-") as file:
            watcher = asyncio.create_task(_watch(Path(file.name), tell))
            try:
                return await self._call(function, arguments, file.name, total)
            finally:
                watcher.cancel()

    async def _call(
        self, function: str, arguments: Mapping[str, Any], report: str | None, total: float
    ) -> Any:
        async with self._limiter:
            try:
                with anyio.fail_after(total):
                    return await anyio.to_process.run_sync(
                        _work,
                        function,
                        dict(arguments),
                        report,
                        cancellable=True,
                        limiter=CapacityLimiter(1),
                    )
            except (BrokenWorkerProcess, KeyboardInterrupt) as error:
                raise WorkerDied(function) from error
            except TimeoutError as error:
                raise TookTooLong(function) from error


async def _watch(file: Path, tell: Tell) -> None:
    """Pass on what the worker writes, whenever it has grown."""
    last = 0.0
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        text = file.read_text()  # noqa: ASYNC240  # six bytes from memory
        share = float(text) if text else 0.0
        if share > last:
            last = share
            tell(share)


def _work(function: str, arguments: dict[str, Any], report: str | None) -> Any:
    """Runs in the worker process."""
    # Ctrl-C in a terminal reaches every process of its group; the serving one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch_parent()
    module, _, name = function.partition(":")
    call = getattr(importlib.import_module(module), name)
    if report is None:
        return call(**arguments)

    def progress(share: float) -> None:
        # One write of a few bytes: the reader sees the old figure or the new one.
        Path(report).write_text(f"{min(1.0, max(0.0, share)):.4f}")

    _reports.append(report)
    try:
        return call(**arguments, progress=progress)
    finally:
        _reports.remove(report)


_reports: list[str] = []
"""In the worker process: the file of the work in hand; its reader removes it, unless killed."""


@functools.cache
def _watch_parent() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the serving process ends: its successor may already do this work anew."""
    watched = select.poll()
    watched.register(_ORDERS, 0)  # an end is always told; orders are not ours to hear
    watched.poll()
    for report in _reports:
        Path(report).unlink(missing_ok=True)
    os._exit(1)
