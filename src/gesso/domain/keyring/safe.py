"""The safe: puts the secrets of a key away for one row, and gets them out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from gesso.domain.keyring.errors import BadSecrets, MasterKeyMissing
from gesso.domain.keyring.history import note
from gesso.domain.keyring.sealed import (
    SealedRows,
    envelope_of,
    master_in_force,
    place_of,
    stands,
)
from gesso.domain.keyring.tables import ProviderKey
from gesso.infra.db import Database, Tx
from gesso.infra.vault import (
    Envelope,
    Master,
    Masters,
    UnknownMaster,
    open_envelope,
    rewrap,
)
from gesso.kit.scrub import SHORTEST
from gesso.providers import Access
from gesso.providers.discretion import hint

RECIPE: Final = 1
"""How secrets are sealed today; it is bound into the seal."""
_LONGEST: Final = 8192
_SHORT = "This machine lacks the master key in force; see GESSO_MASTER_KEY."
_OWN = "Other machines would not have this machine's master key: set GESSO_MASTER_KEY on all."


@dataclass(frozen=True, slots=True)
class Safe:
    """The master keys of this process, and of which parts the keys of each provider consist."""

    masters: Masters
    accesses: Mapping[str, Access]
    is_alone: bool = True
    """False where other machines have to open what is sealed here."""
    others: Sequence[SealedRows] = ()
    """The tables of other rooms that hold secrets too."""

    @property
    def tables(self) -> Sequence[SealedRows]:
        """Every table that a rotation of the master key goes through."""
        return (PROVIDER_KEYS, *self.others)

    def place_for(self, key_id: UUID, provider: str, root: str | None) -> bytes:
        """What the seal of a new key is bound to."""
        return _context(key_id, provider, RECIPE, root)

    def checked(self, provider: str, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """The secrets, if they are what a key of this provider consists of; BadSecrets if not."""
        access = self.accesses.get(provider)
        if access is None or not access.secrets:
            raise BadSecrets("There is no provider of this name that takes a key.", parts=[])
        parts = sorted(access.secrets)
        if sorted(secrets) != parts:
            raise BadSecrets(f"A key of {provider} consists of: {', '.join(parts)}.", parts=parts)
        for part, secret in secrets.items():
            if not (SHORTEST <= len(secret) <= _LONGEST and secret.isprintable()):
                raise BadSecrets(
                    f"{part}: a secret has {SHORTEST} to {_LONGEST} printable letters.", parts=parts
                )
        return secrets

    async def open(self, key: ProviderKey) -> dict[str, str]:
        """The secrets of this row. UnknownMaster where this machine lacks the master key, Tampered
        where the row is not as it was sealed; never another row's.
        """
        return await self.open_row(PROVIDER_KEYS, key)

    async def open_row(self, table: SealedRows, row: Any) -> dict[str, str]:
        """The secrets of a row of any of the tables. Errors as `open`."""
        return await open_envelope(self.masters, envelope_of(row), table.place(row))

    async def rewrap(self, table: SealedRows, row: Any, master: Master) -> Envelope:
        """A row's envelope under another master key. Errors as `open`."""
        return await rewrap(self.masters, master, envelope_of(row), table.place(row))

    async def in_force(self, db: Database) -> Master:
        """The master key that wraps what is new, for all machines; MasterKeyMissing where this one
        cannot use it.
        """
        async with db.view() as view:
            named = await master_in_force(view)
        if named is None:
            if self.masters.file is not None and not self.is_alone:
                raise MasterKeyMissing(_OWN)
            return self.masters.preferred()
        try:
            return self.masters.find(named)
        except UnknownMaster:
            raise MasterKeyMissing(_SHORT, master=named) from None

    async def stands(self, tx: Tx, master_id: str) -> bool:
        """Whether this master key is in force until the commit; see `sealed.stands`."""
        return await stands(tx, master_id)


def hints(secrets: Mapping[str, str]) -> dict[str, object]:
    """Enough of each part to recognise it."""
    return {part: hint(secret) for part, secret in secrets.items()}


def _context_of(key: ProviderKey) -> bytes:
    return _context(key.id, key.provider, key.version, key.root)


def _context(key_id: UUID, provider: str, version: int, root: str | None) -> bytes:
    return place_of("provider_key", str(key_id), provider, str(version), root or "")


def _noted(tx: Tx, key: ProviderKey, actor: str, master: str) -> None:
    note(tx, key, "rewrapped", actor, master=master)


PROVIDER_KEYS: Final = SealedRows(ProviderKey, _context_of, _noted)
"""The ring itself, as a rotation goes through it."""
