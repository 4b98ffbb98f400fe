"""Settings that may lose work are told."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url, text

from gesso.app.durability import dangers
from gesso.infra.db import Database


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


async def told(db: Database) -> list[str]:
    return [name for name, _, _ in await dangers(db)]


async def test_a_database_as_it_comes_makes_a_commit_durable(db: Database) -> None:
    assert "synchronous_commit" not in await told(db)


async def test_a_commit_that_does_not_wait_for_the_disk_is_told(postgres_url: str) -> None:
    first, second = Database(postgres_url), Database(postgres_url)
    name = make_url(postgres_url).database
    try:
        async with first.tx() as tx:
            await tx.execute(text(f'alter database "{name}" set synchronous_commit = off'))
        assert "synchronous_commit" in await told(second)
    finally:
        await first.close()
        await second.close()
