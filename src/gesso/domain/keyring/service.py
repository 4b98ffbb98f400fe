"""The verbs of operators: keys come in, are changed, replaced, rested, released and removed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gesso.domain.auditlog import Actor
from gesso.domain.keyring.errors import (
    KeyInUse,
    KeyRetired,
    LabelTaken,
    NoSuchProviderKey,
)
from gesso.domain.keyring.history import done
from gesso.domain.keyring.safe import RECIPE, Safe, hints
from gesso.domain.keyring.sealed import seal_and_write
from gesso.domain.keyring.tables import ProviderKey
from gesso.infra.db import Database, Tx, View, moment
from gesso.infra.vault import Envelope
from gesso.kit.ids import new_id, public_id

Count = Callable[[View, Sequence[str]], Awaitable[Mapping[str, int]]]
"""Counts the attempts that belong to each of these credentials; those with none are left out."""

BY_HAND: Final = "by_hand"
"""The code of a rest that an operator ordered."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is handed in; its secrets are checked against what its provider asks for."""

    provider: str
    label: str
    secrets: Mapping[str, str]
    weight: int = 1
    max_concurrency: int | None = None
    per_minute: int | None = None
    root: str | None = None

    def __repr__(self) -> str:
        return f"NewKey({self.provider!r}, {self.label!r})"


def credential_id(key_id: UUID) -> str:
    """The name by which attempts remember a key."""
    return public_id("pkey", key_id)


async def add(db: Database, safe: Safe, new: NewKey, *, actor: Actor) -> ProviderKey:
    """Put a key on the ring; it is lent from now on. BadSecrets, LabelTaken, MasterKeyMissing."""

    async def write(tx: Tx, key_id: UUID, envelope: Envelope) -> ProviderKey:
        key = await _insert(tx, key_id, new, envelope)
        await done(tx, key, "added", actor)
        return key

    return await _sealed(db, safe, new, write)


async def replace(
    db: Database,
    safe: Safe,
    key_id: UUID,
    secrets: Mapping[str, str],
    *,
    actor: Actor,
    root: str | None = None,
) -> ProviderKey:
    """Put a new key in the place of one, which takes no new jobs and stays for those that it has.

    KeyRetired where it was replaced already.
    """
    async with db.view() as view:
        old = await get(view, key_id)
    new = NewKey(
        old.provider, old.label, secrets, old.weight, old.max_concurrency, old.per_minute,
        root or old.root,
    )  # fmt: skip

    async def write(tx: Tx, new_id: UUID, envelope: Envelope) -> ProviderKey:
        before = await _locked(tx, key_id)
        before.state, before.updated_at, before.rev = "retired", moment(tx), before.rev + 1
        before.rests_until = before.probe = None
        await tx.flush()
        now = replaced(
            new,
            label=before.label,
            weight=before.weight,
            max_concurrency=before.max_concurrency,
            per_minute=before.per_minute,
        )
        key = await _insert(tx, new_id, now, envelope, replaces=key_id)
        await done(tx, before, "replaced", actor, by=credential_id(key.id))
        await done(tx, key, "added", actor, replaces=credential_id(key_id))
        return key

    return await _sealed(db, safe, new, write)


async def change(tx: Tx, key_id: UUID, changes: Mapping[str, Any], *, actor: Actor) -> ProviderKey:
    """Change label, weight, limits or state; to retire is for ever. In force at the next lending,
    everywhere.
    """
    key = await _locked(tx, key_id)
    if "label" in changes and changes["label"] != key.label:
        await _check_label(tx, key.provider, changes["label"])
    for name, value in changes.items():
        setattr(key, name, value)
    if key.state == "retired":
        key.rests_until = key.probe = None
    key.updated_at, key.rev = moment(tx), key.rev + 1
    await done(tx, key, "changed", actor, **changes)
    await tx.flush()
    return key


async def rest(tx: Tx, key_id: UUID, seconds: float, *, actor: Actor) -> ProviderKey:
    """Lend a key to nobody for so long; then one attempt tries it out before others follow."""
    key = await _locked(tx, key_id)
    key.rests_until = moment(tx) + timedelta(seconds=seconds)
    key.faults, key.rest_code, key.probe = max(key.faults, 1), BY_HAND, None
    key.updated_at, key.rev = moment(tx), key.rev + 1
    await done(tx, key, "rested", actor, code=BY_HAND, seconds=seconds)
    await tx.flush()
    return key


