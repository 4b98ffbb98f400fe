"""The books after a fault: who is known, what is still open, what the audit says."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text

from gesso.app import accounts
from gesso.domain import audit
from gesso.domain.events.tables import Event
from gesso.domain.identity import Role
from gesso.domain.tasks.tables import Job, Task
from gesso.domain.wallet.tables import Hold
from gesso.infra.db import Database
from gesso.kit.ids import parse_id


@dataclass(frozen=True, slots=True)
class Holding:
    """A job in the hand of a process."""

    job: UUID
    status: str
    pid: int


@asynccontextmanager
async def books(url: str) -> AsyncIterator[Database]:
    """The database, beside the server that works on it."""
    db = Database(url)
    try:
        await db.synchronise()
        yield db
    finally:
        await db.close()


async def new_key(
    url: str,
    *,
    credits: int = 10_000,
    email: str = "anna@example.com",
    role: Role = Role.USER,
) -> str:
    """Take somebody in; the key's text."""
    async with books(url) as db, db.tx() as tx:
        user = await accounts.open_account(tx, email, amount=credits * 1_000_000, role=role)
        _, key = await accounts.new_key(tx, user, name="faults", scopes=(), days=None)
    return key


async def check_books(url: str, acknowledged: Iterable[str]) -> Counter[str]:
    """Nothing acknowledged is lost, every task has ended, no hold is open, the audit is clean.

    The answer is how many tasks ended in which status.
    """
    async with books(url) as db:
        async with db.view() as view:
            known = set((await view.scalars(select(Task.id))).all())
            statuses = Counter((await view.scalars(select(Task.status))).all())
            live = await view.scalar(select(func.count()).where(Job.finished_at.is_(None)))
            holds = await view.scalar(select(func.count()).where(Hold.status == "open"))
            deadlocks = 0
            if not db.is_sqlite:
                counted = "select deadlocks from pg_stat_database where datname=current_database()"
                deadlocks = int(await view.scalar(text(counted)) or 0)
        async with db.view() as view:
            breaches = await audit.run(view)
    assert not {_uuid(task) for task in acknowledged} - known
    assert (live, holds, deadlocks, breaches) == (0, 0, 0, [])
    return statuses


async def in_hand(url: str) -> list[Holding]:
    """Every job that a process has in hand at this moment."""
    query = select(Job.id, Job.status, Job.holder).where(
        Job.holder.is_not(None), Job.finished_at.is_(None)
    )
    async with books(url) as db, db.view() as view:
        rows = (await view.execute(query)).all()
    return [Holding(row.id, row.status, int(row.holder.split(":")[-2])) for row in rows]


async def event_ids(url: str, cursor: str) -> list[str]:
    """The ids of everything that the log tells behind a cursor, in order; there is one owner."""
    epoch, _, begin = cursor.rpartition(".")
    query = select(Event.seq).where(Event.seq > int(begin)).order_by(Event.seq)
    async with books(url) as db, db.view() as view:
        return [f"{epoch}.{seq}" for seq in await view.scalars(query)]


def _uuid(public_id: str) -> UUID:
    found = parse_id("task", public_id)
    assert found is not None
    return found
