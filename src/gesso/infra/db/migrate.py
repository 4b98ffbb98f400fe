"""Schema migrations: Alembic run on our own connection, one process at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gesso.infra.db.connect import open_engine, writer
from gesso.infra.settings import DatabaseSettings

SCRIPTS = Path(__file__).parents[2] / "migrations" / "main"
_ADVISORY_LOCK = 0x6765_7373_6F  # "gesso": one migration at a time on PostgreSQL


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; a second call changes nothing."""
    asyncio.run(bring_up(url, revision))


async def bring_up(url: str, revision: str = "head") -> None:
    """The same, for a caller that has an event loop already."""
    await run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision`."""
    asyncio.run(run(url, lambda config: command.downgrade(config, revision)))


async def run(url: str, act: Callable[[Config], None]) -> None:
    """Do one Alembic command inside a transaction that no other process migrates beside."""
    engine = open_engine(url, DatabaseSettings(statement_timeout=600, lock_timeout=30))
    try:
        async with writer(engine).begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(
                    text("select pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
                )
                await connection.execute(text("set local lock_timeout = '2s'"))
            await connection.run_sync(lambda sync: act(config(sync)))
    finally:
        await engine.dispose()


def config(connection: Connection) -> Config:
    """Alembic's configuration for a connection that is already open."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The newest revision that this code knows."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return str(ScriptDirectory.from_config(made).get_current_head())


def current(connection: Connection) -> str | None:
    """The revision of the database behind this connection; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
