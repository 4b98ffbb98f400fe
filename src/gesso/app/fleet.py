"""A fleet: several serving processes on one port, for a database that takes several writers.

Each has a listening socket of its own (SO_REUSEPORT), so the kernel shares connections out evenly;
with one socket for all, the first to wake would take every connection that waits.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

import structlog

from gesso.infra.settings import Settings

log = structlog.get_logger()

_LOOK_EVERY = 0.5
_REST = 1.0
"""Seconds between starts of a process that keeps dying."""


class Fleet:
    """Starts the processes, starts a dead one anew, and ends them all together."""

    def __init__(self, settings: Settings, serve: Callable[[Settings], None]) -> None:
        self._settings, self._serve = settings, serve
        self._context = multiprocessing.get_context("spawn")
        self._processes: list[BaseProcess] = []
        self._ending = threading.Event()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; every process then ends in its own good order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        self._processes = [self._launch() for _ in range(self._settings.server.processes)]
        while not self._ending.wait(_LOOK_EVERY):
            self._replace_dead()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()

    def _launch(self) -> BaseProcess:
        process = self._context.Process(target=self._serve, args=(self._settings,))
        process.start()
        return process

    def _replace_dead(self) -> None:
        for place, process in enumerate(self._processes):
            if process.is_alive():
                continue
            log.warning("serving_process_died", pid=process.pid, exit_code=process.exitcode)
            if not self._ending.wait(_REST):
                self._processes[place] = self._launch()


def end_with_parent() -> None:
    """Have this process end in good order when its parent is gone: nobody else would end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent.sentinel,), daemon=True).start()


def _outlive_nobody(parent: int) -> None:
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
