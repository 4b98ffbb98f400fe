"""People and their keys, for the tests of every room that somebody must be let into."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import event

from gesso.domain.identity import User, create_key, create_user
from gesso.infra.db import Database


async def newcomer(db: Database, email: str = "anna@example.org", role: str = "user") -> User:
    """A user who was not here before."""
    async with db.tx() as tx:
        return await create_user(tx, email, role=role)


async def new_key(
    db: Database, user: User, *scopes: str, expires_at: datetime | None = None
) -> str:
    """The text of a fresh key; it may read tasks if nothing else is said."""
    granted = scopes or ("tasks:read",)
    async with db.tx() as tx:
        _, shown = await create_key(tx, user, name="laptop", scopes=granted, expires_at=expires_at)
    return shown


@contextmanager
def queries(db: Database) -> Iterator[list[str]]:
    """The statements that concern keys, as they are sent."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        if "api_key" in str(arguments[2]):
            sent.append(str(arguments[2]))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)
