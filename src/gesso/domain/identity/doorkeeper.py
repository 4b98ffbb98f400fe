"""The doorkeeper: recognises keys at the speed of a busy client, off the request's transaction.

A key that was good a moment ago is good without a query for one second, so a busy key costs about
one query a second, and a revoked one dies within a second. Refusals are never remembered. What is
no key may be a session's access token; the room of sessions knows those.
"""

import asyncio
import hashlib
from typing import Final
from uuid import UUID

import structlog

from gesso.domain.identity.errors import AddressNotAllowed
from gesso.domain.identity.keys import prefix_of
from gesso.domain.identity.networks import admits
from gesso.domain.identity.passes import Passes
from gesso.domain.identity.recognition import Use, authenticate, note_use
from gesso.domain.identity.rules import Caller
from gesso.domain.identity.service import house_tenant
from gesso.infra.batch import Batch
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.recent import Recent

_NOTE_EVERY: Final = 60.0

_log = structlog.get_logger("gesso.identity")


class Doorkeeper:
    """Tells who presents a key or a token; one for each process."""

    def __init__(self, db: Database, passes: Passes | None = None) -> None:
        """Without `passes`, keys are all that is known."""
        self._db = db
        self.passes = passes
        # Looks at many keys share a view: one each would use up the pool a second after a rush.
        self._authenticate = Batch(db.view, authenticate, limit=1000)
        self._recent: Recent[bytes, str, Caller] = Recent(self._ask, self._left)
        self._uses: dict[UUID, Use] = {}
        self._house_tenant: UUID | None = None

    async def house_tenant(self) -> UUID | None:
        """The tenant whose operators run the house; asked for once, for it never changes."""
        if self._house_tenant is None:
            async with self._db.view() as view:
                self._house_tenant = await house_tenant(view)
        return self._house_tenant

    async def recognise(self, presented: str, address: str | None = None) -> Caller | None:
        """Whose key or token this is, or None; at most one query for the same one at a time.

        AddressNotAllowed for a good key that may not be used from `address`.
        """
        if prefix_of(presented) is None:
            return await self.passes.recognise(presented) if self.passes else None
        digest = hashlib.sha256(presented.encode()).digest()
        caller = await self._recent.get(digest, presented)
        if caller is None or caller.key_id is None:
            return caller
        if not admits(caller.networks, address):
            raise AddressNotAllowed("This API key may not be used from this address.")
        self._uses[caller.key_id] = Use(self._db.now(), address)
        return caller

    async def watch(self) -> None:
        """Note every minute what was used; runs until cancelled, and then notes the rest."""
        try:
            while True:
                await asyncio.sleep(_NOTE_EVERY)
                await self.note()
        finally:
            await self.note()

    async def note(self) -> None:
        """Write down now what was used; while the database is away it is put off."""
        if self.passes is not None:
            await self.passes.note()
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            async with self._db.tx() as tx:
                await note_use(tx, uses)
        except DatabaseAway:
            self._uses = {**uses, **self._uses}
            _log.warning("key_uses_not_noted", keys=len(uses))

    async def _ask(self, presented: str) -> Caller | None:
        return await self._authenticate(presented)

    def _left(self, caller: Caller) -> float | None:
        if caller.expires_at is None:
            return None
        return (caller.expires_at - self._db.now()).total_seconds()