async def release(tx: Tx, key_id: UUID, *, actor: Actor) -> ProviderKey:
    """Lend a resting key again, as if it had never failed."""
    key = await _locked(tx, key_id)
    key.rests_until = key.rest_code = key.probe = None
    key.faults = 0
    key.updated_at, key.rev = moment(tx), key.rev + 1
    await done(tx, key, "released", actor)
    await tx.flush()
    return key


async def remove(tx: Tx, unfinished: Count, key_id: UUID, *, actor: Actor) -> None:
    """Destroy a retired key that no job needs any more; KeyInUse for any other."""
    key = await _locked(tx, key_id, even_retired=True)
    if key.state != "retired":
        raise KeyInUse("Retire or replace the key first; then wait for its jobs.")
    if waiting := (await unfinished(tx, [credential_id(key_id)])).get(credential_id(key_id), 0):
        raise KeyInUse("Jobs that were submitted with it are not finished.", jobs=waiting)
    await done(tx, key, "removed", actor)
    await tx.delete(key)
    await tx.flush()


async def get(view: View, key_id: UUID) -> ProviderKey:
    """The key; NoSuchProviderKey when there is none."""
    key = await view.get(ProviderKey, key_id)
    if key is None:
        raise NoSuchProviderKey("There is no such key.")
    return key


async def page(
    view: View, *, provider: str | None, after: UUID | None, limit: int
) -> Sequence[ProviderKey]:
    """Keys, retired ones too, the newest first."""
    query = select(ProviderKey).order_by(ProviderKey.id.desc()).limit(limit)
    if provider is not None:
        query = query.where(ProviderKey.provider == provider)
    if after is not None:
        query = query.where(ProviderKey.id < after)
    return (await view.scalars(query)).all()


async def _sealed(
    db: Database,
    safe: Safe,
    new: NewKey,
    write: Callable[[Tx, UUID, Envelope], Awaitable[ProviderKey]],
) -> ProviderKey:
    secrets, key_id = safe.checked(new.provider, new.secrets), new_id()

    async def written(tx: Tx, envelope: Envelope) -> ProviderKey:
        return await write(tx, key_id, envelope)

    place = safe.place_for(key_id, new.provider, new.root)
    return await seal_and_write(db, safe, place, secrets, written)


async def _insert(
    tx: Tx, key_id: UUID, new: NewKey, envelope: Envelope, *, replaces: UUID | None = None
) -> ProviderKey:
    await _check_label(tx, new.provider, new.label)
    key = ProviderKey(
        id=key_id, provider=new.provider, label=new.label, state="active", weight=new.weight,
        max_concurrency=new.max_concurrency, per_minute=new.per_minute, root=new.root,
        version=RECIPE, sealed=envelope.sealed, wrapped=envelope.wrapped,
        master_id=envelope.master, hints=hints(new.secrets), replaces=replaces,
        faults=0, window_used=0, window_before=0,
        created_at=moment(tx), updated_at=moment(tx), rev=1,
    )  # fmt: skip
    tx.add(key)
    await tx.flush()
    return key


async def _check_label(tx: Tx, provider: str, label: str) -> None:
    taken = select(ProviderKey.id).where(
        ProviderKey.provider == provider,
        ProviderKey.label == label,
        ProviderKey.state != "retired",
    )
    if await tx.scalar(taken) is not None:
        raise LabelTaken(f"Another key of {provider} is called so.")


async def _locked(tx: Tx, key_id: UUID, *, even_retired: bool = False) -> ProviderKey:
    key = await tx.scalar(
        select(ProviderKey)
        .where(ProviderKey.id == key_id)
        .with_for_update(key_share=not even_retired)
        .execution_options(populate_existing=True)
    )
    if key is None:
        raise NoSuchProviderKey("There is no such key.")
    if key.state == "retired" and not even_retired:
        raise KeyRetired("The key is retired, and does not come back.")
    return key


async def providers_of(view: View) -> frozenset[str]:
    """The providers of which there is a key that may be lent some day."""
    query = select(ProviderKey.provider).where(ProviderKey.state != "retired").distinct()
    return frozenset((await view.scalars(query)).all())
