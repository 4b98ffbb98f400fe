"""One's tasks as a list: narrowed, cut into pages, counted by day."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from gesso.domain.identity.tables import User
from gesso.domain.tasks import history
from gesso.domain.tasks.history import Filters
from gesso.domain.tasks.tables import Task
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from tests.domain.world import World, write_world

NAMES = ("prompt", "query")
MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)
"""In the night in which Berlin's clocks go forward."""


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def asked(db: Database, *tasks: dict[str, Any]) -> World:
    """A world without tasks of its own, but with these."""
    async with db.tx() as tx:
        world = await write_world(tx)
    owner = new_id()
    world.owner, world.tasks = owner, {}
    async with db.tx() as tx:
        person = {"email": f"{owner}@example.org", "role": "user", "status": "active"}
        whose = {"tenant_id": world.tenant, "created_at": MIDNIGHT}
        await tx.execute(insert(User).values(id=owner, **whose, **person))
        for number, task in enumerate(tasks):
            at = task.get("created_at", MIDNIGHT + timedelta(seconds=number))
            plain = {
                "id": new_id(), "tenant_id": world.tenant, "owner_id": owner,
                "wallet_id": world.wallet, "type": "text_to_image", "status": "queued",
                "phase": "images", "meta": {}, "created_at": at, "updated_at": at,
                "deadline_at": at,
            }  # fmt: skip
            await tx.execute(insert(Task).values(**{**plain, **task}))
    return world


async def titles(
    db: Database, world: World, tenant: UUID | None = None, **wanted: Any
) -> list[str]:
    async with db.view(tenant=tenant or world.tenant) as view:
        found = await history.page(
            view, world.owner, filters=Filters(**wanted), names=NAMES, after=None, limit=100
        )
    return [entry.task.title for entry in found]


async def test_a_task_is_called_by_what_was_asked_for(db: Database) -> None:
    world = await asked(
        db,
        {"meta": {"prompt": "a lighthouse " + "x" * 500}},
        {"meta": {"query": "dances", "prompt": ""}},
        {"meta": {"prompt": None}},
        {},
    )
    found = await titles(db, world)
    assert found[:3] == ["", "", "dances"]
    assert (found[3][:12], len(found[3])) == ("a lighthouse", 200)


async def test_words_are_found_in_any_case_and_mean_themselves(db: Database) -> None:
    words = ("A Lighthouse", "100% cotton", "100x cotton", "under_score", "underXscore")
    world = await asked(db, *({"meta": {"prompt": each}} for each in words))
    assert await titles(db, world, words="lightHOUSE") == ["A Lighthouse"]
    assert await titles(db, world, words="100%") == ["100% cotton"]
    assert await titles(db, world, words="under_s") == ["under_score"]
    assert await titles(db, world, words="'; --") == []


async def test_every_filter_narrows(db: Database) -> None:
    later = MIDNIGHT + timedelta(days=1)
    over = {"status": "completed", "finished_at": later}
    world = await asked(
        db,
        {"meta": {"prompt": "old"}, **over},
        {"meta": {"prompt": "film"}, "type": "text_to_video"},
        {"meta": {"prompt": "new"}, "created_at": later},
    )
    assert await titles(db, world, status=["completed"]) == ["old"]
    assert await titles(db, world, type=["text_to_video", "upscale"]) == ["film"]
    assert await titles(db, world, live=True) == ["new", "film"]
    assert await titles(db, world, live=False) == ["old"]
    assert await titles(db, world, since=later) == ["new"]
    assert await titles(db, world, until=later) == ["film", "old"]
    assert await titles(db, world, since=later, words="old") == []


async def test_another_tenants_list_is_empty(db: Database) -> None:
    world = await asked(db, {"meta": {"prompt": "mine"}})
    assert await titles(db, world) == ["mine"]
    assert await titles(db, world, tenant=new_id()) == []


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", {date(2026, 3, 28): 1, date(2026, 3, 29): 3}),
        ("Europe/Berlin", {date(2026, 3, 29): 3, date(2026, 3, 30): 1}),
        ("Asia/Kathmandu", {date(2026, 3, 29): 2, date(2026, 3, 30): 2}),
        ("America/New_York", {date(2026, 3, 28): 2, date(2026, 3, 29): 2}),
    ],
)
async def test_a_day_is_a_day_of_the_zone(db: Database, zone: str, days: dict[date, int]) -> None:
    at = (
        MIDNIGHT - timedelta(microseconds=1),
        MIDNIGHT,
        MIDNIGHT + timedelta(hours=18, minutes=15),
        MIDNIGHT + timedelta(hours=22),
    )
    world = await asked(db, *({"created_at": each} for each in at))
    async with db.view(tenant=world.tenant) as view:
        found = await history.days(
            view, world.owner, ZoneInfo(zone), filters=Filters(), names=NAMES
        )
    assert found == sorted(days.items(), reverse=True)


async def test_only_the_newest_are_counted(db: Database) -> None:
    world = await asked(db, *({"meta": {"prompt": str(n)}} for n in range(5)))
    async with db.view(tenant=world.tenant) as view:
        found = await history.days(
            view, world.owner, ZoneInfo("UTC"), filters=Filters(), names=NAMES, most=2
        )
    assert [count for _, count in found] == [2]


async def test_only_the_newest_are_searched(db: Database) -> None:
    world = await asked(db, *({"meta": {"prompt": f"an owl {n}"}} for n in range(5)))
    async with db.view(tenant=world.tenant) as view:
        for words, count in ((None, 5), ("owl", 2)):
            found = await history.page(
                view, world.owner, filters=Filters(words=words), names=NAMES,
                after=None, limit=10, most=2,
            )  # fmt: skip
            assert len(found) == count
