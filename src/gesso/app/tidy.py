"""Tidying: what nobody needs any more goes away by itself, a little at a time."""

import asyncio
import shutil
import time
from datetime import timedelta
from pathlib import Path

import structlog

from gesso.domain import tasks
from gesso.infra.db import Database
from gesso.infra.errors import Unavailable
from gesso.infra.storage import Storage

log = structlog.get_logger()

_EVERY = 3600.0
_AT_ONCE = 1000
_LEFT_BEHIND = timedelta(hours=24)
_LONGEST_JOB = timedelta(days=8)
"""No queue lets a job take longer, so nobody works in a scratch folder that is older."""


async def tidy(db: Database, storage: Storage, scratch: Path) -> None:
    """Clear up every hour, for ever; what fails is tried again an hour later."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            keys = await _forget_keys(db)
            partial = await storage.sweep_partial(_LEFT_BEHIND)
            folders = await asyncio.to_thread(_sweep, scratch, _LONGEST_JOB.total_seconds())
        except (Unavailable, OSError) as error:
            log.warning("tidying_postponed", reason=str(error))
        else:
            log.info("tidied", keys=keys, partial=partial, folders=folders)


async def _forget_keys(db: Database) -> int:
    """A transaction a thousand, so that nobody waits long for the writer."""
    forgotten, last = 0, _AT_ONCE
    while last == _AT_ONCE:
        async with db.tx() as tx:
            last = await tasks.forget_keys(tx, room=_AT_ONCE)
        forgotten += last
    return forgotten


def _sweep(scratch: Path, seconds: float) -> int:
    """Remove the scratch folders that nobody has touched for so long."""
    swept = 0
    for folder in scratch.iterdir() if scratch.is_dir() else ():
        if time.time() - folder.stat().st_mtime > seconds:
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept
