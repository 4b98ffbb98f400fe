"""A pulse: how whoever watches a process that answers nobody knows that it does its work."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from gesso.work import Engine

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds after which what has not been looked at, or a file that was not touched, is a bad sign;
every single wait of an engine ends earlier.
"""
_EVERY = 1.0


@asynccontextmanager
async def pulsing(file: Path, engine: Engine) -> AsyncIterator[None]:
    """Touch the file for as long as the engine turns."""
    beating = asyncio.create_task(_beat(file, engine))
    try:
        yield
    finally:
        beating.cancel()


def silence(file: Path) -> float | None:
    """Seconds since the last pulse; None when there has never been one."""
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return None


async def _beat(file: Path, engine: Engine) -> None:
    while True:
        if engine.is_turning(within=PATIENCE):
            _touch(file)
        await asyncio.sleep(_EVERY)


def _touch(file: Path) -> None:
    try:
        file.touch()
    except OSError as error:
        log.warning("pulse_not_told", file=str(file), reason=error.strerror)
