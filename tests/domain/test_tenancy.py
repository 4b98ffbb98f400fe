"""Walls between tenants: the same promise on both databases, whatever a query asks for."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from gesso.domain.deadletters import DeadLetter
from gesso.domain.events.tables import Event, Stream
from gesso.domain.identity import User
from gesso.domain.registry.tables import Run, Schedule
from gesso.domain.tasks import service
from gesso.domain.tasks.line import Line
from gesso.domain.tasks.tables import Attempt, Job, Queue, Task
from gesso.domain.wallet.tables import LedgerEntry, LedgerTxn, Wallet
from gesso.infra.db import AcrossTenants, Database, beyond_tenant, insert_rows
from gesso.kit.ids import new_id
from gesso.migrations import walls
from tests.domain.tenants import counts, opened, two_worlds


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async for database in opened(database_url):
        yield database


async def test_a_tenant_sees_its_own_rows_in_every_table_and_no_others(db: Database) -> None:
    first, second = await two_worlds(db)
    async with db.view() as view:
        whole = await counts(view)
    async with db.view(tenant=first.tenant) as view:
        own = await counts(view)
    async with db.view(tenant=second.tenant) as view:
        others = await counts(view)
    async with db.view(tenant=new_id()) as view:
        strangers = await counts(view)
    filled = {name for name, number in whole.items() if number}
    # Every wall of a kind of its own; the others are all of one kind, see `test_walls.py`.
    assert filled >= set(walls.LEADS) - {"untold"} | {"task", "job", "hold", "wallet", "asset"}
    whole["ledger_txn"] -= 2  # what a provider took for nothing is the house's loss
    whole["ledger_entry"] -= 4
    assert {name: own[name] + others[name] for name in own} == whole
    assert all(own[name] and own[name] == others[name] for name in filled)
    assert set(strangers.values()) == {0}


async def test_what_is_asked_for_by_id_or_by_join_or_in_a_list_is_held_too(db: Database) -> None:
    mine, theirs = await two_worlds(db)
    async with db.view(tenant=mine.tenant) as view:
        assert await view.get(Task, theirs.tasks["made"]) is None
        assert await view.get(Task, mine.tasks["made"]) is not None
        joined = select(Attempt.id).join(Job, Attempt.job_id == Job.id).join(Task)
        seen = set((await view.scalars(joined)).all())
        assert seen == set(mine.attempts.values())
        inner = select(Job.id).where(Job.task_id == theirs.tasks["made"]).subquery()
        assert await view.scalar(select(func.count()).select_from(inner)) == 0
        named = select(Event.seq).where(Event.stream_id.in_([mine.owner, theirs.owner]))
        assert len((await view.scalars(named)).all()) == await view.scalar(
            select(Stream.seq).where(Stream.id == mine.owner)
        )
        entries = select(func.count()).select_from(LedgerEntry).join(LedgerTxn)
        assert await view.scalar(entries.where(LedgerTxn.wallet_id == theirs.wallet)) == 0


async def test_what_is_anothers_cannot_be_changed_nor_written(db: Database) -> None:
    mine, theirs = await two_worlds(db)
    async with db.tx(tenant=mine.tenant) as tx:
        for write in (
            update(Wallet).values(posted=Wallet.posted + 1).where(Wallet.id == theirs.wallet),
            update(User).values(role="owner").where(User.id == theirs.owner),
            delete(Stream).where(Stream.id == theirs.owner),
        ):
            quiet = write.execution_options(synchronize_session=False)
            assert (await tx.execute(quiet)).rowcount == 0  # type: ignore[attr-defined]
    person = {"role": "user", "status": "active", "created_at": db.now()}
    row = {"id": new_id(), "tenant_id": theirs.tenant, "email": "spy@example.org", **person}
    for how in ("row", "statement", "bulk"):
        with pytest.raises((AcrossTenants, DBAPIError)):
            await write_as(db, mine.tenant, how, row)
    async with db.view() as view:
        assert await view.scalar(select(func.count()).select_from(User)) == 2
        assert await view.scalar(select(Wallet.posted).where(Wallet.id == theirs.wallet)) == 8
    own = {**row, "tenant_id": mine.tenant}
    for number, how in enumerate(("row", "statement", "bulk")):
        unique = {"id": new_id(), "email": f"friend{number}@example.org"}
        await write_as(db, mine.tenant, how, {**own, **unique})


async def write_as(db: Database, tenant: UUID, how: str, row: dict[str, Any]) -> None:
    """Write a user, in one of the ways in which rows are written."""
    async with db.tx(tenant=tenant) as tx:
        if how == "row":
            tx.add(User(**row))
            await tx.flush()
        elif how == "statement":
            await tx.execute(insert(User).values(**row))
        else:
            await insert_rows(tx, User, [row])


async def test_a_statement_that_cannot_be_held_is_refused_on_sqlite(sqlite_url: str) -> None:
    async for db in opened(sqlite_url):
        mine, _ = await two_worlds(db)
        core: Any = User.__table__
        for statement in (text("select * from task"), select(core.c.email), update(core)):
            async with db.view(tenant=mine.tenant) as view:
                with pytest.raises(AcrossTenants):
                    await view.execute(statement)


async def test_what_is_the_houses_is_closed_but_for_what_everybodys_work_needs(
    db: Database,
) -> None:
    mine, _ = await two_worlds(db)
    for refused in (
        select(Run.id),
        select(Job.id).where(Job.id.in_(select(Schedule.id))),
        update(DeadLetter).values(settlement="ended").where(DeadLetter.kind == "job"),
        insert(DeadLetter).values(id=new_id()),
        delete(Queue).where(Queue.name == "image"),
    ):
        async with db.view(tenant=mine.tenant) as view:
            with pytest.raises((AcrossTenants, DBAPIError), match=r"house's|permission denied"):
                await view.execute(refused)
    async with db.tx(tenant=mine.tenant) as tx:
        await tx.execute(update(Queue).values(virtual_time=Queue.virtual_time))
        await tx.scalars(select(Queue.name))


async def test_the_line_is_everybodys(db: Database) -> None:
    mine, theirs = await two_worlds(db)
    async with db.tx() as tx:
        for turn, world in enumerate((theirs, mine)):
            await tx.execute(update(Job).where(Job.id == world.jobs["making-0"]).values(turn=turn))
    async with db.view(tenant=mine.tenant) as view:
        query = select(func.count()).select_from(Job).where(Job.status == "running")
        async with beyond_tenant(view):
            assert await view.scalar(query) == 2
        assert await view.scalar(query) == 1
        with pytest.raises(ZeroDivisionError):
            async with beyond_tenant(view):
                raise ZeroDivisionError
        assert await view.scalar(query) == 1
        seen = await service.get(view, mine.owner, mine.tasks["making"], Line())
        assert [job.id for job in seen.jobs] == [mine.jobs["making-0"]]


async def test_a_pooled_connection_takes_no_tenant_along(db: Database) -> None:
    worlds = await two_worlds(db)
    dice = random.Random(7)

    async def request() -> None:
        world = dice.choice((*worlds, None, None))
        try:
            async with db.view(tenant=world.tenant if world else None) as view:
                await asyncio.sleep(0)
                owners = set((await view.scalars(select(Wallet.owner_id))).all())
                assert owners == ({world.owner} if world else {each.owner for each in worlds})
                if dice.random() < 0.1:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    await asyncio.gather(*[request() for _ in range(400)])
