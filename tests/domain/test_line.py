"""The line of a queue: who stands where, and what that means in time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from gesso.domain.tasks.line import Line, Pace, Span
from gesso.domain.tasks.tables import Job, Queue, Task
from gesso.infra.db import Database, Elapsed, moment
from gesso.kit.ids import new_id, public_id
from tests.domain.world import LATER, NOW, World, write_world

PLACES = 4


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def crowd(db: Database, *turns: int, **queue: Any) -> tuple[World, list[UUID]]:
    """A world whose owner has a waiting job with each of these turns, a task each."""
    async with db.tx() as tx:
        world = await write_world(tx)
        terms = {
            "active": True, "max_concurrency": PLACES, "timeout_seconds": 60, "max_attempts": 3,
        }  # fmt: skip
        await tx.execute(
            insert(Queue).values(
                name="image", backoff_first=1, backoff_cap=2, virtual_time=0, rev=1,
                updated_at=NOW, **{**terms, **queue},
            )
        )  # fmt: skip
        tasks = [new_id() for _ in turns]
        whose = {"tenant_id": world.tenant, "owner_id": world.owner, "created_at": NOW}
        for task, turn in zip(tasks, turns, strict=True):
            of_task = {"wallet_id": world.wallet, "type": "text_to_image", "meta": {}}
            await tx.execute(
                insert(Task).values(
                    id=task, status="queued", phase="making", updated_at=NOW, deadline_at=LATER,
                    **whose, **of_task,
                )
            )  # fmt: skip
            await tx.execute(
                insert(Job).values(
                    id=new_id(), task_id=task, phase="making", idx=0, queue="image", turn=turn,
                    priority=turn % 2, status="queued", max_attempts=3, fence=0, due_at=LATER,
                    deadline_at=LATER, price=1, provider="studio", provider_model="scene", meta={},
                    **whose,
                )
            )  # fmt: skip
    return world, tasks


async def positions(db: Database, *owners: UUID) -> dict[str, dict[str, Any]]:
    async with db.view() as view:
        facts = await Line().positions(view, owners)
    return {public_id("task", fact.task_id): dict(fact.data) for fact in facts}


async def test_each_waiting_task_is_told_its_place_and_strangers_are_not(db: Database) -> None:
    world, tasks = await crowd(db, 5, 3, 9)
    found = await positions(db, world.owner)
    places = [found[public_id("task", task)]["ahead"] for task in tasks]
    assert places == [1, 0, 2]
    assert [found[public_id("task", t)]["jobs"][0]["position"] for t in tasks] == [2, 1, 3]
    assert await positions(db, new_id()) == {}


async def test_where_priorities_count_they_come_first(db: Database) -> None:
    world, tasks = await crowd(db, 2, 4, 7, priority_enabled=True)
    found = await positions(db, world.owner)
    assert [found[public_id("task", task)]["ahead"] for task in tasks] == [1, 2, 0]


async def test_a_far_place_changes_in_tens_only(db: Database) -> None:
    world, tasks = await crowd(db, *range(38))
    found = await positions(db, world.owner)
    assert [found[public_id("task", task)]["ahead"] for task in tasks[18:23]] == [
        18,
        19,
        20,
        20,
        20,
    ]
    assert found[public_id("task", tasks[37])]["ahead"] == 30


async def test_the_time_is_what_was_delivered_lately(db: Database) -> None:
    world, (task,) = await crowd(db, 1)
    async with db.tx() as tx:
        now = moment(tx)
        ended = {"finished_at": now, "started_at": now - timedelta(seconds=8)}
        await tx.execute(update(Job).where(Job.status == "completed").values(**ended))
    told = (await positions(db, world.owner))[public_id("task", task)]
    assert told["wait"] == {"low": 0, "high": 8}


async def test_what_took_whole_seconds_took_no_more(db: Database) -> None:
    """The instants are 137 milliseconds apart, so that none of them is special."""
    world, _ = await crowd(db, 1)
    async with db.tx() as tx:
        job = await tx.scalar(select(Job.id).where(Job.owner_id == world.owner).limit(1))
        told = []
        for number in range(40):
            end = moment(tx) + timedelta(milliseconds=137 * number)
            ended = {"finished_at": end, "started_at": end - timedelta(seconds=8)}
            await tx.execute(update(Job).where(Job.id == job).values(**ended))
            elapsed = select(Elapsed(Job.finished_at, Job.started_at)).where(Job.id == job)
            told.append(await tx.scalar(elapsed))
    assert set(told) == {8.0}


@pytest.mark.parametrize("stopped", [{"active": False}, {"max_concurrency": 0}])
async def test_of_a_queue_that_stands_still_no_time_is_told(
    db: Database, stopped: dict[str, Any]
) -> None:
    world, (task,) = await crowd(db, 1, **stopped)
    async with db.tx() as tx:
        now = moment(tx)
        ended = {"finished_at": now, "started_at": now - timedelta(seconds=8)}
        await tx.execute(update(Job).where(Job.status == "completed").values(**ended))
    told = (await positions(db, world.owner))[public_id("task", task)]
    assert (told["ahead"], told["wait"]) == (0, None)


def test_whole_rounds_go_before_whoever_stands_behind_them() -> None:
    pace = Pace("image", 4, takes=Span(10, 30))
    assert pace.wait(0) == Span(0, 30)
    assert pace.wait(3) == Span(0, 30)
    assert pace.wait(9) == Span(20, 90)
