"""What the database gives up when somebody leaves, and what it keeps; and one export at a time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from gesso.domain import account, auditlog, identity, wallet
from gesso.domain.account.service import begin_export, end_export, keep_export
from gesso.domain.auditlog import Actor
from gesso.domain.identity import AccountErased, Erasure, Role
from gesso.kit.ids import public_id
from gesso.kit.money import CREDIT
from gesso.migrations.main.schema import metadata
from tests.domain.leaving import Place, asked, open_place, settled_in


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(database_url, tmp_path) as place:
        yield place


FORBIDDEN = (
    "update event set data = '{}'",
    "update event set type = 'x'",
    "update ledger_txn set memo = null where memo is not null",
    "update ledger_txn set memo = 'other' where memo is not null",
    "update ledger_txn set seq = seq + 1000",
    "delete from ledger_txn",
    "update audit_log set address = null where address is not null",
    "update audit_log set details = '{}'",
    "update audit_log set action = 'x'",
    "delete from audit_log",
)


async def test_the_log_and_the_ledger_give_up_words_of_who_leaves_alone(place: Place) -> None:
    async with place.shop.db.tx() as tx:
        purse = await wallet.of_owner(tx, place.shop.caller.user_id)
        await wallet.grant(tx, purse.id, CREDIT, memo="a gift")
        name = public_id("user", place.shop.caller.user_id)
        somebody = Actor(name, "token", place.shop.caller.tenant_id, "192.0.2.1")
        await auditlog.note(tx, somebody, "user.create", name, {"email": "eve@example.org"})
    await asked(place, await settled_in(place))  # which opens nothing of anybody else's
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match="append-only"):
            async with place.shop.db.tx() as tx:
                await tx.execute(text(statement))


async def test_an_erasure_never_turns_back(place: Place) -> None:
    gone = await asked(place, await settled_in(place))
    now = gone.asked_at
    skipped: dict[str, Any] = {"state": "erased", "settled_at": now, "finished_at": now}
    another: dict[str, Any] = {"user_id": place.shop.caller.user_id}
    back: dict[str, Any] = {"state": "asked", "settled_at": None}
    for values in (skipped, another, back):
        if values is back:
            async with place.shop.db.tx() as tx:
                await tx.execute(update(Erasure).values(state="settled", settled_at=now))
        with pytest.raises(DBAPIError, match="illegal erasure transition"):
            async with place.shop.db.tx() as tx:
                await tx.execute(update(Erasure).values(**values))


async def test_an_ended_account_is_not_opened_again(place: Place) -> None:
    user = await settled_in(place)
    await asked(place, user)
    with pytest.raises(AccountErased):
        async with place.shop.db.tx() as tx:
            await identity.set_active(tx, user, active=True)
    with pytest.raises(AccountErased):
        async with place.shop.db.tx() as tx:
            await identity.set_role(tx, user, Role.OPERATOR)
    async with place.shop.db.tx() as tx:
        now = await identity.set_active(tx, user, active=False)
    assert (now.status, now.role) == ("disabled", "user")


async def test_one_export_at_a_time_and_a_dead_one_is_no_hindrance(place: Place) -> None:
    db, caller = place.shop.db, place.shop.caller

    async def begin() -> UUID:
        async with db.tx() as tx:
            return await begin_export(tx, caller.user_id, caller.tenant_id)

    holder = await begin()
    with pytest.raises(account.ExportRunning):
        await begin()
    async with db.tx() as tx:
        assert await keep_export(tx, holder)
        past = db.now() - timedelta(seconds=61)
        await tx.execute(update(account.Exporting).values(until=past))
    heir = await begin()
    async with db.tx() as tx:
        assert not await keep_export(tx, holder)
        await end_export(tx, holder)
    with pytest.raises(account.ExportRunning):
        await begin()
    async with db.tx() as tx:
        await end_export(tx, heir)
    await begin()


def test_of_every_table_it_is_said_what_becomes_of_it() -> None:
    assert set(metadata.tables) == set(account.WHAT_BECOMES)
