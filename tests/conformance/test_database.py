"""What every kind of database promises the code above it, asked of each in the same words."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, String, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Analytics, Database, DatabaseAway, insert_rows
from gesso.infra.db.migrate import bring_up
from gesso.kit.ids import new_id
from tests.faults.proxy import Proxy, Weather

KINDS = ("sqlite", "postgres", "mariadb")
SHORT = DatabaseSettings(
    pool_size=2, pool_timeout=0.5, connect_timeout=2, statement_timeout=3, lock_timeout=1
)
PATIENT = DatabaseSettings(statement_timeout=60, lock_timeout=60, pool_timeout=60)
"""For what is not about waiting: a busy machine makes everything slow."""
EARLY = datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC)


class Root(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = Analytics.type_annotation_map
    __table_args__: Any = Analytics.__table_args__


class Sample(Root):
    """A column of each kind."""

    __tablename__ = "sample"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    amount: Mapped[int]
    details: Mapped[dict[str, object]]
    words: Mapped[str | None] = mapped_column(String(500))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=KINDS[1:])
def server_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async for database in opened(url):
        yield database


async def opened(url: str, settings: DatabaseSettings = PATIENT) -> AsyncIterator[Database]:
    maker, database = Database(url, PATIENT), Database(url, settings)
    async with maker.tx() as tx:
        await (await tx.connection()).run_sync(Root.metadata.create_all)
    await maker.close()
    yield database
    await database.close()


def sample(name: str = "one", **values: Any) -> dict[str, Any]:
    usual = {"at": EARLY, "amount": 0, "details": {}, "words": None}
    return {"id": new_id(), "name": name, **usual, **values}


async def put(db: Database, *rows: dict[str, Any]) -> None:
    async with db.tx() as tx:
        await insert_rows(tx, Sample, rows)


async def names(db: Database) -> list[str]:
    async with db.view() as view:
        return sorted((await view.scalars(select(Sample.name))).all())


async def test_what_is_written_is_read(db: Database) -> None:
    row = sample(
        at=datetime(2026, 2, 3, 4, 5, 6, 7, timezone(timedelta(hours=9))),
        amount=-(2**63),
        details={"ключ": [1, 2.5, None, True, {"emoji": "🦉🏳️‍🌈"}], "deep": {"a": {"b": "c"}}},
        words="naïve 漢字 🦉 \\ ' \" % :x %s \n\t",
    )
    await put(db, row, sample("two", amount=2**63 - 1))
    async with db.view() as view:
        query = select(Sample).where(Sample.id == row["id"], Sample.at == row["at"])
        found = (await view.scalars(query)).one()
    assert {name: getattr(found, name) for name in row} == row
    assert found.at.tzinfo is UTC
    assert await names(db) == ["one", "two"]


async def test_instants_keep_their_microseconds_and_their_order(db: Database) -> None:
    instants = [EARLY + timedelta(microseconds=n) for n in (3, 1, 0, 2)]
    await put(db, *[sample(str(n), at=at) for n, at in enumerate(instants)])
    async with db.view() as view:
        assert (await view.scalars(select(Sample.at).order_by(Sample.at))).all() == sorted(instants)
        later = select(func.count()).where(Sample.at > instants[1])
        assert await view.scalar(later) == 2


async def test_an_instant_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(Exception, match="an instant needs a time zone"):
        await put(db, sample(at=datetime(2026, 1, 1)))  # noqa: DTZ001  # that is the point


async def test_different_letters_are_different_keys(db: Database) -> None:
    keys = ["owl", "Owl", "öwl", "owl🦉", "x" * 128]
    await put(db, *[sample(key) for key in keys])
    assert await names(db) == sorted(keys)
    with pytest.raises(IntegrityError):
        await put(db, sample("owl"))


async def test_a_text_that_is_too_long_is_refused_and_not_cut(server_url: str) -> None:
    async for db in opened(server_url):
        with pytest.raises(DBAPIError):
            await put(db, sample("x" * 129))
        assert await names(db) == []


async def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    async def fail() -> None:
        async with db.tx() as tx:
            await insert_rows(tx, Sample, [sample()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    with pytest.raises(IntegrityError):
        await put(db, sample("two"), sample("three"), sample("two"))
    assert await names(db) == []


async def test_an_update_tells_how_many_rows_it_found(db: Database) -> None:
    await put(db, sample())
    change: Any = update(Sample).where(Sample.name == "one").values(amount=0)
    async with db.tx() as tx:
        found: Any = await tx.execute(change)  # it was 0 before, and is found all the same
        assert found.rowcount == 1


async def test_a_reader_does_not_see_what_is_not_committed(db: Database) -> None:
    async with db.tx() as tx:
        await insert_rows(tx, Sample, [sample()])
        assert await names(db) == []
    assert await names(db) == ["one"]


async def test_the_clock_is_the_databases(db: Database) -> None:
    await db.synchronise()
    assert abs(db.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_nobody_waits_long_for_a_row(url: str) -> None:
    change = update(Sample).values(amount=1)
    async for db in opened(url, SHORT):
        await put(db, sample())
        async with db.tx() as tx:
            await tx.execute(change)
            begun = time.monotonic()
            with pytest.raises(DatabaseAway):
                async with db.tx() as other:
                    await other.execute(change)
            assert time.monotonic() - begun < 10
        async with db.tx() as tx:
            await tx.execute(change)


async def test_nobody_waits_long_for_a_connection(server_url: str) -> None:
    async for db in opened(server_url, SHORT):
        async with db.view() as one, db.view() as two:
            await one.execute(text("select 1"))
            await two.execute(text("select 1"))
            with pytest.raises(DatabaseAway):
                await names(db)
        assert await names(db) == []


async def test_nobody_waits_long_for_a_statement(server_url: str) -> None:
    slow = "select pg_sleep(30)" if server_url.startswith("postgresql") else "select sleep(30)"
    async for db in opened(server_url, SHORT):
        begun = time.monotonic()
        with pytest.raises(DatabaseAway):
            async with db.view() as view:
                await view.execute(text(slow))
        assert time.monotonic() - begun < 10
        assert await names(db) == []


@pytest.mark.parametrize("weather", ["cut", "silent"])
async def test_a_server_that_is_away_is_told_soon_and_found_again(
    server_url: str, weather: Weather
) -> None:
    async with Proxy(server_url).open() as network:
        async for db in opened(network.url, SHORT):
            assert await db.trouble() is None
            network.turn(weather)
            begun = time.monotonic()
            for _ in range(2):  # a connection that was open, and a new one
                with pytest.raises(DatabaseAway):
                    await put(db, sample())
            assert time.monotonic() - begun < 30
            assert await db.trouble() is not None
            network.turn("fair")
            async with asyncio.timeout(20):
                while await db.trouble() is not None:  # noqa: ASYNC110  # it tells nobody
                    await asyncio.sleep(0.05)
            await put(db, sample("back"))
            assert "back" in await names(db)


async def test_a_server_that_is_not_there_is_away() -> None:
    for scheme in ("postgresql+asyncpg", "mysql+aiomysql", "mariadb+aiomysql"):
        db = Database(f"{scheme}://root@127.0.0.1:1/nothing", SHORT)
        with pytest.raises(DatabaseAway):
            await names(db)
        await db.close()


async def test_many_that_migrate_at_once_take_turns(mariadb_url: str) -> None:
    await asyncio.gather(*[bring_up(mariadb_url, bind="analytics") for _ in range(4)])
    async for db in opened(mariadb_url):
        async with db.view() as view:
            rows = (await view.execute(text("select id, complete_to from usage_progress"))).all()
    assert rows == [(1, None)]


async def test_both_spellings_of_the_address_make_the_same_tables(mariadb_url: str) -> None:
    for scheme in ("mysql+aiomysql", "mariadb+aiomysql"):
        url = mariadb_url.replace("mysql+aiomysql", scheme)
        async for db in opened(url):
            async with db.tx() as tx:
                await tx.execute(insert(Sample).values(sample(scheme)))
            async with db.view() as view:
                made = (await view.execute(text("show create table sample"))).one()[1]
            assert "`at` datetime(6)" in made
            assert "COLLATE=utf8mb4_bin" in made
