"""A ledger that was written before lots and partial refunds is carried over, guards and all."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.domain import audit
from gesso.infra.db import Database, Tx, migrate
from tests.domain.world import write_world

OLD = "0013"
NEW_COLUMNS = {
    "wallet": ("expires_at", "covered", "is_limited", "alert_below", "is_low", "pays_from"),
    "hold": ("spender_id",),
    "ledger_txn": ("actor_id",),
    "task": ("refunded",),
}


async def guards(db: Database) -> set[str]:
    """What the database itself watches over, of the ledger and the wallets."""
    query = (
        "select name from sqlite_master where tbl_name in ('ledger_txn', 'wallet')"
        " and type in ('index', 'trigger') and sql is not null"
        if db.is_sqlite
        else "select tgname from pg_trigger where not tgisinternal union all"
        " select indexname from pg_indexes where tablename in ('ledger_txn', 'wallet')"
    )
    async with db.view() as view:
        return set((await view.scalars(text(query))).all())


async def test_a_written_ledger_goes_both_ways_unchanged(database_url: str) -> None:
    db = Database(database_url)
    async with db.tx() as tx:
        world = await write_world(tx)
    watched = await guards(db)
    await migrate.run(database_url, lambda config: command.downgrade(config, OLD))
    async with db.view() as view:
        for table, columns in NEW_COLUMNS.items():
            found = (await view.execute(text(f"select * from {table}"))).keys()
            assert not set(columns) & set(found)
    await migrate.bring_up(database_url)
    assert await guards(db) == watched
    async with db.view() as view:
        assert await audit.run(view) == []
    async with db.view() as view:
        count = await view.scalar(text("select count(*) from ledger_txn"))
        assert count == len(world.movements)

    async def forge(tx: Tx, statement: str, **values: Any) -> None:
        await tx.execute(text(statement), values)

    for statement, words in (
        ("update ledger_txn set memo = 'x'", "append-only"),
        ("delete from ledger_txn", "append-only"),
        ("update wallet set posted = -1", "(?i)check"),
        ("update task set refunded = charged + 1", "(?i)check"),
        ("delete from wallet", "(?i)foreign key"),
    ):
        with pytest.raises(DBAPIError, match=words):
            async with db.tx() as tx:
                await forge(tx, statement)
    await db.close()
