"""Binds beside the main database: what they hold is derived from it, so the service goes on without
them, and brings them up to date whenever they can be reached.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from gesso.app.schema import HEADS, ensure_schema, revision
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.errors import Unavailable
from gesso.infra.settings import Settings

log = structlog.get_logger()


class Bind:
    """A database that may be away, now or at the start."""

    def __init__(self, name: str, db: Database, *, is_apart: bool, upgrades: bool) -> None:
        self.name = name
        self.is_apart = is_apart
        """Whether it is a database of its own, and not the main one."""
        self._db, self._upgrades = db, upgrades
        self._is_ready = False
        self._trying: asyncio.Task[None] | None = None

    async def ready(self) -> Database:
        """The database, its tables up to date; DatabaseAway while it cannot be had.

        Whoever asks while somebody else tries waits for the same try.
        """
        if not self._is_ready:
            if self._trying is None or self._trying.done():
                self._trying = asyncio.create_task(self._bring_up())
                self._trying.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.shield(self._trying)
        return self._db

    def doubt(self) -> None:
        """Look at its tables again before they are used again."""
        self._is_ready = False

    async def trouble(self) -> str | None:
        """Why it cannot be used, in a few words; None when all is well."""
        try:
            return await (await self.ready()).trouble()
        except DatabaseAway as error:
            return error.message

    async def _bring_up(self) -> None:
        try:
            if self._upgrades:
                await ensure_schema(self._db, self.name)
            elif await revision(self._db, self.name) != HEADS[self.name]:
                raise DatabaseAway(f"`gesso db upgrade --bind {self.name}` has to be run.")
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it stops the bind alone
            log.warning("bind_not_ready", bind=self.name, exc_info=error)
            raise DatabaseAway(f"The bind {self.name} cannot be used.") from error
        self._is_ready = True


@asynccontextmanager
async def open_bind(name: str, settings: Settings, main: Database) -> AsyncIterator[Bind]:
    """The bind of this name while the block runs, in the main database where it has no address of
    its own. One that is away does not stop the start.
    """
    chosen = settings.bind(name)
    is_apart = chosen.url != main.url
    db = Database(str(chosen.url), chosen) if is_apart else main
    bind = Bind(name, db, is_apart=is_apart, upgrades=chosen.upgrade_on_start)
    try:
        with suppress(DatabaseAway):
            await bind.ready()
        yield bind
    finally:
        if is_apart:
            await db.close()
