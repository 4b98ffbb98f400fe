"""PostgreSQL, RabbitMQ and Redis for a stack: those that are named, those that run here, or new
ones.

What `GESSO_DATABASE__URL`, `GESSO_BROKER__URL` or `GESSO_REDIS__URL` names is used as it is. Else a
server at its usual port gets a database, or a virtual host, of the stack's own. Else one is started
on a free port, with its data in the stack's folder.
"""

import hashlib
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack import postgres, rabbitmq, redis
from tools.stack.program import Program, Tell, kept

_PATIENCE = 2.5
"""Seconds for a server to end in; none of them loses anything by being killed."""
_START = 60.0


@dataclass(frozen=True)
class Ground:
    """Where a stack is, and what stays of it when it has ended."""

    folder: Path
    tell: Tell
    forgets: bool = False
    """Whether databases and virtual hosts that were made are dropped at the end."""

    @property
    def home(self) -> Path:
        """The folder's full path, for programs that work elsewhere."""
        return self.folder.absolute()

    @property
    def logs(self) -> Path:
        """Where the output of every program goes."""
        return self.home / "logs"

    @property
    def name(self) -> str:
        """The stack's name on servers that others use too; no other folder has the same."""
        place = self.home
        word = re.sub(r"\W+", "_", place.name.lower()).strip("_")[:40]
        return f"{word}_{hashlib.sha256(str(place).encode()).hexdigest()[:6]}"


@asynccontextmanager
async def servers(ground: Ground) -> AsyncIterator[Mapping[str, str]]:
    """Servers for the block: the settings that lead to them, by their names."""
    ground.logs.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        yield {
            "GESSO_DATABASE__URL": await stack.enter_async_context(_database(ground)),
            "GESSO_BROKER__URL": await stack.enter_async_context(_broker(ground)),
            "GESSO_REDIS__URL": await stack.enter_async_context(_redis(ground)),
        }


@asynccontextmanager
async def _database(ground: Ground) -> AsyncIterator[str]:
    if named := os.environ.get("GESSO_DATABASE__URL"):
        yield named
        return
    async with AsyncExitStack() as stack:
        server = postgres.USUAL
        if await postgres.answers(server):
            ground.tell("PostgreSQL  the one that runs here")
        else:
            port = free_port()
            server = postgres.address(port)
            program = postgres.prepared(ground.home / "postgres", port)
            await _start(stack, ground, program, lambda: postgres.answers(server))
            ground.tell(f"PostgreSQL  started on port {port}")
        url = await postgres.make_database(server, ground.name)
        if ground.forgets:
            stack.push_async_callback(postgres.drop_database, server, ground.name)
        yield url


@asynccontextmanager
async def _broker(ground: Ground) -> AsyncIterator[str]:
    if named := os.environ.get("GESSO_BROKER__URL"):
        yield named
        return
    async with AsyncExitStack() as stack:
        if await rabbitmq.answers(rabbitmq.USUAL) and await rabbitmq.make_vhost(ground.name):
            ground.tell("RabbitMQ    the one that runs here")
            url = f"{rabbitmq.USUAL}/{ground.name}"
            if ground.forgets:
                stack.push_async_callback(rabbitmq.drop_vhost, ground.name)
        else:
            port = free_port()
            url = rabbitmq.address(port)
            program = rabbitmq.prepared(ground.home / "rabbitmq", port, free_port())
            await _start(stack, ground, program, lambda: rabbitmq.answers(url))
            ground.tell(f"RabbitMQ    started on port {port}")
        yield url


@asynccontextmanager
async def _redis(ground: Ground) -> AsyncIterator[str]:
    if named := os.environ.get("GESSO_REDIS__URL"):
        yield named
        return
    async with AsyncExitStack() as stack:
        url = redis.USUAL
        if await redis.answers(url):
            ground.tell("Redis       the one that runs here")
        else:
            port = free_port()
            url = redis.address(port)
            program = redis.prepared(ground.home / "redis", port)
            await _start(stack, ground, program, lambda: redis.answers(url))
            ground.tell(f"Redis       started on port {port}")
        yield url


async def _start(
    stack: AsyncExitStack,
    ground: Ground,
    program: Program,
    is_ready: Callable[[], Awaitable[bool]],
) -> None:
    (server,) = await stack.enter_async_context(
        kept([program], ground.logs, ground.tell, patience=_PATIENCE)
    )
    await server.ready(is_ready, within=_START)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
