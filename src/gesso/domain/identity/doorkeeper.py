"""The doorkeeper: recognises keys at the speed of a busy client, off the request's transaction.

A key that was good a moment ago is good without a query for one second, so a busy key costs about
one query a second, and a revoked one dies within a second. Refusals are never remembered.
"""

import asyncio
import hashlib
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from gesso.domain.identity.keys import prefix_of
from gesso.domain.identity.rules import Caller
from gesso.domain.identity.service import authenticate, note_use
from gesso.infra.batch import Batch
from gesso.infra.db import Database, DatabaseAway

_LIFE: Final = 1.0
"""Seconds for which a good answer is believed."""

_MOST: Final = 10_000
_NOTE_EVERY: Final = 60.0

_log = structlog.get_logger("gesso.identity")


class Doorkeeper:
    """Tells who presents a key; one for each process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # Looks at many keys share a view: one each would use up the pool a second after a rush.
        self._authenticate = Batch(db.view, authenticate, limit=1000)
        self._known: dict[bytes, tuple[Caller, float]] = {}
        self._asking: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._uses: dict[UUID, datetime] = {}

    async def recognise(self, presented: str) -> Caller | None:
        """Whose key this is, or None; at most one query for the same key at a time."""
        if prefix_of(presented) is None:
            return None
        digest = hashlib.sha256(presented.encode()).digest()
        known = self._known.get(digest)
        if known and asyncio.get_running_loop().time() < known[1]:
            caller: Caller | None = known[0]
        else:
            caller = await self._ask_once(digest, presented)
        if caller:
            self._uses[caller.key_id] = self._db.now()
        return caller

    async def watch(self) -> None:
        """Note every minute which keys were used; runs until cancelled, and then notes the rest."""
        try:
            while True:
                await asyncio.sleep(_NOTE_EVERY)
                await self.note()
        finally:
            await self.note()

    async def note(self) -> None:
        """Write down now which keys were used; while the database is away it is put off."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            async with self._db.tx() as tx:
                await note_use(tx, uses)
        except DatabaseAway:
            self._uses = {**uses, **self._uses}
            _log.warning("key_uses_not_noted", keys=len(uses))

    async def _ask_once(self, digest: bytes, presented: str) -> Caller | None:
        asking = self._asking.get(digest)
        if asking is None:
            asking = asyncio.create_task(self._ask(digest, presented))
            self._asking[digest] = asking
            asking.add_done_callback(lambda task: self._asked(digest, task))
        # The client that asked first may leave; those who wait with it must get their answer.
        return await asyncio.shield(asking)

    async def _ask(self, digest: bytes, presented: str) -> Caller | None:
        # Counted from before the query, for a key that is revoked while the query runs.
        good_until = asyncio.get_running_loop().time() + _LIFE
        found = await self._authenticate(presented)
        if found is None:
            self._known.pop(digest, None)
            return None
        if found.expires_at is not None:
            left = (found.expires_at - self._db.now()).total_seconds()
            good_until += min(0.0, left - _LIFE)
        self._known.pop(digest, None)
        while len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = (found, good_until)
        return found

    def _asked(self, digest: bytes, task: asyncio.Task[Caller | None]) -> None:
        self._asking.pop(digest, None)
        # Everybody who waited may be gone; an error that nobody fetches would be logged as a fault.
        with suppress(asyncio.CancelledError):
            task.exception()
