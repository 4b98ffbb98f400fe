"""Rows that hold a secret, of whatever room: how they are sealed for one place, and which tables a
rotation of the master key goes through.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import select

from gesso.domain.keyring.errors import MasterKeyMissing
from gesso.domain.keyring.tables import MasterKey
from gesso.infra.db import Database, Main, Tx, View, moment, upsert
from gesso.infra.vault import Envelope, Master, Masters, seal

T = TypeVar("T")
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class SealedRows:
    """A table of sealed rows. It has `id`, `sealed`, `wrapped` and `master_id`, perhaps `rev`, and
    a foreign key to the master keys, which keeps one from being forgotten while it is needed.
    """

    entity: type[Main]
    place: Callable[[Any], bytes]
    """What the seal of a row is bound to."""
    note: Callable[[Tx, Any, str, str], None] | None = None
    """Writes down that a row was wrapped anew: transaction, row, who did it, by which master."""


class Sealing(Protocol):
    """Who knows the master keys of this process."""

    @property
    def masters(self) -> Masters:
        """Every master key that this process can use."""

    async def in_force(self, db: Database) -> Master:
        """The one that wraps what is new."""


def place_of(*parts: str) -> bytes:
    """What a seal is bound to; every part behind its length, so that no two rows look alike."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def envelope_of(row: Any) -> Envelope:
    """What is stored of a row's secrets."""
    return Envelope(bytes(row.sealed), bytes(row.wrapped), row.master_id)


async def seal_and_write(
    db: Database,
    safe: Sealing,
    place: bytes,
    secrets: Mapping[str, str],
    write: Callable[[Tx, Envelope], Awaitable[T]],
) -> T:
    """Seal these outside of any transaction, then write; once more where the master key has changed
    meanwhile. MasterKeyMissing where this machine cannot wrap for the others.
    """
    for _ in range(_TRIES):
        master = await safe.in_force(db)
        envelope = await seal(master, secrets, place)
        async with db.tx() as tx:
            if await stands(tx, envelope.master):
                return await write(tx, envelope)
    raise MasterKeyMissing("The master key keeps changing; try again.")


async def master_in_force(view: View) -> str | None:
    """The id of the master key in force; None before the first."""
    found: str | None = await view.scalar(select(MasterKey.id).where(MasterKey.in_force))
    return found


async def stands(tx: Tx, master_id: str) -> bool:
    """Whether this master key is in force until the commit; the very first one is put in force.

    False: another one was put in force meanwhile, and what was sealed has to be sealed anew.
    """
    query = select(MasterKey.id).where(MasterKey.in_force).with_for_update(read=True)
    found = await tx.scalar(query)
    if found is None:
        first = upsert(tx, MasterKey).values(id=master_id, in_force=True, created_at=moment(tx))
        await tx.execute(first.on_conflict_do_nothing())
        found = await tx.scalar(query)
    return bool(found == master_id)
