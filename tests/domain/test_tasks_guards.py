"""The database's own guards allow exactly the steps that the rules name, on both databases."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from gesso.domain.tasks.rules import CLOSED_OUTCOMES, HOLD_STEPS, JOB_STEPS, TASK_STEPS
from gesso.domain.tasks.tables import (
    ATTEMPT_OUTCOMES,
    JOB_STATUSES,
    TASK_STATUSES,
    TERMINAL,
    Attempt,
    Job,
    Task,
)
from gesso.domain.wallet import Hold
from gesso.infra.db import Database, Tx
from gesso.kit.ids import new_id
from tests.domain.world import LATER, NOW, World, write_world

HOLD_STATUSES = ("open", "captured", "released")


class Undone(Exception):
    """Nothing was meant to stay."""


@pytest.fixture
async def tx(database_url: str) -> AsyncIterator[Tx]:
    """A transaction that is undone at the end of the test."""
    db = Database(database_url)
    try:
        async with db.tx() as tx:
            yield tx
            raise Undone
    except Undone:
        pass
    finally:
        await db.close()


async def allows(tx: Tx, table: Any, row: UUID, **change: Any) -> bool:
    """Whether the database would take this change; it is undone in either case."""
    try:
        async with tx.begin_nested():
            await tx.execute(update(table).where(table.id == row).values(**change))
            raise Undone
    except Undone:
        return True
    except DBAPIError as error:
        if not re.search("illegal|moved back|was changed|was reopened", str(error.orig)):
            raise
        return False


async def copy(tx: Tx, table: Any, original: UUID, **changes: Any) -> UUID:
    """A row like another one, but for these columns."""
    row = (await tx.execute(select(table.__table__).where(table.id == original))).mappings().one()
    values = {column.name: row[column] for column in table.__table__.columns}
    await tx.execute(insert(table.__table__).values({**values, "id": new_id(), **changes}))
    found = await tx.scalar(
        select(table.id).where(*(getattr(table, name) == value for name, value in changes.items()))
    )
    return UUID(str(found))


async def steps(
    tx: Tx, table: Any, rows: Mapping[str, UUID], columns: Mapping[str, Mapping[str, Any]]
) -> set[tuple[str, str]]:
    """Every pair of states between which the database lets a row go."""
    return {
        (before, after)
        for before, row in rows.items()
        for after in columns
        if before != after and await allows(tx, table, row, **columns[after])
    }


def pairs(table: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    return {(before, after) for before, later in table.items() for after in later}


def ending(statuses: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What a row in each state looks like."""
    return {
        status: {"status": status, "finished_at": NOW if status in TERMINAL else None}
        for status in statuses
    }


async def test_jobs(tx: Tx) -> None:
    world = await write_world(tx)
    columns = ending(JOB_STATUSES)
    rows = {
        status: await copy(tx, Job, world.jobs["made-0"], idx=20 + place, **columns[status])
        for place, status in enumerate(JOB_STATUSES)
    }
    assert await steps(tx, Job, rows, columns) == pairs(JOB_STEPS)


async def test_tasks(tx: Tx) -> None:
    world = await write_world(tx)
    columns = ending(TASK_STATUSES)
    rows = {
        status: await copy(tx, Task, world.tasks["making"], phase=status, **columns[status])
        for status in TASK_STATUSES
    }
    assert await steps(tx, Task, rows, columns) == pairs(TASK_STEPS)


async def test_holds(tx: Tx) -> None:
    world = await write_world(tx)
    columns = {
        status: {
            "status": status,
            "captured": int(status == "captured"),
            "settled_at": None if status == "open" else NOW,
        }
        for status in HOLD_STATUSES
    }
    rows = {
        status: await copy(tx, Hold, world.holds["made"], phase=status, **columns[status])
        for status in HOLD_STATUSES
    }
    assert await steps(tx, Hold, rows, columns) == pairs(HOLD_STEPS)
    assert not await allows(tx, Hold, rows["open"], amount=3)


async def test_the_fate_of_an_attempt_is_final(tx: Tx) -> None:
    world = await write_world(tx)
    columns = {outcome: {"outcome": outcome} for outcome in ATTEMPT_OUTCOMES}
    rows = {
        outcome: await copy(
            tx, Attempt, world.attempts["made-0"], fence=20 + place, outcome=outcome
        )
        for place, outcome in enumerate(ATTEMPT_OUTCOMES)
    }
    free = [outcome for outcome in ATTEMPT_OUTCOMES if outcome not in CLOSED_OUTCOMES]
    wanted = pairs({outcome: set(ATTEMPT_OUTCOMES) - {outcome} for outcome in free})
    assert await steps(tx, Attempt, rows, columns) == wanted


async def test_a_fence_never_moves_back_and_a_choice_is_never_changed(tx: Tx) -> None:
    world: World = await write_world(tx)
    job, task = world.jobs["making-0"], world.tasks["choosing"]
    assert [await allows(tx, Job, job, fence=fence) for fence in (0, 1, 2)] == [False, True, True]
    await tx.execute(update(Task).where(Task.id == task).values(selected_image_index=1))
    chosen = [await allows(tx, Task, task, selected_image_index=i) for i in (None, 0, 1, 2)]
    assert chosen == [False, False, True, False]
    assert await allows(tx, Task, task, deadline_at=LATER)
