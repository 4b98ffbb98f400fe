"""The real server as a process of its own: started, killed, stopped, put to sleep and woken."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from tests.faults.plugin import ADDRESS
from tests.house.s3 import Bucket

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
PROGRAM = Path(sys.executable).with_name("gesso")


@dataclass
class Place:
    """Where a server works: its data, its database, and what else is said in its environment."""

    data_dir: Path
    database_url: str
    provider_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The environment of a server here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GESSO_")}
        return kept | {
            "PYTHONPATH": f"{_ROOT / 'src'}:{_ROOT}",
            "GESSO_DATA_DIR": str(self.data_dir),
            "GESSO_DATABASE__URL": self.database_url,
            "GESSO_PLUGINS": '["tests.faults.plugin"]',
            "GESSO_CATALOG": str(_HERE / "catalog.yaml"),
            "GESSO_LOG_LEVEL": "info",
            "GESSO_OUTBOUND__ALLOW": '["127.0.0.1/32"]',
            "GESSO_LIMITS__USER": "10000/second",
            "GESSO_LIMITS__SUBMITS": "10000/second",
            ADDRESS: self.provider_url,
            **self.settings,
        }


class Server:
    """One `gesso serve` on a port of its own, which it keeps over restarts."""

    def __init__(self, place: Place, name: str = "server") -> None:
        self.place = place
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = place.data_dir / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process; there must be one."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    @property
    def workers(self) -> list[psutil.Process]:
        """The worker processes of its pool."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def launch(self) -> None:
        """Start it and do not wait."""
        self.place.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", "--port", self.url.rpartition(":")[2]],
                env=self.place.environment(),
                cwd=self.place.data_dir,
                stdout=log,
                stderr=log,
            )

    async def start(self, *, within: float = 90.0) -> float:
        """Start it; the seconds until it was ready."""
        begun = time.monotonic()
        self.launch()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            while time.monotonic() - begun < within:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the server ended at its start:\n{self.told()}")
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.url}/health/ready") as answer:
                        if answer.status == 200:
                            return time.monotonic() - begun
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the server was not ready within {within} seconds:\n{self.told()}")

    async def kill(self) -> None:
        """kill -9, and wait for the corpse; its workers must be gone a moment later."""
        workers = self.workers
        self.process.kill()
        await asyncio.to_thread(self.process.wait)
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=3)
        orphans = [worker for worker in alive if worker.status() != psutil.STATUS_ZOMBIE]
        for orphan in orphans:
            orphan.kill()
        if orphans:
            raise AssertionError(f"{len(orphans)} workers went on without their server")

    async def terminate(self, *, within: float = 40.0) -> tuple[int, float]:
        """SIGTERM; the exit code and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, within)
        return code, time.monotonic() - begun

    def sleep(self) -> None:
        """SIGSTOP: it stands still as on a machine that was suspended."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self.process.send_signal(signal.SIGCONT)

    def told(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text().splitlines()[-40:])

    async def close(self) -> None:
        """End it in whatever state it is."""
        if self._process is not None and self._process.poll() is None:
            self.wake()
            await self.kill()


@asynccontextmanager
async def serving(place: Place, name: str = "server") -> AsyncIterator[Server]:
    """A ready server, ended with the block."""
    server = Server(place, name)
    try:
        await server.start()
        yield server
    finally:
        await server.close()


def in_bucket(bucket: Bucket, endpoint: str) -> dict[str, str]:
    """What makes a place keep its files there."""
    return {
        "GESSO_STORAGE__KIND": "s3",
        "GESSO_STORAGE__BUCKET": bucket.name,
        "GESSO_STORAGE__PREFIX": "media",
        "GESSO_STORAGE__ENDPOINT": endpoint,
        "GESSO_STORAGE__ACCESS_KEY": bucket.gateway.access_key,
        "GESSO_STORAGE__SECRET_KEY": bucket.gateway.secret_key,
        "GESSO_STORAGE__TIMEOUT": "2",
    }


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
