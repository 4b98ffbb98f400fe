"""Who did what: every deed of operators and admins leaves a line, and no line goes away."""

import csv
import io
from typing import Any

import pytest

from gesso.kit.ids import new_id
from tests.house.person import Person
from tests.house.world import Home
from tests.stories.deeds import DEEDS, HOUSES, SECRET, TENANTS, Walk
from tests.stories.operating import STAFF, scopes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def lines(chief: Person, **query: str) -> list[dict[str, Any]]:
    """What the log says."""
    reply = await chief.ask("GET", "/audit-log", params={"limit": "100", **query})
    assert reply.status == 200, reply
    return list(reply.body["items"])


def deeds_in(document: dict[str, Any]) -> set[str]:
    """What the document says that operators and admins can change."""
    return {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method not in {"get", "head"} and STAFF & scopes_of(operation)
    }


@pytest.mark.parametrize("whose", ["house", "tenant"])
async def test_every_deed_of_operators_and_admins_leaves_a_line(home: Home, whose: str) -> None:
    word = f"walk{new_id().hex[-12:]}"
    chief = await home.person(9, role="owner", tenant="default" if whose == "house" else word)
    me = (await chief.ask("GET", "/me")).body
    assert deeds_in((await chief.ask("GET", "/openapi.json")).body) == set(DEEDS)
    walk = Walk(home, chief, word)
    walk.ids |= {"name": "acme", "model_id": "acme/logged", "tenant_id": me["tenant_id"]}
    walk.ids["user_id"] = me["id"]
    for name, act in (HOUSES if whose == "house" else TENANTS).items():
        if "workflows" in name:
            walk.ids["name"] = walk.word
        before = {line["id"] for line in await lines(chief, actor=me["id"])}
        await act(walk, name)
        new = [line for line in await lines(chief, actor=me["id"]) if line["id"] not in before]
        assert new, name
        path = name.rpartition("{")[2].partition("}")[0]
        subject = walk.ids.get(path)
        assert subject is None or subject in {line["subject"] for line in new}, (name, new)
        for line in new:
            assert (line["means"], line["address"]) == (me["key_id"], "127.0.0.1")
            assert line["action"].count(".") == 1
    assert SECRET not in str(await lines(chief))
    assert SECRET[::-1] not in str(await lines(chief))


async def test_what_is_refused_leaves_no_line(home: Home) -> None:
    chief = await home.person(0, role="admin")
    me = (await chief.ask("GET", "/me")).body
    for method, path, body in (
        ("PATCH", "/queues/nowhere", {"active": False}),
        ("POST", "/users", {"email": "nobody"}),
        ("PATCH", f"/users/{me['id']}", {"role": "owner"}),
        ("POST", "/registry/runs", {"function": "story.note", "arguments": {"a": 1}}),
    ):
        assert (await chief.ask(method, path, body)).status in {403, 404, 422}
    assert await lines(chief, actor=me["id"]) == []


async def test_the_log_is_filtered_paged_and_exported(home: Home) -> None:
    tenant = f"log{new_id()}"
    chief = await home.person(0, role="owner", tenant=tenant)
    for number in range(5):
        await chief.ask("POST", "/users", {"email": f"guest{number}@example.org"})
    users = (await chief.ask("GET", "/users?search=guest0")).body["items"]
    path = f"/users/{users[0]['id']}"
    assert (await chief.ask("PATCH", path, {"status": "disabled"})).status == 200
    assert (await chief.ask("PATCH", path, {"status": "disabled"})).status == 200  # already so
    every = await lines(chief)
    assert [line["action"] for line in every] == ["user.disable"] + ["user.create"] * 5
    assert [line["action"] for line in await lines(chief, subject=users[0]["id"])] == [
        "user.disable",
        "user.create",
    ]
    assert len(await lines(chief, action="user.create", until=every[2]["at"])) == 3
    assert len(await lines(chief, since=every[2]["at"])) == 3
    assert await lines(chief, actor="user_nobody") == []
    pages, cursor = [], ""
    while cursor is not None:
        query = {"limit": "4"} | ({"cursor": cursor} if cursor else {})
        page = (await chief.ask("GET", "/audit-log", params=query)).body
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == every
    sent = await chief.ask("GET", "/audit-log/export?action=user.create")
    assert sent.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(sent.content.decode())))
    assert [row["id"] for row in rows] == [line["id"] for line in every[1:]]
    user = await home.person(role="operator", tenant=tenant)
    assert (await user.ask("GET", "/audit-log")).code == "missing_scope"
    for nonsense in ("since=yesterday", f"actor={'x' * 201}", "cursor=x"):
        assert (await chief.ask("GET", f"/audit-log?{nonsense}")).status == 422, nonsense
