"""At the door: who is known, how fast, for how long, and what routes make of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from sqlalchemy import select

from gesso.domain.identity import ApiKey, Caller, Doorkeeper, User, require, revoke_key, routes
from gesso.infra.db import Database, View, in_transaction
from gesso.infra.web import TxDep, new_router
from tests.domain.people import new_key, newcomer, queries
from tests.unit.web.serving import SmallHouse, build, problem_of, serve

router = new_router("thing")


@router.post("/orders")
async def order(tx: TxDep, caller: Annotated[Caller, require("tasks:write")]) -> str:
    assert in_transaction()
    return str(await tx.scalar(select(User.email).where(User.id == caller.user_id)))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


async def test_a_busy_key_costs_one_query_and_dies_within_a_second(db: Database) -> None:
    anna = await newcomer(db)
    key = await new_key(db, anna)
    doorkeeper = Doorkeeper(db)
    with queries(db) as sent:
        callers = await asyncio.gather(*(doorkeeper.recognise(key) for _ in range(50)))
        callers += [await doorkeeper.recognise(key) for _ in range(50)]
    assert {caller.user_id for caller in callers if caller} == {anna.id}
    assert (len(callers), len(sent)) == (100, 1)
    async with db.tx() as tx:
        await revoke_key(tx, anna, key[:12])
    revoked = time.monotonic()
    while await doorkeeper.recognise(key):
        assert time.monotonic() - revoked < 1.1
        await asyncio.sleep(0.02)


async def test_the_first_to_ask_may_leave_without_harm_to_the_others(db: Database) -> None:
    key = await new_key(db, await newcomer(db))
    doorkeeper = Doorkeeper(db)
    first = asyncio.create_task(doorkeeper.recognise(key))
    second = asyncio.create_task(doorkeeper.recognise(key))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None
    assert first.cancelled()


async def used_at(view: View) -> object:
    return await view.scalar(select(ApiKey.last_used_at))


async def test_the_last_use_is_noted_off_the_path_of_requests(db: Database) -> None:
    key = await new_key(db, await newcomer(db))
    doorkeeper = Doorkeeper(db)
    watch = asyncio.create_task(doorkeeper.watch())
    before = db.now()
    with queries(db) as sent:
        for _ in range(5):
            await doorkeeper.recognise(key)
    assert not [each for each in sent if each.startswith("UPDATE")]
    async with db.view() as view:
        assert await used_at(view) is None
    watch.cancel()
    await asyncio.wait([watch])
    async with db.view() as view:
        noted = await used_at(view)
    assert before <= noted <= db.now()  # type: ignore[operator]  # an instant, or the test fails


async def test_the_api_tells_who_is_calling(db: Database) -> None:
    key = await new_key(db, await newcomer(db), "wallet:read", "tasks:read")
    async with serve(build(routes.router, house=SmallHouse(db))) as client:
        headers = {"Authorization": f"bearer {key}"}
        async with client.get("/api/v1/me", headers=headers) as response:
            body = await response.json()
    assert (response.status, body["email"], body["role"]) == (200, "anna@example.org", "user")
    assert body["scopes"] == ["tasks:read", "wallet:read"]
    assert [body[name].partition("_")[0] for name in ("id", "tenant_id", "key_id")] == [
        *("user", "tenant", "key")
    ]


@pytest.mark.parametrize(
    "presented", [None, "", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key}x"]
)
async def test_without_a_good_key_nobody_is_known(db: Database, presented: str | None) -> None:
    key = await new_key(db, await newcomer(db))
    headers = {} if presented is None else {"Authorization": presented.format(key=key)}
    async with (
        serve(build(routes.router, house=SmallHouse(db))) as client,
        client.get("/api/v1/me", headers=headers) as response,
    ):
        body = await problem_of(response)
    assert (response.status, body["code"]) == (401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_key_without_the_scope_is_told_which_one(db: Database) -> None:
    anna = await newcomer(db)
    house = SmallHouse(db)
    async with serve(build(router, house=house)) as client:
        headers = {"Authorization": f"Bearer {await new_key(db, anna, 'tasks:read')}"}
        async with client.post("/api/v1/orders", headers=headers) as response:
            body = await problem_of(response)
        assert (response.status, body["code"], body["scope"]) == (
            *(403, "missing_scope", "tasks:write"),
        )
        headers = {"Authorization": f"Bearer {await new_key(db, anna, 'tasks:write')}"}
        async with client.post("/api/v1/orders", headers=headers) as response:
            assert await response.json() == "anna@example.org"


async def test_the_caller_is_known_before_a_transaction_begins(db: Database) -> None:
    """SQLite has one writer: a stranger must not wait for it, nor hold it."""
    async with (
        serve(build(router, house=SmallHouse(db))) as client,
        db.tx(),
        asyncio.timeout(1),
        client.post("/api/v1/orders") as response,
    ):
        assert response.status == 401


def test_the_document_tells_which_scope_a_route_needs() -> None:
    document = build(router, routes.router).openapi()
    order, me = document["paths"]["/api/v1/orders"]["post"], document["paths"]["/api/v1/me"]["get"]
    assert order["security"] == [{"api_key": ["tasks:write"]}]
    assert me["security"] == [{"api_key": []}]
    assert "`missing_scope`" in order["responses"]["403"]["description"]
    assert set(me["responses"]) == {"200", "401", "429", "503", "default"}
    assert document["components"]["securitySchemes"]["api_key"]["scheme"] == "bearer"
