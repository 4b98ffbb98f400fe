"""The schema at start: one cheap question where it is up to date, Alembic only where it is not."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.infra.db import Database

HEAD = "0002"
"""The newest revision; a test compares it with the migrations, so that a start need not load
Alembic to know.
"""


async def ensure_schema(db: Database) -> None:
    """Bring the database up to date; a second call changes nothing."""
    if await revision(db) == HEAD:
        return
    # late: Alembic is slow to import, and most starts do not need it
    from gesso.infra.db import migrate

    await migrate.bring_up(db.url)


async def revision(db: Database) -> str | None:
    """The revision of the database; None for an empty one."""
    try:
        async with db.view() as view:
            return str(await view.scalar(text("select version_num from alembic_version")))
    except DBAPIError:
        return None
