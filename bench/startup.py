"""Start-up: from the command to the first healthy answer, and what the server keeps when idle.

Beside it stands what any server on the same libraries has to pay: importing them.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.figure import Figure, Goal, middle
from bench.run import Run
from bench.target import launched, wait_ready

ROUNDS = 3
IDLE = 10.0
"""Seconds without work before memory is read."""
BESIDE = "s, importing fastapi and sqlalchemy"
_MB = 1 << 20


def measure(run: Run) -> list[Figure]:
    """A first start, a later start, and the resident memory of an idle server."""
    imports, first, again = [], [], []
    for number in range(1, ROUNDS + 1):
        run.say(f"starts, round {number} of {ROUNDS}")
        imports.append(_imports())
        folder = run.new_folder("data")
        first.append(_start(folder))
        again.append(_start(folder))
    serving, workers = _idle(run.new_folder("data"))
    basis, goal = middle(imports), Goal(most=2.0, of="value")
    children = {"children MB": [round(size) for size in workers]} if workers else {}
    memory = Goal(most=150, of="value")
    return [
        Figure("healthy on a fresh data directory", middle(first), "s", BESIDE, basis, goal),
        Figure("healthy on an existing one", middle(again), "s", BESIDE, basis, goal),
        Figure(f"resident after {IDLE:g} s idle", serving, "MB", goal=memory, facts=children),
    ]


def _imports() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import fastapi, sqlalchemy"], check=True)
    return time.perf_counter() - began


def _command(folder: Path, port: int) -> list[str]:
    program = Path(sys.executable).with_name("gesso")
    return [str(program), "serve", "--port", str(port), "--data-dir", str(folder)]


def _start(folder: Path) -> float:
    port = _free_port()
    began = time.perf_counter()
    with launched(_command(folder, port), _environment()) as child:
        wait_ready(child, "127.0.0.1", port)
        return time.perf_counter() - began


def _idle(folder: Path) -> tuple[float, list[float]]:
    """Megabytes of the serving process and of each of its children."""
    port = _free_port()
    with launched(_command(folder, port), _environment()) as child:
        wait_ready(child, "127.0.0.1", port)
        time.sleep(IDLE)
        process = psutil.Process(child.pid)
        sizes = [each.memory_info().rss / _MB for each in process.children(recursive=True)]
        return process.memory_info().rss / _MB, sizes


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("GESSO_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
