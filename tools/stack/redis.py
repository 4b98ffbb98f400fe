"""Redis, as a stack needs it."""

import os
import shutil
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tools.stack.program import Program
from tools.stack.trouble import Trouble

USUAL = "redis://127.0.0.1:6379/0"


def address(port: int) -> str:
    """Where a server of our own answers."""
    return f"redis://127.0.0.1:{port}/0"


async def answers(url: str) -> bool:
    """Whether a server lets us in there."""
    try:
        async with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as redis:
            return bool(await redis.ping())
    except (OSError, RedisError):
        return False


def prepared(folder: Path, port: int) -> Program:
    """A server on this port; it saves nothing, for it holds nothing that matters."""
    program = shutil.which("redis-server")
    if program is None:
        raise Trouble("Redis is missing: apt-get install redis-server")
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    return Program("redis", [program, *options], dict(os.environ), folder)
