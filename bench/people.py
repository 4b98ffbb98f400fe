"""The owners who pay for the load, taken in by the same verbs as everybody, and the final audit."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, func, select

from bench.figure import Broken
from gesso.app import accounts
from gesso.domain import audit, wallet
from gesso.domain.identity import Scope
from gesso.domain.tasks.tables import Task
from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database
from gesso.kit.money import LARGEST

SCOPES = (Scope.TASKS_READ, Scope.TASKS_WRITE, Scope.WALLET_READ)
PATIENT = DatabaseSettings(statement_timeout=600)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with more credits than any benchmark can spend."""

    id: UUID
    tenant_id: UUID
    wallet_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class Books:
    """What a database holds when a benchmark is through with it."""

    tasks: int
    completed: int
    batches: int
    """Transactions that took tasks in: those of one transaction carry one time."""


def take_in(url: str, count: int) -> list[Owner]:
    """So many new owners, each with a key."""
    return asyncio.run(_take_in(url, count))


def books(url: str) -> Books:
    """Audit the database and count; Broken when a promise is."""
    return asyncio.run(_books(url))


async def _take_in(url: str, count: int) -> list[Owner]:
    db = Database(url, PATIENT)
    try:
        async with db.tx() as tx:
            owners = []
            for number in range(count):
                user = await accounts.open_account(tx, f"owner{number}@example.org", amount=LARGEST)
                _, key = await accounts.new_key(tx, user, name="bench", scopes=SCOPES, days=None)
                purse = await wallet.of_owner(tx, user.id)
                owners.append(Owner(user.id, user.tenant_id, purse.id, key))
            return owners
    finally:
        await db.close()


async def _books(url: str) -> Books:
    db = Database(url, PATIENT)
    try:
        await db.synchronise()
        async with db.view() as view:
            breaches = await audit.run(view)
        if breaches:
            told = "; ".join(f"{breach.check} {breach.promise}" for breach in breaches)
            raise Broken(f"the audit is not clean after the load: {told}")
        async with db.view() as view:
            counts = select(
                func.count(),
                func.count().filter(Task.status == "completed"),
                func.count(Task.created_at.distinct()),
            )
            return Books(*(await view.execute(counts)).one())
    finally:
        await db.close()


def ask(url: str, query: Executable) -> list[tuple[Any, ...]]:
    """The rows that a query finds."""

    async def find() -> list[tuple[Any, ...]]:
        db = Database(url, PATIENT)
        try:
            async with db.view() as view:
                return [tuple(row) for row in await view.execute(query)]
        finally:
            await db.close()

    return asyncio.run(find())
