"""Guests: those who come in with a session's access token, by bearer or by a browser's cookie.

A token's signature is looked at once; whether its session is still open is asked once a second. So
a session that was ended, or whose user was disabled, opens nothing after a second or two, in every
process, and a busy one costs about one query a second.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import structlog
from starlette.requests import Request

from gesso.domain.identity import Caller, Role, Scope, usable_scopes
from gesso.domain.sessions import cookies
from gesso.domain.sessions.mint import Claims, Mint
from gesso.domain.sessions.service import Standing, note_use, standings
from gesso.infra.batch import Batch
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.recent import Recent

_MOST: Final = 10_000

log = structlog.get_logger("gesso.sessions")


@lru_cache(maxsize=256)
def _scopes(role: Role, granted: tuple[str, ...]) -> frozenset[Scope]:
    return usable_scopes(role, granted)


class Guests:
    """Tells whose access token it is; one for each process."""

    def __init__(self, db: Database, mint: Mint, public_url: str) -> None:
        self._db, self._mint, self._public_url = db, mint, public_url
        self._standings = Batch(db.view, standings, limit=1000)
        self._recent: Recent[UUID, UUID, Standing] = Recent(self._ask, self._left)
        self._read: dict[bytes, Claims] = {}
        self._edition = 0
        self._uses: dict[UUID, datetime] = {}

    async def recognise(self, token: str) -> Caller | None:
        """Whose token this is; None where it, its session or its user is no good any more."""
        claims = await self._claims(token)
        if claims is None:
            return None
        standing = await self._recent.get(claims.session_id, claims.session_id)
        if standing is None or standing.user_id != claims.user_id:
            return None
        self._uses[claims.session_id] = self._db.now()
        return Caller(
            user_id=standing.user_id,
            tenant_id=standing.tenant_id,
            role=standing.role,
            scopes=_scopes(standing.role, claims.scopes),
            session_id=standing.session_id,
            channel_id=standing.channel_id,
            proved_at=standing.proved_at,
            expires_at=claims.expires_at,
        )

    def in_cookie(self, request: Request) -> str | None:
        """The access token in the session's cookie."""
        return cookies.access_in(request, self._public_url)

    def check_write(self, request: Request, caller: Caller) -> None:
        """Forged unless a request that changes something proves that our own page sent it."""
        if caller.session_id is not None:
            cookies.check_write(request, self._mint, caller.session_id, self._public_url)

    async def note(self) -> None:
        """Write down which sessions were used; while the database is away it is put off."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            async with self._db.tx() as tx:
                await note_use(tx, uses)
        except DatabaseAway:
            self._uses = {**uses, **self._uses}
            log.warning("session_uses_not_noted", sessions=len(uses))

    async def _claims(self, token: str) -> Claims | None:
        if self._edition != self._mint.edition:  # a key may not be trusted any more
            self._read, self._edition = {}, self._mint.edition
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._read.get(digest)
        if claims is None:
            claims = await self._mint.read(token)
            if claims is None:
                return None
            while len(self._read) >= _MOST:
                self._read.pop(next(iter(self._read)))
            self._read[digest] = claims
        if claims.expires_at <= self._db.now():
            self._read.pop(digest, None)
            return None
        return claims

    async def _ask(self, session_id: UUID) -> Standing | None:
        return await self._standings(session_id)

    def _left(self, standing: Standing) -> float | None:
        if standing.expires_at is None:
            return None
        return (standing.expires_at - self._db.now()).total_seconds()
