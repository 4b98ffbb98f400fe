"""Redis for tests: a private server each, which may be killed, stopped, wiped and starved."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.house.databases import REQUIRED
from tests.house.postgres import free_port

MISSING = "Redis is missing"
_PATIENCE = 20.0


class RedisServer:
    """A `redis-server` of a test's own, on a port that it keeps over restarts; it saves nothing."""

    def __init__(self, program: str, folder: Path) -> None:
        port = free_port()
        self._folder = folder
        self._command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=quiet, stderr=quiet
        )
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            with suppress(RedisError, OSError):
                self.tell("PING")
                return
            time.sleep(0.02)
        raise RuntimeError(f"Redis did not answer within {_PATIENCE:g} seconds")

    def kill(self) -> None:
        """kill -9: whoever comes is refused."""
        self._running.kill()
        self._running.wait()

    def stop(self) -> None:
        """SIGSTOP: whoever comes is taken in and waits for ever."""
        self._running.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT: it carries out what has gathered, in an order of its own."""
        self._running.send_signal(signal.SIGCONT)

    def tell(self, *command: str | bytes) -> Any:
        """What it answers to a command."""
        with Redis.from_url(self.url) as redis:
            return redis.execute_command(*command)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("Redis was not started")
        return self._process


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running server of this test's own."""
    with private_redis() as server:
        yield server


@contextmanager
def private_redis() -> Iterator[RedisServer]:
    """A running server, gone at the end; without the program the test is skipped, or fails where it
    is required.
    """
    program = shutil.which("redis-server")
    if program is None and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{MISSING}, and {REQUIRED}=1 says that it must be here", pytrace=False)
    if program is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="gesso-redis-") as folder:
        server = RedisServer(program, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
