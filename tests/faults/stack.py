"""A distributed stack of real processes: servers, workers and beats on one database and broker."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import psutil

from tests.faults.process import PROGRAM, Place, Server


class Member:
    """One `gesso worker` or `gesso beat`, killed and started anew at will."""

    def __init__(self, place: Place, name: str, *command: str) -> None:
        self.place, self.name, self._command = place, name, command
        self.log = place.data_dir / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it and do not wait."""
        self.place.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, *self._command],
                env=self.place.environment(),
                cwd=self.place.data_dir,
                stdout=log,
                stderr=log,
            )

    @property
    def children(self) -> list[psutil.Process]:
        """The processes of its pool."""
        return psutil.Process(self._running().pid).children()

    def kill(self) -> None:
        """kill -9, its pool included, as when its machine dies."""
        for each in self._family():
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self._running().wait()

    def sleep(self) -> None:
        """SIGSTOP, its pool included: it stands still as on a machine that was suspended."""
        for each in self._family():
            each.suspend()

    def wake(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        for each in self._family():
            each.resume()

    def kill_a_child(self, pid: int | None = None) -> int:
        """kill -9 of one process of its pool, this one if it is named; its number."""
        child = next(each for each in self.children if pid in (None, each.pid))
        child.kill()
        return child.pid

    def terminate(self, within: float = 40.0) -> int:
        """SIGTERM; the exit code."""
        self._running().send_signal(signal.SIGTERM)
        return self._running().wait(within)

    def close(self) -> None:
        """End it in whatever state it is."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def told(self) -> str:
        """Its log."""
        return self.log.read_text() if self.log.exists() else ""

    def _family(self) -> list[psutil.Process]:
        first = psutil.Process(self._running().pid)
        return [first, *first.children(recursive=True)]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


class Stack:
    """Servers, workers and beats at one place; workers with lanes of their own have disks of their
    own too, and so has everybody beside them.
    """

    def __init__(
        self,
        place: Place,
        *,
        servers: int,
        workers: int,
        concurrency: int = 2,
        lanes: Sequence[str] = (),
    ) -> None:
        self._place, self._is_apart = place, bool(lanes)
        self.servers = [Server(self._home(f"server{n}"), f"server{n}") for n in range(servers)]
        wishes = ("--concurrency", str(concurrency))
        self.workers = [
            self._member(f"worker{n}", "worker", *wishes, "--name", f"w{n}", *reads)
            for n, reads in enumerate([["--queues", each] for each in lanes] or [[]] * workers)
        ]
        self.beat = self._member("beat", "beat")

    def _home(self, name: str) -> Place:
        apart = replace(self._place, data_dir=self._place.data_dir / name)
        return apart if self._is_apart else self._place

    def _member(self, name: str, *command: str) -> Member:
        return Member(self._home(name), name, *command)

    async def start(self, *, within: float = 90.0) -> None:
        """Start everything, and wait until the workers read their lanes."""
        for each in [*self.workers, self.beat]:
            each.launch()
        await asyncio.gather(*(server.start(within=within) for server in self.servers))
        ends = time.monotonic() + within
        while not all("ready." in worker.told() for worker in self.workers):
            if time.monotonic() > ends:
                raise RuntimeError("\n".join(worker.told()[-2000:] for worker in self.workers))
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """End everything."""
        for each in [*self.workers, self.beat]:
            each.close()
        for server in self.servers:
            await server.close()


@asynccontextmanager
async def stack_at(
    place: Place,
    *,
    servers: int = 1,
    workers: int = 2,
    concurrency: int = 2,
    lanes: Sequence[str] = (),
) -> AsyncIterator[Stack]:
    """A running stack, ended with the block."""
    stack = Stack(place, servers=servers, workers=workers, concurrency=concurrency, lanes=lanes)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.close()


def celery_settings(broker_url: str) -> dict[str, str]:
    """What makes a place distributed."""
    return {
        "GESSO_ENGINE__KIND": "celery",
        "GESSO_ENGINE__LEASE": "4",
        "GESSO_ENGINE__PROCESSES": "1",
        "GESSO_BROKER__URL": broker_url,
        # A stack's many processes share PostgreSQL's hundred connections with other tests'.
        "GESSO_DATABASE__POOL_SIZE": "5",
        "GESSO_SIGNING_KEY": "a key for tests that nobody else knows of",
        "C_FORCE_ROOT": "1",
        "HOME": os.environ.get("HOME", "/"),
    }
