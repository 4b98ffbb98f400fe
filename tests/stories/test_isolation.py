"""Another tenant's things are not there, on any route, for anybody, on both databases."""

import pytest
import pytest_asyncio

from gesso.kit.ids import new_id
from tests.house.person import Person
from tests.house.world import Home
from tests.stories.estate import NOBODYS, Estate, come_in, settle
from tests.stories.operating import STAFF, scopes_of
from tests.stories.sweeping import (
    ADMIN_PATHS,
    HOUSE_ADMIN_PATHS,
    HOUSE_PATHS,
    NOWHERE,
    OPEN_PATHS,
    SCOPES,
    SESSION_PATHS,
    TENANT_PATHS,
    ids_in,
    places,
    routes,
    visit,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF_THE_HOUSE = {"queues/{name}": "acme", "models/{model_id}": "acme/paint"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def estate(acme_home: Home) -> Estate:
    """What somebody of another tenant owns."""
    return await settle(acme_home)


async def test_every_thing_that_a_path_names_is_somebodys_or_known_to_be_nobodys(
    estate: Estate,
) -> None:
    named = {place for _, path, _ in await routes(estate.owner) for place in places(path).values()}
    assert named == estate.things.keys() | NOBODYS.keys()
    assert not estate.things.keys() & NOBODYS.keys()
    seen = str(await estate.portrait())
    assert [place for place, thing in estate.things.items() if thing not in seen] == []


@pytest.mark.parametrize("role", ["user", "operator", "owner"])
async def test_another_tenants_ids_are_as_good_as_none_on_every_route(
    home: Home, estate: Estate, role: str
) -> None:
    before = await estate.portrait()
    spy = await home.person(role=role, tenant="partner")
    guest = await come_in(home, await home.person(0, role="owner", tenant="partner"), role)
    tried = await sweep(spy, estate, role, is_signed_in=False)
    assert tried == await sweep(guest, estate, role, is_signed_in=True)
    assert tried >= HOUSE_PATHS | TENANT_PATHS | ADMIN_PATHS | HOUSE_ADMIN_PATHS | SESSION_PATHS
    assert await estate.portrait() == before


async def sweep(spy: Person, estate: Estate, role: str, *, is_signed_in: bool) -> set[str]:
    """The paths that were tried, with whatever goes into them that is another tenant's."""
    own = {"users/{user_id}": (await spy.ask("GET", "/me")).body["id"]}
    tried = set()
    for method, path, operation in await routes(spy):
        if path in OPEN_PATHS:
            continue
        things = OF_THE_HOUSE | estate.things
        unknown = await visit(spy, method, path, operation, NOWHERE)
        needs_a_link = "signature" in {each["name"] for each in operation.get("parameters", [])}
        if (scopes_of(operation) & STAFF) - SCOPES[role]:
            expected = (403, "missing_scope")
        elif path in SESSION_PATHS and not is_signed_in:
            expected = (403, "session_needed")
        elif path in HOUSE_PATHS | HOUSE_ADMIN_PATHS:
            expected = (403, "house_only")
        else:
            expected = (403, "bad_link") if needs_a_link else (404, unknown.code)
        reply = await visit(spy, method, path, operation, ids_in(path, things))
        assert (reply.status, reply.code) == expected, (method, path, reply)
        if len(places(path)) > 1:
            reply = await visit(spy, method, path, operation, ids_in(path, things | own))
            assert reply.status == expected[0], (method, path, reply)
        tried.add(path)
    return tried


async def test_no_list_tells_another_tenant_anything(home: Home) -> None:
    anna, spy = await home.person(), await home.person(role="owner", tenant="partner")
    chief = await home.person(0, role="owner")
    canary = f"canary{new_id().hex}"
    task = await anna.make("sketch", prompt=canary, tier="fast")
    me = (await anna.ask("GET", "/me")).body
    await chief.ask("PATCH", f"/users/{me['id']}", {"role": "operator"})
    secrets = [canary, task["id"], task["outputs"][0]["asset_id"], me["id"], me["email"]]
    document = (await spy.ask("GET", "/openapi.json")).body
    told = closed = 0
    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {})
        if "{" in path or "text/event-stream" in answer.get("content", {}) or not answer:
            continue
        reply = await spy.ask("GET", f"{home.url}{path}")
        is_none = reply.status == 404 and reply.code == "no_shared_wallet"
        assert is_none or reply.status in {200, 403}, (path, reply)
        assert not [each for each in secrets if each.encode() in reply.content], path
        told, closed = told + (reply.status == 200), closed + (reply.status == 403)
    assert told >= 10
    assert closed >= 8
    log = (await chief.ask("GET", f"/audit-log?subject={me['id']}")).body["items"]
    assert [line["action"] for line in log] == ["user.change_role"]
