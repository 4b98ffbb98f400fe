"""The place a command works on: its settings,
and its database, known to be there and up to date.
"""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from gesso.app.cli.trouble import Trouble
from gesso.app.schema import HEADS, ensure_schema, revision
from gesso.domain import events
from gesso.infra.db import Database
from gesso.infra.settings import Settings, load_settings

_PATIENT = 600.0
"""Seconds that an operator's command may take for a statement; a request never gets so many."""


class OtherRevision(Trouble):
    """The database is there, and not at the revision that this gesso works with."""


def settings_at(data_dir: Path | None, **overrides: object) -> Settings:
    """The settings in force at `data_dir`; programs started from here see the same place."""
    if data_dir is not None:
        os.environ["GESSO_DATA_DIR"] = str(data_dir)
    return load_settings(**overrides)


@asynccontextmanager
async def existing(settings: Settings) -> AsyncIterator[Database]:
    """The database as it stands; Trouble when it is missing or of another version."""
    require_file(settings)
    async with _opened(settings) as db:
        yield db


@asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[Database]:
    """The database, made first when there is none yet; one of another version is left alone."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.database_url, settings.database)
    try:
        if await revision_of(db) is None:
            await ensure_schema(db)
    finally:
        await db.close()
    async with _opened(settings) as db:
        yield db


async def revision_of(db: Database, bind: str = "main") -> str | None:
    """The revision; None for an empty database. One that cannot be asked raises its own error."""
    async with db.view() as view:
        await view.execute(text("select 1"))
    return await revision(db, bind)


def require_head(found: str | None, bind: str = "main") -> None:
    """OtherRevision unless this is what this gesso works with."""
    if found != HEADS[bind]:
        place = "The database" if bind == "main" else f"The bind {bind}"
        raise OtherRevision(
            f"{place} is at revision {found or 'none'}, this gesso works with {HEADS[bind]}. "
            "`gesso db upgrade` brings it there."
        )


def file_of(settings: Settings) -> Path | None:
    """The file of a SQLite database; None for a server."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def require_file(settings: Settings) -> None:
    """Trouble when the main database should be a file that is not there."""
    file = file_of(settings)
    if file is not None and not file.exists():
        raise Trouble(
            f"There is no database at {file}. `gesso user create` or `gesso serve` makes it there; "
            "--data-dir or GESSO_DATA_DIR names another place."
        )


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    patient = settings.database.model_copy(update={"statement_timeout": _PATIENT})
    db = Database(settings.database_url, patient)
    if settings.topic.enabled:
        events.keep_untold(db)
    try:
        require_head(await revision_of(db))
        await db.synchronise()
        yield db
    finally:
        await db.close()


def require_free(settings: Settings) -> None:
    """Trouble when another process works on this data directory: with SQLite only one can."""
    if file_of(settings) is None or not settings.data_dir.is_dir():
        return
    with (settings.data_dir / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            place = settings.data_dir.absolute()
            raise Trouble(f"Another gesso is at work in {place}. Stop it first.") from error
