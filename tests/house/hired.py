"""Hired workers: the rest of a distributed stack, as processes of their own beside a house."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

_ROOT = Path(__file__).parents[2]
_PROGRAM = Path(sys.executable).with_name("gesso")
_PATIENCE = 180.0


@asynccontextmanager
async def hired(folder: Path, settings: Mapping[str, Any]) -> AsyncIterator[None]:
    """A worker of two processes and a beat with these settings; the block begins when the worker
    reads its lanes, and ends with their end.
    """
    config = folder / "hired.json"
    config.write_text(json.dumps(settings, default=_plain))  # which is YAML, too
    begun: list[subprocess.Popen[bytes]] = []
    try:
        worker = _begin(folder, config, "worker", "--concurrency", "2")
        begun.append(worker)
        begun.append(_begin(folder, config, "beat"))
        await _reading(worker, folder / "worker.log")
        yield
    finally:
        for each in begun:
            _end(each)


def _plain(value: object) -> str:
    """A setting as a file says it."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _begin(folder: Path, config: Path, *command: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GESSO_")}
    with (folder / f"{command[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [_PROGRAM, *command],
            env={**kept, "PYTHONPATH": str(_ROOT), "GESSO_CONFIG": str(config)},
            cwd=folder,
            stdout=log,
            stderr=log,
        )


async def _reading(worker: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _PATIENCE
    while "ready." not in (told := await asyncio.to_thread(log.read_text)):
        if worker.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"the worker did not start:\n{told[-2000:]}")
        await asyncio.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """kill -9, its pool included: no story waits for good manners."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
