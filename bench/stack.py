"""The distributed stack under test: gesso's own commands, each in processes of its own."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
from sqlalchemy import text

from bench.broker import broker_cpu
from bench.figure import Broken
from bench.people import ask
from bench.run import Run
from bench.target import PLENTY, launched

_PATIENCE = 60.0
_SESSIONS = text("select pid from pg_stat_activity where datname = current_database()")
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is ready for load."""

    host: str
    port: int
    url: str
    roots: Mapping[str, psutil.Process]

    def cpu(self) -> Mapping[str, float]:
        """Processor seconds so far by kind of process; RabbitMQ's are everybody's on it."""
        spent = dict.fromkeys((*self.roots, "pool", "PostgreSQL"), 0.0)
        for name, root in self.roots.items():
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    is_pool = "anyio.to_process" in process.cmdline()
                    spent["pool" if is_pool else name] += _seconds(process)
        for (pid,) in ask(self.url, _SESSIONS):
            with suppress(psutil.NoSuchProcess):
                spent["PostgreSQL"] += _seconds(psutil.Process(pid))
        return {**spent, "RabbitMQ": broker_cpu()}


@contextmanager
def standing(run: Run, url: str, settings: Mapping[str, str]) -> Iterator[Stack]:
    """An API of two processes, a worker of one a core, and a beat, for the block."""
    folder = run.new_folder("stack")
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GESSO_")},
        "PYTHONPATH": str(_ROOT),
        "GESSO_DATA_DIR": str(folder),
        "GESSO_DATABASE__URL": url,
        "GESSO_ENGINE__KIND": "celery",
        "GESSO_ENGINE__PROCESSES": "1",
        # A worker takes all of this time to end.
        "GESSO_ENGINE__CELERY": '{"worker_soft_shutdown_timeout": 1}',
        "GESSO_SERVER__PORT": str(port),
        "GESSO_SERVER__PROCESSES": "2",
        "GESSO_LOG_LEVEL": "warning",
        **PLENTY,
        **settings,
    }
    commands: Mapping[str, Sequence[str]] = {
        "API": ["serve"],
        "worker": ["worker", "--concurrency", str(os.cpu_count() or 1)],
        "beat": ["beat"],
    }
    roots = {}
    with ExitStack() as stack:
        for name, arguments in commands.items():
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            command = [str(Path(sys.executable).with_name("gesso")), *arguments]
            child = stack.enter_context(launched(command, environment, log.fileno()))
            roots[name] = psutil.Process(child.pid)
        _wait_until_well(f"http://127.0.0.1:{port}/health", folder)
        yield Stack("127.0.0.1", port, url, roots)


def _wait_until_well(health: str, folder: Path) -> None:
    """Return when the API serves and workers read every lane."""
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        with suppress(OSError), urlopen(health, timeout=5) as answer:
            if json.load(answer)["status"] == "ok":
                return
        time.sleep(0.1)
    words = {log.name: log.read_text(errors="replace")[-500:] for log in folder.glob("*.log")}
    raise Broken(f"the stack did not become ready: {words}")


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
