"""Gesso's own processes of a stack: an API, two workers and a beat."""

import asyncio
import os
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from celery import Celery

from tools.stack.program import Program, kept
from tools.stack.servers import Ground, free_port

WORKERS: Mapping[str, str] = {
    "pictures": "image,media,default,language",
    "motion": "video,model3d,comfyui,scrape,publish",
}
"""The workers' names, and the lanes that each of them reads."""

_USUAL_PORT = 8000
_CONCURRENCY = 2
_FOR_ONE_MACHINE: Mapping[str, str] = {
    # Each process of a worker has worker processes of its own, and here are no cores for more.
    "GESSO_ENGINE__PROCESSES": "1",
    # A worker takes all of this time to end, and what it has not finished is found again.
    "GESSO_ENGINE__CELERY": '{"worker_soft_shutdown_timeout": 5}',
}
_PATIENCE = 22.0
"""Seconds to end in; the API lets what it has in hand end for 18."""
_START = 60.0


@dataclass(frozen=True)
class Stack:
    """A stack at work."""

    url: str
    environment: Mapping[str, str]
    """The settings with which every command of gesso's finds this stack."""

    async def workers(self) -> Mapping[str, Mapping[str, int]]:
        """Who has done what, as `celery inspect stats` tells it: worker → task → how often."""
        return await asyncio.to_thread(_stats, self.environment["GESSO_BROKER__URL"])


@asynccontextmanager
async def at_work(
    ground: Ground, servers: Mapping[str, str], *, port: int | None = None
) -> AsyncIterator[Stack]:
    """The processes, working for the block; one that dies is started again."""
    port = port or (_USUAL_PORT if _is_free(_USUAL_PORT) else free_port())
    url = f"http://127.0.0.1:{port}"
    environment = {
        **servers,
        "GESSO_DATA_DIR": str(ground.home / "data"),
        "GESSO_ENGINE__KIND": "celery",
        "GESSO_SERVER__PUBLIC_URL": url,
    }
    surroundings = {**_FOR_ONE_MACHINE, **os.environ, **environment}
    programs = [
        Program(name, [_gesso(), *command], surroundings, ground.home)
        for name, command in _commands(port).items()
    ]
    async with kept(programs, ground.logs, ground.tell, patience=_PATIENCE) as (api, *_):
        await api.ready(lambda: _is_well(f"{url}/health"), within=_START)
        yield Stack(url, environment)


def _commands(port: int) -> Mapping[str, Sequence[str]]:
    commands: dict[str, Sequence[str]] = {"api": ["serve", "--port", str(port)]}
    for name, lanes in WORKERS.items():
        options = ["--queues", lanes, "--name", name, "--concurrency", str(_CONCURRENCY)]
        commands[f"worker-{name}"] = ["worker", *options]
    return {**commands, "beat": ["beat"]}


def as_shell(environment: Mapping[str, str]) -> str:
    """These settings as a file for a shell to read."""
    return "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())
    )


def _gesso() -> str:
    return str(Path(sys.executable).with_name("gesso"))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def _is_well(url: str) -> bool:
    """Whether the API serves, and workers read every lane."""
    with suppress(aiohttp.ClientError, TimeoutError):
        timeout = aiohttp.ClientTimeout(total=3)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            return bool((await answer.json())["status"] == "ok")
    return False


def _stats(broker_url: str) -> Mapping[str, Mapping[str, int]]:
    found = Celery(broker=broker_url).control.inspect(timeout=3).stats() or {}
    return {name.partition("@")[0]: stats["total"] for name, stats in found.items()}
