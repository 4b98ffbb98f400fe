"""The mint: signs access tokens and reads them, with the keys that this process has in memory."""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gesso.domain.identity import Role, Scope
from gesso.domain.sessions import jws, keys
from gesso.domain.sessions.errors import NoSigningKey
from gesso.domain.sessions.rules import ACCESS_LIFE, LEEWAY
from gesso.domain.sessions.tables import SigningKey
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.errors import GessoError
from gesso.infra.vault import Tampered, UnknownMaster
from gesso.kit.ids import new_id, parse_id, public_id

AUDIENCE: Final = "gesso"
_LOOK_EVERY: Final = 15.0
"""Seconds after which a key that another process made is seen here without a token of its own."""
_LONGEST: Final = 2000
_NAMES: Final = {
    *("iss", "aud", "sub", "iat", "exp", "jti", "sid", "tenant", "role", "scope"),
}

log = structlog.get_logger("gesso.sessions")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says, once it is believed."""

    session_id: UUID
    user_id: UUID
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Key:
    id: UUID
    header: str
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None
    signs_from: datetime
    trusted_until: datetime | None
    jwk: dict[str, str]


class Mint:
    """The keys of this process and what they sign; `watch` keeps it in step with the others."""

    def __init__(
        self,
        db: Database,
        box: keys.Strongbox,
        *,
        issuer: str,
        secret: bytes,
        life: timedelta | None = None,
    ) -> None:
        """`secret` is one for all processes; `life` is the age at which a key is followed by a new
        one, none: only by hand.
        """
        self._db, self._box, self._issuer, self._life = db, box, issuer, life
        self._secret = hmac.digest(secret, b"gesso sessions", hashlib.sha256)
        self._keys: dict[str, _Key] = {}
        self.edition = 0
        """How often the keys have changed here; what was read before may not be believed now."""
        self._looked = 0.0
        self._trouble: str | None = None
        self._looking = asyncio.Lock()

    @property
    def issuer(self) -> str:
        """What stands as `iss` in every token."""
        return self._issuer

    async def open(self) -> None:
        """Have a key to sign with; the very first one is made. Where that cannot be, it is logged:
        everything but signing in works without.
        """
        try:
            await self._look()
            async with self._db.view() as view:
                newest = await keys.newest(view)
            if newest is None or self._is_old(newest):
                after = newest.id if newest else None
                signs_from = await keys.rotate(self._db, self._box, after=after)
                if signs_from is not None:
                    log.info("signing_key_made", signs_from=signs_from.isoformat())
                await self._look()
        except GessoError as error:
            if self._trouble != error.message:
                log.warning("signing_key_missing", reason=error.message)
            self._trouble = error.message
        else:
            self._trouble = None

    async def watch(self) -> None:
        """Keep in step with the other processes, and follow a key that is old, for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            with suppress(DatabaseAway):
                await self.open()

    def sign(
        self,
        *,
        session_id: UUID,
        user_id: UUID,
        tenant_id: UUID,
        role: Role,
        scopes: Iterable[Scope],
        not_after: datetime | None = None,
    ) -> tuple[str, datetime]:
        """An access token and when it expires; NoSigningKey where this machine cannot sign."""
        now = self._db.now()
        key = self._signing(now)
        expires_at = min(now + ACCESS_LIFE, not_after or now + ACCESS_LIFE)
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": public_id("user", user_id),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": public_id("token", new_id()),
            "sid": public_id("session", session_id),
            "tenant": public_id("tenant", tenant_id),
            "role": role.value,
            "scope": " ".join(sorted(scopes)),
        }
        if key.private is None:
            raise NoSigningKey("No access token can be signed here just now.")
        return jws.sign(key.header, claims, key.private), expires_at

    async def read(self, token: str) -> Claims | None:
        """What a token says, if we said it to ourselves and it has not expired."""
        header = token.partition(".")[0]
        if len(token) > _LONGEST or token.count(".") != 2 or not token.isascii():
            return None
        key = self._keys.get(header)
        if key is None and self._could_be_ours(header):
            await self._look_again()
            key = self._keys.get(header)
        now = self._db.now()
        if key is None or (key.trusted_until is not None and key.trusted_until <= now):
            return None
        try:
            return self._believed(jws.read(token, key.public), now)
        except jws.Unreadable:
            return None

    def derive(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes that only this house makes of these parts."""
        encoded = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._secret, purpose.encode() + b"\0" + encoded, hashlib.sha256)

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """The public halves, as others read them (RFC 7517)."""
        now = self._db.now()
        known = [k for k in self._keys.values() if not k.trusted_until or k.trusted_until > now]
        return {"keys": [key.jwk for key in known]}

    def _signing(self, now: datetime) -> _Key:
        """The newest key that signs by now and that this machine can open."""
        for key in self._keys.values():
            if key.private is not None and key.signs_from <= now:
                return key
        raise NoSigningKey("No access token can be signed here just now.")

    def _believed(self, claims: dict[str, Any], now: datetime) -> Claims | None:
        """The claims, if they are exactly those that we write, for us, and of now."""
        if claims.keys() != _NAMES or claims["iss"] != self._issuer or claims["aud"] != AUDIENCE:
            return None
        issued, expires = claims["iat"], claims["exp"]
        if type(issued) is not int or type(expires) is not int:
            return None
        leeway, instant = LEEWAY.total_seconds(), now.timestamp()
        if issued > instant + leeway or expires <= instant - leeway:
            return None
        if expires - issued > ACCESS_LIFE.total_seconds():
            return None
        if not all(isinstance(claims[name], str) for name in ("sub", "sid", "scope")):
            return None
        session_id, user_id = parse_id("session", claims["sid"]), parse_id("user", claims["sub"])
        if session_id is None or user_id is None:
            return None
        expires_at = datetime.fromtimestamp(expires, UTC) + LEEWAY
        return Claims(session_id, user_id, tuple(claims["scope"].split()), expires_at)

    def _could_be_ours(self, header: str) -> bool:
        """Whether a key that is not known here yet could have written this."""
        return len(header) == _HEADER_LENGTH

    async def _look_again(self) -> None:
        """Look for new keys, at most once a second, whatever is presented."""
        async with self._looking:
            if asyncio.get_running_loop().time() - self._looked >= 1.0:
                await self._look()

    async def _look(self) -> None:
        self._looked = asyncio.get_running_loop().time()
        async with self._db.view() as view:
            found = await keys.trusted(view)
        known = {key.id: key for key in self._keys.values()}
        fresh = [await self._key(row, known.get(row.id)) for row in found]
        if [(key.id, key.trusted_until) for key in fresh] != self._ids():
            self.edition += 1
        self._keys = {key.header: key for key in fresh}

    async def _key(self, row: SigningKey, known: _Key | None) -> _Key:
        private = known.private if known else None
        if private is None:
            try:
                private = await keys.unseal(self._box.masters, row)
            except (UnknownMaster, Tampered) as error:
                if known is None:
                    kid = keys.kid_of(row.id)
                    log.warning("signing_key_unreadable", kid=kid, reason=str(error))
        kid = keys.kid_of(row.id)
        return _Key(
            id=row.id,
            header=jws.header_of(kid),
            public=Ed25519PublicKey.from_public_bytes(bytes(row.public)),
            private=private,
            signs_from=row.signs_from,
            trusted_until=row.trusted_until,
            jwk=jws.jwk_of(kid, bytes(row.public)),
        )

    def _ids(self) -> list[tuple[UUID, datetime | None]]:
        return [(key.id, key.trusted_until) for key in self._keys.values()]

    def _is_old(self, key: SigningKey) -> bool:
        return self._life is not None and key.signs_from + self._life <= self._db.now()


_HEADER_LENGTH: Final = len(jws.header_of(keys.kid_of(UUID(int=0))))
