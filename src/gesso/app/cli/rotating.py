"""The rotation of the master key: made anew, put in force, and every row wrapped by it."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.trouble import Trouble
from gesso.app.masters import open_safe
from gesso.domain import auditlog, keyring
from gesso.domain.keyring import Safe
from gesso.infra.db import Database
from gesso.infra.vault import MasterFile


def rotate(data_dir: Path | None) -> int:
    """Rotate, and tell how far it is; 1 when some rows cannot be opened here."""
    settings = settings_at(data_dir)

    async def done() -> int:
        async with ready(settings) as db:
            return await _rotate(db, open_safe(settings))

    return asyncio.run(done())


async def _rotate(db: Database, safe: Safe) -> int:
    file = safe.masters.file
    with _alone(file):
        if file is not None and await _is_over(db, safe, file):
            file.put_first()
        master = await keyring.put_in_force(db, safe)
        typer.echo(f"{master} is in force.")
        while True:
            step = await keyring.step(db, safe, actor=auditlog.by_hand())
            if step.rewrapped:
                typer.echo(f"{step.rewrapped} wrapped anew, {step.remaining} to go.")
            if not step.remaining or (step.unreadable and not step.rewrapped):
                break
        unused = await keyring.forget_unused(db, safe)
        if file is not None:
            file.forget(unused)
    if step.remaining:
        typer.echo(f"{step.remaining} secrets cannot be opened on this machine.", err=True)
        return 1
    typer.echo("Every secret is wrapped by it; older master keys are not needed any more.")
    return 0


async def _is_over(db: Database, safe: Safe, file: MasterFile) -> bool:
    """Whether the last rotation was finished, so that a new master key may be made."""
    first = file.first()
    async with db.view() as view:
        in_force = await keyring.master_in_force(view)
        waiting = await keyring.count_stale(view, safe, first.id)
    return in_force in (None, first.id) and not waiting


@contextmanager
def _alone(file: MasterFile | None) -> Iterator[None]:
    """One rotation of a file at a time; the lock goes with the process."""
    if file is None:
        yield
        return
    file.path.parent.mkdir(parents=True, exist_ok=True)
    with file.path.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble("Another rotation is under way here.") from None
        yield
