"""What stands in the keyring's rows cannot be moved, altered or brought back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.domain import keyring
from gesso.domain.auditlog import by_hand
from gesso.domain.keyring import (
    KeyInUse,
    KeyRetired,
    LabelTaken,
    MasterKeyMissing,
    NewKey,
    ProviderKey,
    Safe,
)
from gesso.domain.tasks import unfinished
from gesso.infra.db import Database
from gesso.infra.vault import LocalMaster, MasterFile, Masters, Tampered, UnknownMaster
from gesso.providers import Access

ACCESSES = {"acme": Access(secrets={"key": "ACME_KEY"})}


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


def safe_in(folder: Path, *, is_alone: bool = True) -> Safe:
    return Safe(Masters([], [], MasterFile(folder / "master.key")), ACCESSES, is_alone=is_alone)


@pytest.fixture
def safe(tmp_path: Path) -> Safe:
    return safe_in(tmp_path)


async def put(db: Database, safe: Safe, label: str, **facts: str) -> ProviderKey:
    new = NewKey("acme", label, {"key": f"the-secret-of-{label}"}, root=facts.get("root"))
    return await keyring.add(db, safe, new, actor=by_hand())


async def write(db: Database, sql: str, **values: object) -> None:
    async with db.tx() as tx:
        await tx.execute(text(sql), values)


async def row(db: Database, key: ProviderKey) -> ProviderKey:
    async with db.view() as view:
        return await keyring.get(view, key.id)


async def unguarded(db: Database, sql: str, **values: object) -> None:
    """As somebody would who owns the database and takes its guards down."""
    name = "guard_provider_key_seal"
    async with db.tx() as tx:
        if db.is_sqlite:
            await tx.execute(text(f"drop trigger if exists {name}"))
        else:
            await tx.execute(text(f"drop trigger if exists {name} on provider_key"))
        await tx.execute(text(sql), values)


@pytest.mark.parametrize("column", ["sealed", "wrapped", "sealed, wrapped"])
async def test_what_is_copied_from_another_row_does_not_open(
    db: Database, safe: Safe, column: str
) -> None:
    one, two = await put(db, safe, "one"), await put(db, safe, "two")
    for name in column.split(", "):
        other = f"(select {name} from provider_key where label = 'two')"
        await unguarded(db, f"update provider_key set {name} = {other} where label = 'one'")
    with pytest.raises(Tampered):
        await safe.open(await row(db, one))
    assert await safe.open(await row(db, two)) == {"key": "the-secret-of-two"}


@pytest.mark.parametrize(
    "change",
    ["provider = 'evil'", "root = 'https://evil.example'", "version = 2", "root = null"],
)
async def test_a_row_that_was_made_another_does_not_open(
    db: Database, safe: Safe, change: str
) -> None:
    key = await put(db, safe, "one", root="https://acme.example")
    await unguarded(db, f"update provider_key set {change}")
    with pytest.raises(Tampered):
        await safe.open(await row(db, key))


@pytest.mark.parametrize(
    "change",
    ["sealed = wrapped", "root = 'https://evil.example'", "provider = 'evil'", "version = 2"],
)
async def test_the_database_refuses_to_change_what_is_sealed(
    db: Database, safe: Safe, change: str
) -> None:
    await put(db, safe, "one")
    with pytest.raises(DBAPIError, match="sealed was changed"):
        await write(db, f"update provider_key set {change}")


async def test_the_database_guards_keys_their_history_and_their_masters(
    db: Database, safe: Safe
) -> None:
    key = await put(db, safe, "one")
    with pytest.raises(DBAPIError, match="not retired"):
        await write(db, "delete from provider_key")
    with pytest.raises(DBAPIError, match="append-only"):
        await write(db, "delete from provider_key_event")
    with pytest.raises(DBAPIError, match="append-only"):
        await write(db, "update provider_key_event set actor = 'nobody'")
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        await write(db, "delete from master_key")
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        await write(
            db, "insert into master_key select 'other', in_force, created_at from master_key"
        )
    async with db.tx() as tx:
        await keyring.change(tx, key.id, {"state": "retired"}, actor=by_hand())
    with pytest.raises(DBAPIError, match="came back"):
        await write(db, "update provider_key set state = 'active'")


async def test_a_key_is_retired_once_and_removed_after_that(db: Database, safe: Safe) -> None:
    key = await put(db, safe, "one")
    with pytest.raises(LabelTaken):
        await put(db, safe, "one")
    async with db.tx() as tx:
        with pytest.raises(KeyInUse):
            await keyring.remove(tx, unfinished, key.id, actor=by_hand())
    new = await keyring.replace(db, safe, key.id, {"key": "another-secret"}, actor=by_hand())
    assert (new.label, new.replaces) == ("one", key.id)
    with pytest.raises(KeyRetired):
        await keyring.replace(db, safe, key.id, {"key": "a-third-secret"}, actor=by_hand())
    assert await safe.open(await row(db, key)) == {"key": "the-secret-of-one"}
    async with db.tx() as tx:
        await keyring.remove(tx, unfinished, key.id, actor=by_hand())
    async with db.view() as view:
        lines = await keyring.history(view, key.id, after=None, limit=10)
    assert [line.event for line in lines] == ["removed", "replaced", "added"]


async def test_a_machine_without_the_master_key_neither_opens_nor_seals(
    db: Database, safe: Safe, tmp_path: Path
) -> None:
    key = await put(db, safe, "one")
    (tmp_path / "other").mkdir()
    stranger = safe_in(tmp_path / "other")
    with pytest.raises(UnknownMaster):
        await stranger.open(await row(db, key))
    with pytest.raises(MasterKeyMissing):
        await put(db, stranger, "two")


async def test_one_of_several_machines_makes_no_master_key_of_its_own(
    db: Database, tmp_path: Path
) -> None:
    with pytest.raises(MasterKeyMissing):
        await put(db, safe_in(tmp_path, is_alone=False), "one")
    assert not (tmp_path / "master.key").exists()


async def test_keys_that_come_first_together_agree_on_the_master(
    db: Database, safe: Safe, tmp_path: Path
) -> None:
    made = await asyncio.gather(*[put(db, safe_in(tmp_path), f"key {n}") for n in range(8)])
    assert {key.master_id for key in made} == {safe.masters.preferred().id}


async def test_a_rotation_from_one_setting_to_another(db: Database, tmp_path: Path) -> None:
    file = MasterFile(tmp_path / "master.key")
    old, new = LocalMaster("o" * 32), LocalMaster("n" * 32)
    before, after = (
        Safe(Masters([old], [], file), ACCESSES),
        Safe(Masters([new], [old], file), ACCESSES),
    )
    keys = [await put(db, before, f"key {n}") for n in range(5)]
    assert await keyring.put_in_force(db, after) == new.id
    # Who has only the old one still opens what is not rewrapped, and seals nothing by it.
    assert await before.open(await row(db, keys[0])) == {"key": "the-secret-of-key 0"}
    with pytest.raises(MasterKeyMissing):
        await put(db, before, "late")
    assert await keyring.forget_unused(db, after) == []
    step = await keyring.step(db, after, actor=by_hand(), room=3)
    assert (step.rewrapped, step.remaining) == (3, 2)
    await put(db, after, "meanwhile")
    step = await keyring.step(db, after, actor=by_hand(), room=3)
    assert (step.rewrapped, step.remaining) == (2, 0)
    assert list(await keyring.forget_unused(db, after)) == [old.id]
    alone = Safe(Masters([new], [], file), ACCESSES)
    for n, key in enumerate(keys):
        assert await alone.open(await row(db, key)) == {"key": f"the-secret-of-key {n}"}
