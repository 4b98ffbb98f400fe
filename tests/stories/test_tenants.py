"""Organisations and their people: who is taken in, appointed, dismissed, and by whom."""

import asyncio
from typing import Any

import pytest

from gesso.kit.ids import new_id
from tests.house.person import Person, Reply
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

RANKS = ("user", "operator", "admin", "owner")


async def made(person: Person, path: str, body: object) -> dict[str, Any]:
    """What was made."""
    reply = await person.ask("POST", path, body)
    assert reply.status == 201, reply
    return dict(reply.body)


async def change(person: Person, user: dict[str, Any], **change: str) -> Reply:
    """An attempt to have somebody stand otherwise."""
    return await person.ask("PATCH", f"/users/{user['id']}", change)


async def id_of(person: Person) -> dict[str, Any]:
    """Somebody as others name them."""
    return dict((await person.ask("GET", "/me")).body)


async def test_the_house_makes_renames_and_closes_a_tenant(home: Home) -> None:
    chief = await home.person(0, role="admin")
    name = f"Partner {new_id()}"
    tenant = await made(chief, "/tenants", {"name": name, "owner": f"o{new_id()}@example.org"})
    path = f"/tenants/{tenant['id']}"
    member = await home.person(role="owner", tenant=name)
    people = (await member.ask("GET", "/users?role=owner")).body["items"]
    assert len(people) == 2
    assert (await chief.ask("POST", "/tenants", {"name": name})).code == "tenant_name_taken"
    renamed = await chief.ask("PATCH", path, {"name": f"{name} & Sons"})
    assert renamed.body["name"] == f"{name} & Sons"
    listed = (await chief.ask("GET", "/tenants?limit=100")).body["items"]
    assert tenant["id"] in {each["id"] for each in listed}
    assert (await member.ask("GET", "/tenants")).code == "house_only"
    closed = await chief.ask("POST", f"{path}/close")
    assert closed.body["closed_at"] is not None
    assert (await chief.ask("POST", f"{path}/close")).body == closed.body
    async with asyncio.timeout(3):
        while (await member.ask("GET", "/me")).status != 401:  # noqa: ASYNC110  # a second or two
            await asyncio.sleep(0.1)
    own = (await chief.ask("GET", "/me")).body["tenant_id"]
    for method, way, body in (("PATCH", "", {"name": "x"}), ("POST", "/close", None)):
        refused = await chief.ask(method, f"/tenants/{own}{way}", body)
        assert (refused.status, refused.code) == (409, "house_tenant")


async def test_admins_appoint_below_themselves_and_owners_anybody(home: Home) -> None:
    tenant = f"ladder{new_id()}"
    people = {role: await home.person(0, role=role, tenant=tenant) for role in RANKS}
    ids = {role: await id_of(person) for role, person in people.items()}
    for by, target, wanted, outcome in (
        ("user", "user", "owner", "missing_scope"),
        ("operator", "operator", "admin", "missing_scope"),
        ("admin", "operator", "admin", "role_above_yours"),
        ("admin", "admin", "user", "role_above_yours"),
        ("admin", "owner", "user", "role_above_yours"),
        ("admin", "user", "operator", None),
        ("owner", "user", "owner", None),
        ("owner", "admin", "user", None),
    ):
        reply = await change(people[by], ids[target], role=wanted)
        if outcome is None:
            assert (reply.status, reply.body["role"]) == (200, wanted), (by, target, wanted)
        else:
            assert (reply.status, reply.code) == (403, outcome), (by, target, wanted)
    # Who was dismissed has no admin's key any more, whatever was written on it.
    async with asyncio.timeout(3):
        while (await people["admin"].ask("GET", "/users")).status != 403:  # noqa: ASYNC110  # 1 s
            await asyncio.sleep(0.1)
    wish = {"email": f"a{new_id()}@b.org", "role": "owner"}
    assert (await people["owner"].ask("POST", "/users", wish)).status == 201


async def test_the_last_owner_stays_whoever_asks_at_once(home: Home) -> None:
    tenant = f"owners{new_id()}"
    first, second = [await home.person(0, role="owner", tenant=tenant) for _ in range(2)]
    one, other = await id_of(first), await id_of(second)
    replies = await asyncio.gather(
        change(first, other, role="user"), change(second, one, status="disabled")
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    refused = next(reply for reply in replies if reply.status == 409)
    assert refused.code == "last_owner"
    left = first if replies[0].status == 200 else second
    for wish in ({"role": "admin"}, {"status": "disabled"}):
        assert (await change(left, await id_of(left), **wish)).code == "last_owner"


async def test_somebody_disabled_is_out_within_two_seconds_and_may_come_back(home: Home) -> None:
    tenant = f"doors{new_id()}"
    admin, anna = await home.person(0, "admin", tenant=tenant), await home.person(tenant=tenant)
    user = await id_of(anna)
    async with anna.web.get("/api/v1/events", headers={"Authorization": f"Bearer {anna.key}"}) as s:
        assert (await change(admin, user, status="disabled")).body["status"] == "disabled"
        async with asyncio.timeout(2.5):
            while (await anna.ask("GET", "/me")).status != 401:  # noqa: ASYNC110  # see its name
                await asyncio.sleep(0.1)
        async with asyncio.timeout(60):
            while await s.content.readline():
                pass  # the stream ends by itself
    assert (await change(admin, user, status="active")).body["status"] == "active"
    assert (await anna.ask("GET", "/me")).status == 200


async def test_people_are_taken_in_and_found(home: Home) -> None:
    tenant = f"found{new_id()}"
    admin = await home.person(0, role="admin", tenant=tenant)
    for number in range(5):
        await made(admin, "/users", {"email": f"Guest_{number}@Example.org"})
    taken = await admin.ask("POST", "/users", {"email": "guest_1@example.org"})
    assert (taken.status, taken.code) == (409, "email_taken")
    assert (await admin.ask("POST", "/users", {"email": "nobody"})).code == "bad_email"
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"search": "EST_", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await admin.ask("GET", "/users", params=query)).body
        seen += [each["email"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"guest_{number}@example.org" for number in (4, 3, 2, 1, 0)]
    for nothing in ("search=guest%25", "status=disabled", "role=owner", "search=gue_t"):
        assert (await admin.ask("GET", f"/users?{nothing}")).body["items"] == [], nothing
    chief = await home.person(0, role="owner")
    user = (await admin.ask("GET", "/users?search=guest_0")).body["items"][0]
    assert (await chief.ask("GET", f"/users/{user['id']}")).code == "user_not_found"
