"""Another tenant's things are not there, on any route, for anybody, on both databases."""

import pytest

from gesso.kit.ids import new_id
from tests.house.world import Home
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
    routes,
    visit,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("role", ["user", "operator", "owner"])
async def test_another_tenants_ids_are_as_good_as_none_on_every_route(
    home: Home, role: str
) -> None:
    anna, chief = await home.person(), await home.person(0, role="owner")
    spy = await home.person(role=role, tenant="partner")
    task = await anna.make("sketch", prompt="a secret", tier="fast")
    me = (await anna.ask("GET", "/me")).body
    hers = {
        **NOWHERE,
        "task_id": task["id"],
        "asset_id": task["outputs"][0]["asset_id"],
        "user_id": me["id"],
        "tenant_id": me["tenant_id"],
        "name": "acme",
        "model_id": "acme/paint",
    }
    tried = set()
    for method, path, operation in await routes(anna):
        if path in OPEN_PATHS:
            continue
        reply = await visit(spy, method, path, operation, hers)
        needs_a_link = "signature" in {each["name"] for each in operation.get("parameters", [])}
        of_house = path in HOUSE_PATHS | HOUSE_ADMIN_PATHS
        if (scopes_of(operation) & STAFF) - SCOPES[role]:
            expected: tuple[int, str] = (403, "missing_scope")
        elif path in SESSION_PATHS:
            expected = (403, "session_needed")
        elif of_house:
            expected = (403, "house_only")
        else:
            expected = (403, "bad_link") if needs_a_link else (404, reply.code)
        assert (reply.status, reply.code) == expected, (method, path, reply)
        tried.add(path)
    assert tried >= HOUSE_PATHS | TENANT_PATHS | ADMIN_PATHS | HOUSE_ADMIN_PATHS
    assert (await anna.task(task))["rev"] == task["rev"]
    assert (await chief.ask("GET", f"/users/{me['id']}")).body["status"] == "active"


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
