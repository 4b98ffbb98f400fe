"""Whose a route's work is: the caller's tenant's, or the house's where the route says so."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from aiohttp import ClientSession
from fastapi import Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import func, select

from gesso.app.web import create_app
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
from gesso.infra.settings import Settings
from gesso.infra.web import TxDep, ViewDep, new_router
from gesso.infra.web.body import JsonRoute
from gesso.infra.web.session import UNITS_OF_WORK
from tests.unit.web.serving import SmallHouse, build, problem_of, serve

router = new_router("thing", prefix="")

NOBODYS = {
    "GET /api/v1/erasures/{receipt}": "the receipt is the permission, and names one erasure",
}
"""Routes that open a unit of work without asking who calls, and why."""
_MINTED = "credits are made, and sold, by the house, for whichever tenant is named"
_MONEY = "money comes to the house, and its reports name the payment"
THE_HOUSES = {
    "admin.routes.tenants": "tenants are looked after by the house",
    "deadletters.routes": "work of the house's that nobody finished",
    "keyring.routes": "the house's keys at its providers",
    "payments.routes.packages.add_package": _MINTED,
    "payments.routes.packages.change_package": _MINTED,
    "payments.routes.packages.retire_package": _MINTED,
    "payments.routes.payments.list_everybodys_payments": _MONEY,
    "payments.routes.payments.list_payment_events": _MONEY,
    "payments.routes.payments.resolve_payment": _MONEY,
    "payments.routes.payments.retry_payment_event": _MONEY,
    "reconciliation.routes": "the house's books",
    "registry.routes": "runs and schedules are the house's",
    "tasks.routes.jobs": "who runs the house sees what is stuck, whosever it is",
    "tasks.routes.models": "models are the house's",
    "tasks.routes.pushes": "reports of providers are the house's",
    "tasks.routes.queues": "queues are the house's",
    "tasks.routes.refunds.refund_task": _MINTED,
    "wallet.hold_routes.list_all_holds": "who runs the house sees what is frozen, whosever it is",
    "wallet.manual_routes.adjust_wallet": _MINTED,
    "wallet.manual_routes.disable_codes": _MINTED,
    "wallet.manual_routes.grant_credits": _MINTED,
    "wallet.manual_routes.list_codes": _MINTED,
    "wallet.manual_routes.make_codes": _MINTED,
    "workflows.routes.get_template": "workflows are the house's; users see what they may ask for",
    "workflows.routes.list_versions": "the same",
    "workflows.routes.put_template": "the same",
    "workflows.routes.withdraw_workflow": "the same",
}
"""Modules and routes for people of the house alone, which work across all tenants, and why."""


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


def is_in(route: str, place: str) -> bool:
    """Whether this is the route that is listed, or stands in the module that is."""
    return f"{route}.".startswith(f"{place}.")


def calls_in(dependant: Dependant) -> Iterator[object]:
    """Everything that a route depends on, itself among it."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from calls_in(each)


async def test_every_route_works_for_its_callers_tenant_or_is_known_not_to(tmp_path: Path) -> None:
    nobodys, houses = set(), set()
    app = create_app(Settings(data_dir=tmp_path))
    async with app.router.lifespan_context(app):
        routes = [route for route in app.router.routes if isinstance(route, JsonRoute)]
    for route in routes:
        calls = list(calls_in(route.dependant))
        if not any(call in UNITS_OF_WORK for call in calls):
            continue  # what it opens by hand is looked at by tools/checks/whose_work.py
        ways_in = [call for call in calls if isinstance(call, SecurityBase)]
        if not ways_in:
            nobodys |= {f"{method} {route.path}" for method in route.methods or ()}
        elif any(getattr(way, "of_house", False) for way in ways_in):
            module = route.endpoint.__module__.removeprefix("gesso.domain.")
            houses.add(f"{module}.{route.endpoint.__name__}")
    assert len(routes) > 100
    assert nobodys == NOBODYS.keys()
    listed = {each: {name for name in houses if is_in(name, each)} for each in THE_HOUSES}
    assert houses == set().union(*listed.values())
    assert [each for each, found in listed.items() if not found] == []


@pytest.mark.parametrize("by", Role)
@pytest.mark.parametrize("target", Role)
def test_everybody_appoints_below_themselves_and_owners_anybody(by: Role, target: Role) -> None:
    ranks = list(Role)
    below = ranks.index(target) < ranks.index(by)
    assert may_appoint(by, target) == (by is Role.OWNER or below)
    assert may_appoint(by, Role.USER, target) == (by is Role.OWNER or below)
