"""Units of work of routes: the answer never says more than what is durable."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from gesso.infra.db import Database, before_commit, in_transaction
from gesso.infra.errors import Conflict
from gesso.infra.web import TxDep, ViewDep, new_router
from tests.unit.web.serving import SmallHouse, build, problem_of, serve

router = new_router("thing")
COUNT = text("select count(*) from tenant")
ADD = text(
    "insert into tenant (id, name, created_at) values ('0190d2c1c8b07ad0b6b1f0a2c3d4e5f6', :name, "
    "current_timestamp)"
)
ORPHAN = text("insert into orphan (tenant_id) values ('00000000000000000000000000000001')")


@router.post("/tenants", status_code=202)
async def add(tx: TxDep) -> None:
    await tx.execute(ADD, {"name": "acme"})


@router.post("/refused", status_code=202)
async def add_and_refuse(tx: TxDep) -> None:
    await tx.execute(ADD, {"name": "acme"})
    raise Conflict("No.")


@router.post("/late", status_code=202)
async def add_and_fail_at_the_end(tx: TxDep) -> None:
    async def refuse(_tx: object) -> None:
        raise Conflict("Not at the end either.")

    await tx.execute(ADD, {"name": "acme"})
    before_commit(tx, refuse)


@router.post("/orphans", status_code=202)
async def add_an_orphan(tx: TxDep) -> None:
    await tx.execute(ADD, {"name": "acme"})
    await tx.execute(ORPHAN)


@router.get("/tenants")
async def count(view: ViewDep) -> dict[str, int | bool]:
    return {"count": await view.scalar(COUNT) or 0, "open": in_transaction()}


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    async with db.tx() as tx:
        await tx.execute(
            text(
                "create table orphan (tenant_id uuid references tenant (id) "
                "deferrable initially deferred)"
            )
        )
    yield db
    await db.close()


@pytest.fixture
async def client(db: Database) -> AsyncIterator[ClientSession]:
    async with serve(build(router, house=SmallHouse(db))) as client:
        yield client


async def stored(db: Database) -> int:
    async with db.view() as view:
        return await view.scalar(COUNT) or 0


async def test_what_was_answered_is_stored(client: ClientSession, db: Database) -> None:
    async with client.post("/api/v1/tenants") as response:
        assert response.status == 202
        assert await stored(db) == 1
    async with client.get("/api/v1/tenants") as response:
        assert await response.json() == {"count": 1, "open": True}


@pytest.mark.parametrize("path", ["refused", "late"])
async def test_what_was_refused_is_not_stored(
    client: ClientSession, db: Database, path: str
) -> None:
    async with client.post(f"/api/v1/{path}") as response:
        assert (response.status, (await problem_of(response))["code"]) == (409, "conflict")
    assert await stored(db) == 0


async def test_a_commit_that_fails_is_not_answered_with_202(client: ClientSession) -> None:
    async with client.post("/api/v1/orphans") as response:
        body = await problem_of(response)
    assert (response.status, body["code"]) == (500, "internal")


async def test_a_database_that_is_away_is_answered_with_503(tmp_path: object) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/nowhere/gesso.db")
    async with (
        serve(build(router, house=SmallHouse(db))) as client,
        client.get("/api/v1/tenants") as response,
    ):
        body = await problem_of(response)
    await db.close()
    assert (response.status, body["code"]) == (503, "database_unavailable")
    assert response.headers["Retry-After"] == "1"
