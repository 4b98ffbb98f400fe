"""Keys are replaced, and the master key is rotated and killed at it, while jobs go on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from gesso.domain import keyring
from gesso.domain.auditlog import by_hand
from gesso.domain.keyring import NewKey, ProviderKey, Safe
from gesso.infra.vault import MasterFile, Masters, seal
from gesso.kit.ids import new_id
from gesso.providers import Access
from tests.keyring.afar import Afar, afar

LENT, IDLE = 10, 600
KILLS = 2
REPLACEMENTS = 4


def safe_of(house: Afar) -> Safe:
    file = MasterFile(house.place.data_dir / "master.key")
    return Safe(Masters([], [], file), {"keyed": Access(secrets={"key": "KEYED_KEY"})})


def secret_of(number: int) -> str:
    return f"the-secret-of-key-number-{number}"


async def fill(house: Afar) -> None:
    """Keys that are lent, and very many beside them, so that a rotation takes its time."""
    safe = safe_of(house)
    for number in range(LENT):
        house.keyed.account(secret_of(number))
        new = NewKey("keyed", f"key {number}", {"key": secret_of(number)})
        await keyring.add(house.db, safe, new, actor=by_hand())
    idle = [await idle_key(safe, number) for number in range(LENT, LENT + IDLE)]
    async with house.db.tx() as tx:
        await tx.execute(insert(ProviderKey), idle)


async def idle_key(safe: Safe, number: int) -> dict[str, Any]:
    """A row of a provider that nobody asks for anything."""
    key_id, master = new_id(), safe.masters.preferred()
    place = safe.place_for(key_id, "elsewhere", None)
    envelope = await seal(master, {"key": secret_of(number)}, place)
    now = datetime.now(UTC)
    return {
        "id": key_id, "provider": "elsewhere", "label": f"key {number}", "state": "active",
        "weight": 1, "version": 1, "sealed": envelope.sealed, "wrapped": envelope.wrapped,
        "master_id": master.id, "hints": {}, "faults": 0, "window_used": 0, "window_before": 0,
        "created_at": now, "updated_at": now, "rev": 1,
    }  # fmt: skip


async def by_master(house: Afar) -> dict[str, int]:
    """How many keys each master key wraps."""
    query = select(ProviderKey.master_id, func.count()).group_by(ProviderKey.master_id)
    async with house.db.view() as view:
        return {master: count for master, count in await view.execute(query)}  # noqa: C416


async def all_open(house: Afar) -> bool:
    """Whether every key opens to its own secret, by a process that has just begun."""
    safe = safe_of(house)
    async with house.db.view() as view:
        keys = (await view.scalars(select(ProviderKey))).all()
    for key in keys:
        number = int(key.label.split()[1])
        assert await safe.open(key) == {"key": secret_of(number)}
    return len(keys) == LENT + IDLE


async def working(house: Afar, is_over: Callable[[], bool]) -> list[dict[str, Any]]:
    """Jobs, one after another, until it is over; how they ended."""
    ends: list[dict[str, Any]] = []
    while not is_over():
        tasks = [
            await house.anna.submit("text_to_image", prompt=f"under way {len(ends)} {n}")
            for n in range(4)
        ]
        ends += [await house.anna.wait(task, seconds=90) for task in tasks]
    return ends


@pytest.mark.timeout(480)
async def test_a_rotation_that_is_killed_again_and_again(database_url: str, tmp_path: Path) -> None:
    async with afar(database_url, tmp_path) as house:
        await fill(house)
        (first,) = await by_master(house)
        await asyncio.sleep(3)  # until the server has heard of the ring
        over = asyncio.Event()
        jobs = asyncio.create_task(working(house, over.is_set))
        for _ in range(KILLS):
            command = house.command("keyring", "rotate-master")
            assert command.stdout is not None
            lines = [await asyncio.to_thread(command.stdout.readline) for _ in range(2)]
            command.kill()  # it is in force, and the first rows are wrapped by it
            await asyncio.to_thread(command.communicate)
            assert "wrapped anew" in lines[-1], lines
            assert len(await by_master(house)) == 2
            assert await all_open(house)
        command = house.command("keyring", "rotate-master")
        said, _ = await asyncio.to_thread(command.communicate)
        assert command.returncode == 0, said
        over.set()
        ends = await jobs
        assert await all_open(house)
        (last,) = await by_master(house)
        assert last != first
        assert last in said
        # The server has no other way than the file to learn of the master keys since its start.
        await house.server.kill()
        await house.server.start()
        ends.append(await house.anna.make("text_to_image", prompt="after the restart"))
    assert ends
    assert {end["status"] for end in ends} == {"completed"}
    assert MasterFile(house.place.data_dir / "master.key").read()[0].id == last


@pytest.mark.timeout(480)
async def test_a_key_is_replaced_again_and_again(database_url: str, tmp_path: Path) -> None:
    async with afar(database_url, tmp_path) as house:
        accounts = [house.keyed.account(secret_of(number)) for number in range(REPLACEMENTS + 1)]
        key = (await house.operator.ask("POST", "/keyring/keys", of_number(0, label="ours"))).body
        await asyncio.sleep(3)  # until the server has heard of the ring
        over = asyncio.Event()
        jobs = asyncio.create_task(working(house, over.is_set))
        for number in range(1, REPLACEMENTS + 1):
            async with asyncio.timeout(60):
                while not accounts[number - 1].taken:  # noqa: ASYNC110  # the provider's truth
                    await asyncio.sleep(0.05)
            place = f"/keyring/keys/{key['id']}"
            replaced = await house.operator.ask("POST", f"{place}/replace", of_number(number))
            assert replaced.status == 201, replaced
            async with asyncio.timeout(60):
                while (gone := await house.operator.ask("DELETE", place)).status != 204:
                    assert gone.code == "key_in_use"
                    await asyncio.sleep(0.1)
            accounts[number - 1].status = 401  # as the provider does once nobody needs it
            key = replaced.body
        over.set()
        ends = await jobs
    assert [end["error"] for end in ends if end["status"] != "completed"] == []
    assert sum(account.refused for account in accounts) == 0
    assert all(account.taken for account in accounts[:-1]), accounts


def of_number(number: int, **facts: str) -> dict[str, Any]:
    """What a key is handed in with; without a label it takes another one's place."""
    named = {"provider": "keyed", **facts} if facts else {}
    return {**named, "secrets": {"key": secret_of(number)}}
