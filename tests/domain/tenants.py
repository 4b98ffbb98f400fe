"""Two tenants with everything in them, and what each table has for whoever asks."""

from collections.abc import AsyncIterator

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from gesso.domain.identity import Tenant, User
from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database, Main
from gesso.infra.db.tenancy import walled
from gesso.migrations.main import schema
from tests.domain.world import World, write_world

assert schema.metadata is Main.metadata  # every room's tables are known


async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, DatabaseSettings(pool_size=3, pool_timeout=30))
    yield database
    await database.close()


async def two_worlds(db: Database) -> tuple[World, World]:
    """Two tenants with everything in them."""
    async with db.tx() as tx:
        first = await write_world(tx)
        await tx.execute(update(Tenant).values(name="first"))
        await tx.execute(update(User).values(email="first@example.org"))
        return first, await write_world(tx, prefix="ijklmnop")


def entities() -> list[type[DeclarativeBase]]:
    """Every table of tenants', as a class."""
    names = walled()
    found = [mapper.class_ for mapper in Main.registry.mappers]
    return [entity for entity in found if entity.__tablename__ in names]


async def counts(session: AsyncSession) -> dict[str, int]:
    """How many rows each table has for whoever asks."""
    return {
        str(entity.__tablename__): await session.scalar(select(func.count()).select_from(entity))
        or 0
        for entity in entities()
    }
