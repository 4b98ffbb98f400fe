"""Starting the server under test, waiting until it is ready, and reading what it cost."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.figure import Broken
from bench.run import Run

_PATIENCE = 30.0
PLENTY = {
    "GESSO_LIMITS__USER": "10000/second",
    "GESSO_LIMITS__SUBMITS": "10000/second",
    "GESSO_LIMITS__TASKS": "10000000",
}
"""Limits that are counted as ever, and that no load comes near."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is ready for load."""

    host: str
    port: int
    process: psutil.Process
    folder: Path

    def cpu(self) -> float:
        """Processor seconds that the serving process has used so far."""
        times = [each.cpu_times() for each in (self.process, *self.process.children())]
        return sum(each.user + each.system for each in times)

    def own_cpu(self) -> float:
        """The same without its worker processes."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def statements(self) -> list[tuple[str, int, float]]:
        """Every SQL statement, how often, and its seconds; for a watched server that has ended."""
        return [tuple(each) for each in json.loads((self.folder / "statements").read_text())]

    def samples(self) -> Mapping[str, object]:
        """What the profiler saw; for a profiled server that has ended."""
        found: Mapping[str, object] = json.loads((self.folder / "samples").read_text())
        return found


@contextmanager
def serving(
    run: Run,
    url: str,
    *,
    engine: str = "none",
    processes: int = 1,
    settings: Mapping[str, str] | None = None,
    watch: bool = False,
    module: str = "bench.subject",
) -> Iterator[Target]:
    """A server on this database until the block ends; it must end well when it is told to."""
    folder = run.new_folder("server")
    given = "0" if processes == 1 and module == "bench.subject" else str(_free_port())
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("GESSO_")},
        "GESSO_DATA_DIR": str(folder),
        "GESSO_DATABASE__URL": url,
        "GESSO_ENGINE__KIND": engine,
        "GESSO_SERVER__PORT": given,
        "GESSO_SERVER__PROCESSES": str(processes),
        "GESSO_LOG_LEVEL": "warning",
        **PLENTY,
        **(settings or {}),
    }
    watched = ["--watch", str(folder / "statements")] if watch or run.profile else []
    profiled = ["--profile", str(folder / "samples")] if run.profile else []
    command = [sys.executable, "-m", module, *watched, *profiled]
    with (folder / "log").open("wb") as log, launched(command, environment, log.fileno()) as child:
        address = urlsplit(_announced(child, folder))
        host, port = str(address.hostname), int(address.port or 0)
        wait_ready(child, host, port)
        yield Target(host, port, psutil.Process(child.pid), folder)
    if child.returncode not in (0, -signal.SIGTERM):
        raise Broken(f"the server ended with {child.returncode}: {_last_words(folder)}")


@contextmanager
def launched(
    command: Sequence[str], environment: Mapping[str, str], output: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to end with the block, and made to when it does not."""
    child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_ready(child: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Return at the first 200 of /health/ready; Broken when the process dies first."""
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and child.poll() is None:
        if _answers(host, port):
            return
        time.sleep(0.005)
    raise Broken("the server did not become ready")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(host: str, port: int) -> bool:
    ask = b"GET /health/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, port), timeout=5) as sock:
            sock.sendall(ask)
            return sock.recv(16).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _announced(child: subprocess.Popen[bytes], folder: Path) -> str:
    """The address that the server took; it writes it down once it listens."""
    card, ends = folder / "server.json", time.monotonic() + _PATIENCE
    while time.monotonic() < ends and child.poll() is None:
        if card.exists() and (text := card.read_text()):
            return str(json.loads(text)["url"])
        time.sleep(0.01)
    raise Broken(f"the server did not start: {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-2000:]
