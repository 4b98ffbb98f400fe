"""Every check of the audit is quiet while its promise holds, and speaks when one row breaks it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update

from gesso.domain import audit
from gesso.domain.events.tables import Event
from gesso.domain.tasks.tables import Job
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Database, Tx
from gesso.kit.ids import new_id
from tests.domain.credit_faults import CREDIT_FAULTS
from tests.domain.faults import FAULTS, Fault, reversal
from tests.domain.payment_faults import PAYMENT_FAULTS
from tests.domain.world import LATER, NOW, World, write_world

ALL_FAULTS = [*FAULTS, *CREDIT_FAULTS, *PAYMENT_FAULTS]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    if database.is_sqlite:
        # Foreign keys cannot be switched off inside a transaction, as `unguard` does on PostgreSQL.
        event.listen(database.engine.sync_engine, "connect", _without_foreign_keys)
    yield database
    await database.close()


def _without_foreign_keys(connection: Any, _record: object) -> None:
    connection.execute("pragma foreign_keys = off")


@pytest.fixture
async def world(db: Database) -> World:
    async with db.tx() as tx:
        return await write_world(tx)


async def unguard(tx: Tx) -> None:
    """Take down whatever the database itself would refuse a fault with."""
    if tx.get_bind().dialect.name == "postgresql":
        await tx.execute(text("set local session_replication_role = replica"))
        checks = (
            "select c.relname, k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid"
            " where k.contype = 'c'"
        )
        for table, name in (await tx.execute(text(checks))).all():
            await tx.execute(text(f'alter table {table} drop constraint "{name}"'))
    else:
        await tx.execute(text("pragma ignore_check_constraints = on"))
        for (name,) in (
            await tx.execute(text("select name from sqlite_master where type = 'trigger'"))
        ).all():
            await tx.execute(text(f"drop trigger {name}"))


async def found(db: Database) -> list[audit.Breach]:
    async with db.view() as view:
        return await audit.run(view)


async def test_an_empty_database_keeps_every_promise(db: Database) -> None:
    assert await found(db) == []


async def test_a_living_database_keeps_every_promise(db: Database, world: World) -> None:
    assert await found(db) == []


async def test_a_partial_refund_is_no_breach(db: Database, world: World) -> None:
    async with db.tx() as tx:
        for statement in reversal("capture-made", 1)(world):
            await tx.execute(statement)
    assert await found(db) == []


async def test_a_delivered_result_that_could_not_be_stored_may_be_lost_at_once(
    db: Database, world: World
) -> None:
    """The provider can deliver no more, so nobody has to wait for the deadline."""
    async with db.tx() as tx:
        await tx.execute(
            update(Job)
            .where(Job.id == world.jobs["lost-0"])
            .values(deadline_at=LATER, output={"pieces": []})
        )
    assert await found(db) == []


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=str)
async def test_a_broken_promise_is_found(db: Database, world: World, fault: Fault) -> None:
    async with db.tx() as tx:
        await unguard(tx)
        for statement in fault.act(world):
            await tx.execute(statement)
    assert [breach.check for breach in await found(db)] == fault.trips.split()


def test_every_check_has_a_fault_that_trips_it() -> None:
    assert {check.id for check in audit.CHECKS} == {
        each for fault in ALL_FAULTS for each in fault.trips.split()
    }


async def test_a_breach_tells_what_and_where(db: Database, world: World) -> None:
    async with db.tx() as tx:
        await unguard(tx)
        await tx.execute(update(Wallet).values(posted=9))
    (breach,) = await found(db)
    name = "wallet:" + str(world.wallet).replace("-", "")
    assert breach.promise.startswith("A wallet's figures")
    assert breach.count == 1
    assert [dict(row, account=None) for row in breach.rows] == [
        {"account": None, "posted": 9, "held": 1, "ledger_posted": 8, "ledger_held": 1}
    ]
    assert str(breach.rows[0]["account"]).replace("-", "") == name


async def test_a_thousand_breaches_make_a_short_report(db: Database, world: World) -> None:
    async with db.tx() as tx:
        await unguard(tx)
        for seq in range(100, 1100):
            what = {"type": "task.failed", "task_id": new_id(), "data": {}, "at": NOW}
            await tx.execute(insert(Event).values(stream_id=new_id(), seq=seq, **what))
    (breach,) = await found(db)
    assert (breach.check, breach.count, len(breach.rows)) == ("I12", 1000, 20)


async def test_all_checks_see_one_snapshot(db: Database, world: World) -> None:
    """A task that ends between two checks would look like a breach of both."""
    async with db.view() as view:
        verdicts = await audit.examine(view)
        async with db.tx() as tx:
            await tx.execute(update(Wallet).values(posted=9))
        kept = await view.scalar(select(Wallet.posted))
    assert kept == 8
    assert [verdict.check.id for verdict in verdicts] == [check.id for check in audit.CHECKS]
    assert all(verdict.seconds > 0 for verdict in verdicts)
