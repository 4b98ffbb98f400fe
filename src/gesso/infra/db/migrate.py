"""Schema migrations: Alembic run on our own connection, one process at a time.

Every bind has a history of its own, which remembers its revision in a table of its own: so two
histories can live in one database.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gesso.infra.branches import DatabaseSettings
from gesso.infra.db.session import Database, DatabaseAway, Tx

SCRIPTS = Path(__file__).parents[2] / "migrations"
_ADVISORY_LOCK = 0x6765_7373_6F  # "gesso": one migration at a time on PostgreSQL
_PATIENCE = DatabaseSettings(
    statement_timeout=600, lock_timeout=30, idle_in_transaction_timeout=600
)
_MYSQL_LOCK = "concat('gesso.migrate.', md5(database()))"


def version_table(bind: str) -> str:
    """Where the history of this bind remembers its revision."""
    return "alembic_version" if bind == "main" else f"alembic_version_{bind}"


def upgrade(url: str, revision: str = "head", *, bind: str = "main") -> None:
    """Bring the bind's tables at `url` up to `revision`; a second call changes nothing."""
    asyncio.run(bring_up(url, revision, bind=bind))


async def bring_up(url: str, revision: str = "head", *, bind: str = "main") -> None:
    """The same, for a caller that has an event loop already."""
    await run(url, lambda config: command.upgrade(config, revision), bind=bind)


def downgrade(url: str, revision: str, *, bind: str = "main") -> None:
    """Take the bind's tables at `url` back to `revision`; `base` takes them all away."""
    asyncio.run(run(url, lambda config: command.downgrade(config, revision), bind=bind))


async def run(url: str, act: Callable[[Config], None], *, bind: str = "main") -> None:
    """Do one Alembic command inside a transaction that no other process migrates beside.

    MySQL commits at every change of a table; there, what was done before a failure stays.
    """
    db = Database(url, _PATIENCE)
    try:
        async with db.tx() as tx:
            await _be_alone(tx)
            connection = await tx.connection()
            await connection.run_sync(lambda sync: act(_config(bind, sync)))
    finally:
        await db.close()


async def _be_alone(tx: Tx) -> None:
    """Wait until no other process migrates here; SQLite's writers are alone anyway."""
    kind = tx.get_bind().dialect.name
    if kind == "postgresql":
        await tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        await tx.execute(text("set local lock_timeout = '2s'"))
    # MySQL's lock outlives the commit, and goes with the connection, which is closed right after.
    if kind == "mysql" and not await tx.scalar(text(f"select get_lock({_MYSQL_LOCK}, 30)")):
        raise DatabaseAway("Somebody else migrates this database.")


def _config(bind: str, connection: Connection | None = None) -> Config:
    """Alembic's configuration for a bind, on a connection that is already open."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS / bind).replace("%", "%%"))
    made.attributes["connection"] = connection
    made.attributes["version_table"] = version_table(bind)
    return made


def head(bind: str = "main") -> str:
    """The newest revision that this code knows of a bind."""
    return str(ScriptDirectory.from_config(_config(bind)).get_current_head())
