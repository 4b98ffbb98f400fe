"""Tidying: what piles up is cleared away, once an hour."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from pydantic import BaseModel

from gesso.domain import inbox, media, registry, sessions, signin, tasks, wallet
from gesso.domain.registry import Context, register_task
from gesso.infra.db import Database
from gesso.infra.storage import SCRATCH

log = structlog.get_logger()

_EVERY = 3600.0
_AT_ONCE = 1000
_LEFT_BEHIND = timedelta(hours=24)
_LONGEST_JOB = timedelta(days=8)
"""No queue lets a job take longer, so nobody works in a scratch folder that is older."""

_LONGEST_UPLOAD = timedelta(hours=24)

Forget = Callable[..., Awaitable[int]]


class Tidied(BaseModel):
    """How many of each kind went away."""

    keys: int
    runs: int
    pushes: int
    sessions: int
    signins: int
    handovers: int
    guesses: int
    uploads: int
    partial: int
    pieces: int


@register_task(name="gesso.tidy", timeout=1800, parallel=False)
async def tidy(context: Context) -> Tidied:
    """Clear up what nobody needs any more: old idempotency keys, runs and providers' reports that
    ended a week ago, sign-ins that cannot end any more, sessions that are long over, counts of
    wrong codes, uploads that never ended, and what killed processes left half written in the store.
    """
    house = context.house
    return Tidied(
        keys=await _forget(house.db, tasks.forget_keys),
        runs=await _forget(house.db, registry.forget_runs),
        pushes=await _forget(house.db, inbox.forget),
        sessions=await _forget_sessions(house.db),
        signins=await _forget(house.db, signin.forget)
        + await _forget(house.db, signin.forget_transactions),
        handovers=await _forget(house.db, signin.forget_uses),
        guesses=await _forget(house.db, wallet.forget_guesses),
        uploads=await media.clear_dead(house.db, house.storage),
        partial=await house.storage.sweep_partial(_LEFT_BEHIND),
        pieces=await house.storage.sweep(SCRATCH, _LONGEST_JOB),
    )


async def _forget_sessions(db: Database) -> int:
    """Tokens first, for they hold their sessions."""
    await _forget(db, sessions.forget_tokens)
    return await _forget(db, sessions.forget)


async def _forget(db: Database, forget: Forget) -> int:
    """A transaction a thousand, so that nobody waits long for the writer."""
    forgotten, last = 0, _AT_ONCE
    while last == _AT_ONCE:
        async with db.tx() as tx:
            last = await forget(tx, room=_AT_ONCE)
        forgotten += last
    return forgotten


async def tidy_scratch(scratch: Path) -> None:
    """Clear up every hour what jobs and uploads have left on this machine, for ever. It is no
    registered function: whoever works or serves does it for a disk that nobody else may see.
    """
    while True:
        await asyncio.sleep(_EVERY)
        try:
            folders = await asyncio.to_thread(_sweep, scratch)
        except OSError as error:
            log.warning("tidying_postponed", reason=str(error))
        else:
            log.info("scratch_tidied", folders=folders)


def _sweep(scratch: Path) -> int:
    """Remove the scratch folders that nobody has touched for as long as anybody may need them."""
    swept = 0
    for folder in scratch.iterdir() if scratch.is_dir() else ():
        # Several processes may tidy at once.
        with suppress(FileNotFoundError):
            is_upload = folder.name.startswith(media.FOLDER)
            longest = _LONGEST_UPLOAD if is_upload else _LONGEST_JOB
            if time.time() - folder.stat().st_mtime > longest.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
    return swept
