"""The keys that sign access tokens, at rest: made, sealed for their row, followed by others.

A new key is shown to the world before it signs, and the old one is believed until everything that
it signed has expired. There is one newest key for all processes.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, or_, select, update

from gesso.domain import identity
from gesso.domain.sessions.rules import ACCESS_LIFE, LEEWAY
from gesso.domain.sessions.tables import SigningKey
from gesso.infra.db import Database, Tx, View, moment
from gesso.infra.vault import Envelope, Master, Masters, open_envelope, seal
from gesso.kit.ids import new_id, public_id

RECIPE: Final = 1
"""How private halves are sealed today; it is bound into the seal."""

SHOWN: Final = timedelta(minutes=5)
"""For which others may keep the key set; a key is shown twice as long before it signs."""

_TRUSTED: Final = ACCESS_LIFE + 2 * LEEWAY
_PART: Final = "private"


class Strongbox(Protocol):
    """What seals the keys at rest: the keyring's safe."""

    @property
    def masters(self) -> Masters:
        """The master keys of this process."""

    async def in_force(self, db: Database) -> Master:
        """The master key that wraps what is new."""

    async def stands(self, tx: Tx, master_id: str) -> bool:
        """Whether this master key is in force until the commit."""


def kid_of(key_id: UUID) -> str:
    """The key's name in tokens and in the key set."""
    return public_id("skey", key_id)


def context_of(key: SigningKey) -> bytes:
    """What a seal is bound to: this row, this recipe, this public half."""
    return _context(key.id, key.version, bytes(key.public))


def _envelope_of(key: SigningKey) -> Envelope:
    """What is stored of its private half."""
    return Envelope(bytes(key.sealed), bytes(key.wrapped), key.master_id)


async def unseal(masters: Masters, key: SigningKey) -> Ed25519PrivateKey:
    """The private half. UnknownMaster where this machine lacks the master key, Tampered where the
    row is not as it was sealed.
    """
    secrets = await open_envelope(masters, _envelope_of(key), context_of(key))
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secrets[_PART]))


async def trusted(view: View) -> Sequence[SigningKey]:
    """The keys whose tokens are believed, and those that will sign soon; the newest first."""
    now = moment(view)
    query = select(SigningKey).where(
        or_(SigningKey.trusted_until.is_(None), SigningKey.trusted_until > now)
    )
    return (await view.scalars(query.order_by(SigningKey.id.desc()))).all()


async def rotate(
    db: Database, box: Strongbox, *, after: UUID | None, at_once: bool = False
) -> datetime | None:
    """Make the key that follows `after`, or the very first; from when it signs.

    None: somebody else was first. With `at_once` no token of an older key is believed any more, and
    those who are signed in have to refresh.
    """
    master = await box.in_force(db)
    key_id, private = new_id(), Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    plain = {_PART: base64.b64encode(private.private_bytes_raw()).decode()}
    envelope = await seal(master, plain, _context(key_id, RECIPE, public))
    async with db.tx() as tx:
        now = moment(tx)
        signs_from = now if at_once or after is None else now + 2 * SHOWN
        if not await box.stands(tx, master.id):
            return None
        if after is not None and not await _follow(tx, after, signs_from, at_once=at_once):
            return None
        is_first = await identity.insert_once(
            tx,
            SigningKey,
            {
                "id": key_id,
                "public": public,
                "version": RECIPE,
                "sealed": envelope.sealed,
                "wrapped": envelope.wrapped,
                "master_id": envelope.master,
                "created_at": now,
                "signs_from": signs_from,
                "is_newest": True,
            },
        )
    return signs_from if is_first else None


async def newest(view: View) -> SigningKey | None:
    """The key that signs last of all; None before the first."""
    found: SigningKey | None = await view.scalar(select(SigningKey).where(SigningKey.is_newest))
    return found


async def _follow(tx: Tx, after: UUID, signs_from: datetime, *, at_once: bool) -> bool:
    """Make room for a newer key; False where somebody else has done so."""
    until = signs_from if at_once else signs_from + _TRUSTED
    followed = await tx.scalar(
        update(SigningKey)
        .where(SigningKey.id == after, SigningKey.is_newest)
        .values(is_newest=False, trusted_until=until)
        .returning(SigningKey.id)
        .execution_options(synchronize_session=False)
    )
    if followed is None:
        return False
    if at_once:
        await tx.execute(
            update(SigningKey)
            .where(SigningKey.trusted_until > until)
            .values(trusted_until=until)
            .execution_options(synchronize_session=False)
        )
    await tx.execute(delete(SigningKey).where(SigningKey.trusted_until < moment(tx)))
    return True


def _context(key_id: UUID, version: int, public: bytes) -> bytes:
    """Every part behind its length, so that no two rows look alike."""
    parts = (b"signing_key", key_id.bytes, str(version).encode(), public)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
