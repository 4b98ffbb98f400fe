"""The inbox: each report once, hints seldom and the last one never lost, and nothing altered."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from gesso.domain import inbox
from gesso.domain.inbox.service import HINTS_EVERY
from gesso.infra.db import Database, Tx
from gesso.kit.ids import new_id
from gesso.work import MOST_LOST, Look

LEASE = timedelta(seconds=30)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.synchronise()
    yield database
    await database.close()


def signed(body: bytes = b"{}", **more: object) -> inbox.New:
    new = inbox.New("fal", new_id(), new_id(), "signed", {"a": "b"}, body)
    return replace(new, **more)  # type: ignore[arg-type]  # its own fields


async def store(db: Database, *arrivals: inbox.New) -> list[bool]:
    async with db.tx() as tx:
        return await inbox.store(tx, arrivals)


async def taken(db: Database, holder: str = "me") -> list[inbox.Taken]:
    async with db.tx() as tx:
        return await inbox.claim(tx, Look(64, holder=holder), lease=LEASE)


async def age(tx: Tx, by: timedelta) -> None:
    """Have so much time gone by for every row."""
    for row in (await tx.scalars(select(inbox.Arrival))).all():
        ended: datetime | None = row.finished_at and row.finished_at - by
        row.due_at, row.finished_at = row.due_at - by, ended
    await tx.flush()


async def count(db: Database) -> int:
    async with db.view() as view:
        return await view.scalar(select(func.count()).select_from(inbox.Arrival)) or 0


async def test_a_report_is_kept_once_by_its_name_or_its_bytes(db: Database) -> None:
    one = signed()
    named = replace(one, delivery_id="msg_1")
    assert await store(db, one, one, named) == [True, False, True]
    assert await store(db, one, replace(named, body=b"other words")) == [False, False]
    assert await store(db, replace(one, attempt_id=new_id())) == [True]
    assert await count(db) == 3


async def test_of_many_hints_one_is_due_now_and_one_later(db: Database) -> None:
    hint = signed(trust="hint")
    answers = [await store(db, replace(hint, body=bytes([number]))) for number in range(40)]
    assert [True] in answers
    due = await taken(db)
    # The moment may have ended while they came.
    assert 1 <= len(due) <= 3
    assert len(due) <= await count(db) <= 5
    async with db.tx() as tx:
        for each in due:
            await inbox.close(tx, each.grip, "applied")
        await age(tx, timedelta(seconds=2 * HINTS_EVERY))
    assert len(await taken(db)) >= 1


async def test_whoever_holds_it_closes_it_and_nobody_else(db: Database) -> None:
    await store(db, signed())
    (first,) = await taken(db)
    assert await taken(db, "another") == []
    async with db.tx() as tx:
        await age(tx, 2 * LEASE)
    (second,) = await taken(db, "another")
    async with db.tx() as tx:
        assert await inbox.renew(tx, [first.grip, second.grip], LEASE) == [False, True]
        assert not await inbox.close(tx, first.grip, "applied")
        assert await inbox.put_off(tx, second.grip, timedelta(0), "not yet")
    (third,) = await taken(db)
    async with db.tx() as tx:
        assert not await inbox.close(tx, second.grip, "late")
        assert await inbox.close(tx, third.grip, "late", "over")
        assert not await inbox.close(tx, third.grip, "applied")


async def test_one_that_takes_everybody_down_is_put_aside(db: Database) -> None:
    await store(db, signed())
    for _ in range(MOST_LOST):
        assert len(await taken(db)) == 1
        async with db.tx() as tx:
            await age(tx, 2 * LEASE)
    assert await taken(db) == []
    async with db.view() as view:
        row = (await view.scalars(select(inbox.Arrival))).one()
        assert (row.status, row.holder) == ("given_up", None)


async def test_what_was_settled_a_week_ago_is_forgotten(db: Database) -> None:
    await store(db, signed(), signed(), signed())
    first, second, _ = await taken(db)
    async with db.tx() as tx:
        await inbox.close(tx, first.grip, "applied")
        await age(tx, timedelta(days=8))
        await inbox.close(tx, second.grip, "late")
        assert await inbox.forget(tx, room=10) == 1
    assert await count(db) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"[]"},
        {"attempt_id": UUID(int=7)},
        {"trust": "hint"},
        {"fence": 0},
        {"status": "applied", "finished_at": None},
        {"status": "stored", "finished_at": None},
    ],
)
async def test_the_database_itself_refuses_to_alter_one(
    db: Database, change: dict[str, object]
) -> None:
    await store(db, signed())
    (mine,) = await taken(db)
    async with db.tx() as tx:
        await inbox.close(tx, mine.grip, "applied")
    with pytest.raises(DBAPIError):
        async with db.tx() as tx:
            await tx.execute(update(inbox.Arrival).values(**change))
    async with db.view() as view:
        assert await view.scalar(text("select status from inbox")) == "applied"
