"""Whose a route's work is: the caller's tenant's, or the house's where the route says so."""

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from aiohttp import ClientSession
from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import func, select

from gesso.domain.identity import (
    AdminDep,
    CallerDep,
    OperatorDep,
    Role,
    TenantOperatorDep,
    User,
    create_key,
    create_user,
    scopes_for,
)
from gesso.domain.identity.rules import may_appoint
from gesso.infra.db import Database, View
from gesso.infra.web import TxDep, ViewDep, new_router
from tests.unit.web.serving import SmallHouse, build, problem_of, serve

router = new_router("thing", prefix="")


class Forgetful(SecurityBase):
    """Knows who is calling, and forgets to say whose the work is."""

    def __init__(self) -> None:
        self.model, self.scheme_name = HTTPBearer(), "forgetful"

    async def __call__(self, request: Request) -> str:
        return "somebody"


async def seen(view: View) -> list[str]:
    people = list((await view.scalars(select(User.email).order_by(User.email))).all())
    if view.get_bind().dialect.name == "postgresql":
        role = str(await view.scalar(select(func.current_user())))
        assert (role == "gesso_tenant") == ("tenant" in view.info), role
    return people


@router.get("/anybody")
async def anybody(view: ViewDep, _caller: CallerDep) -> list[str]:
    return await seen(view)


@router.post("/anybody")
async def anybody_writing(tx: TxDep, _caller: CallerDep) -> list[str]:
    return await seen(tx)


@router.get("/admin")
async def admin(view: ViewDep, _admin: AdminDep) -> list[str]:
    return await seen(view)


@router.get("/usage")
async def usage(view: ViewDep, _operator: TenantOperatorDep) -> list[str]:
    return await seen(view)


@router.get("/house")
async def house(view: ViewDep, _operator: OperatorDep) -> list[str]:
    return await seen(view)


@router.get("/open")
async def without_a_caller(view: ViewDep) -> list[str]:
    return await seen(view)


@router.get("/forgetful")
async def forgetful(view: ViewDep, _who: Annotated[str, Security(Forgetful())]) -> list[str]:
    return await seen(view)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


@pytest.fixture
async def client(db: Database) -> AsyncIterator[ClientSession]:
    async with serve(build(router, house=SmallHouse(db))) as client:
        yield client


async def key_of(db: Database, email: str, role: Role, tenant: str) -> dict[str, str]:
    async with db.tx() as tx:
        user = await create_user(tx, email, role=role, tenant=tenant)
        _, key = await create_key(tx, user, name="laptop", scopes=scopes_for(role))
    return {"Authorization": f"Bearer {key}"}


async def test_a_route_works_for_its_callers_tenant_unless_it_says_otherwise(
    db: Database, client: ClientSession
) -> None:
    chief = await key_of(db, "chief@example.org", Role.OWNER, "default")
    guest = await key_of(db, "guest@example.org", Role.OWNER, "partner")
    for path in ("/anybody", "/admin", "/usage"):
        for key, own in ((chief, "chief@example.org"), (guest, "guest@example.org")):
            async with client.get(path, headers=key) as answer:
                assert await answer.json() == [own], path
    async with client.post("/anybody", headers=guest) as answer:
        assert await answer.json() == ["guest@example.org"]
    everybody = ["chief@example.org", "guest@example.org"]
    async with client.get("/house", headers=chief) as answer:
        assert await answer.json() == everybody
    async with client.get("/house", headers=guest) as answer:
        assert ((await problem_of(answer))["code"], answer.status) == ("house_only", 403)
    async with client.get("/open") as answer:
        assert await answer.json() == everybody


async def test_a_way_in_that_forgets_to_say_whose_it_is_opens_nothing(
    db: Database, client: ClientSession
) -> None:
    await key_of(db, "chief@example.org", Role.OWNER, "default")
    async with client.get("/forgetful") as answer:
        assert (answer.status, (await problem_of(answer))["code"]) == (500, "internal")


async def test_what_is_for_the_house_is_closed_before_there_is_one(db: Database) -> None:
    guest = await key_of(db, "guest@example.org", Role.OWNER, "partner")
    async with serve(build(router, house=SmallHouse(db))) as client:
        async with client.get("/house", headers=guest) as answer:
            assert answer.status == 403
        chief = await key_of(db, "chief@example.org", Role.OPERATOR, "default")
        async with client.get("/house", headers=chief) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("by", Role)
@pytest.mark.parametrize("target", Role)
def test_everybody_appoints_below_themselves_and_owners_anybody(by: Role, target: Role) -> None:
    ranks = list(Role)
    below = ranks.index(target) < ranks.index(by)
    assert may_appoint(by, target) == (by is Role.OWNER or below)
    assert may_appoint(by, Role.USER, target) == (by is Role.OWNER or below)
