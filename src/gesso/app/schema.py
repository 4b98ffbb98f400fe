"""Schemas at start: one cheap question where they are up to date, Alembic only where one is not."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.infra.db import Database

HEAD = "0022"
HEADS = {"main": HEAD, "analytics": "0001"}
"""The newest revision of each bind; a test compares them with the migrations, so that a start need
not load Alembic to know.
"""

_TABLES = {"main": "alembic_version", "analytics": "alembic_version_analytics"}


async def ensure_schema(db: Database, bind: str = "main") -> None:
    """Bring the bind's tables up to date; a second call changes nothing."""
    if await revision(db, bind) == HEADS[bind]:
        return
    # late: Alembic is slow to import, and most starts do not need it
    from gesso.infra.db import migrate

    await migrate.bring_up(db.url, bind=bind)


async def revision(db: Database, bind: str = "main") -> str | None:
    """The revision of the bind's tables; None where there are none yet."""
    query = f"select version_num from {_TABLES[bind]}"  # noqa: S608  # one of the two above
    try:
        async with db.view() as view:
            found = await view.scalar(text(query))
    except DBAPIError:
        return None
    return found and str(found)
