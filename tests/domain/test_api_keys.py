"""Keys over the API: what they may be, what one may do to another, and where they are good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from gesso.domain.admin.routes import users_key_routes
from gesso.domain.identity import (
    ApiKey,
    Doorkeeper,
    User,
    create_key,
    create_user,
    routes,
)
from gesso.domain.identity.networks import admits, covers, read_networks
from gesso.infra.db import Database
from gesso.kit.ids import parse_id, public_id
from tests.domain.people import new_key, newcomer
from tests.unit.web.serving import SmallHouse, build, serve

EVERYTHING = ("tasks:read", "keys:read", "keys:write", "account:write")


@dataclass
class Desk:
    """Somebody's program at the API."""

    db: Database
    client: ClientSession
    user: User
    key: str

    async def ask(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        """The status, and the body."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        options: dict[str, Any] = {} if body is None else {"json": body}
        url = f"/api/v1{path}"
        async with self.client.request(method, url, headers=headers, **options) as answer:
            return answer.status, await answer.json()

    async def make(self, key: str = "", **wish: Any) -> dict[str, Any]:
        """A key that was made."""
        body = {"name": "made", "scopes": ["tasks:read"], **wish}
        status, made = await self.ask("POST", "/api-keys", body, key)
        assert status == 201, made
        return dict(made)


@asynccontextmanager
async def open_desk(url: str, **key: Any) -> AsyncIterator[Desk]:
    db = Database(url)
    anna = await newcomer(db)
    app = build(routes.router, routes.key_router, users_key_routes, house=SmallHouse(db))
    async with serve(app) as client:
        yield Desk(db, client, anna, await new_key(db, anna, *EVERYTHING, **key))
    await db.close()


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url) as desk:
        yield desk


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_key_is_shown_once_and_lives_ninety_days_unless_it_is_to_live_for_ever(
    desk: Desk,
) -> None:
    usual = await desk.make(name=" laptop ", allowed_addresses=["127.0.0.1", "2001:db8::/32"])
    assert usual["key"].startswith(usual["prefix"] + "_")
    left = instant(usual["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    assert usual["allowed_addresses"] == ["127.0.0.1/32", "2001:db8::/32"]
    assert (await desk.make(expires_at="never"))["expires_at"] is None
    assert (await desk.ask("GET", "/me", key=usual["key"]))[0] == 200
    status, shown = await desk.ask("GET", f"/api-keys/{usual['id']}")
    assert (status, shown["name"], shown["status"]) == (200, "laptop", "usable")
    assert "key" not in shown
    _, listed = await desk.ask("GET", "/api-keys?limit=2")
    assert usual["key"] not in str(listed)
    assert [each["name"] for each in listed["items"]] == ["made", "laptop"]
    _, rest = await desk.ask("GET", f"/api-keys?limit=2&cursor={listed['next_cursor']}")
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "invalid_request"),
    ({"scopes": []}, "invalid_request"),
    ({"scopes": ["everything"]}, "invalid_request"),
    ({"scopes": ["operator"]}, "scope_not_allowed"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "bad_key_request"),
    ({"expires_at": "2099-01-01T00:00:00"}, "invalid_request"),
    ({"expires_at": "sometime"}, "invalid_request"),
    ({"allowed_addresses": ["127.0.0.1/8"]}, "bad_key_request"),
    ({"allowed_addresses": ["localhost"]}, "bad_key_request"),
    ({"allowed_addresses": ["10.0.0.1"] * 33}, "invalid_request"),
    ({"digest": "x"}, "invalid_request"),
]


async def test_what_could_be_no_key_is_refused(desk: Desk) -> None:
    for wish, code in NONSENSE:
        body = {"name": "made", "scopes": ["tasks:read"], **wish}
        status, refusal = await desk.ask("POST", "/api-keys", body)
        assert (status in (403, 422), refusal["code"]) == (True, code), wish


async def test_a_key_makes_none_that_may_do_more_than_it(database_url: str) -> None:
    ends = datetime.now(UTC) + timedelta(days=10)
    async with open_desk(database_url, expires_at=ends) as desk:
        async with desk.db.tx() as tx:
            strong, text = await create_key(
                tx, desk.user, name="strong", scopes=["wallet:read", "keys:write"]
            )
        made = await desk.make(scopes=["keys:write", "tasks:read"])
        assert instant(made["expires_at"]) == ends
        assert made["parent_id"].startswith("key_")
        later = (ends + timedelta(days=1)).isoformat()
        wishes: list[dict[str, Any]] = [
            {"scopes": ["wallet:read"]},
            {"expires_at": "never"},
            {"expires_at": later},
        ]
        for wish in wishes:
            body = {"name": "more", "scopes": ["tasks:read"], **wish}
            status, refusal = await desk.ask("POST", "/api-keys", body)
            assert (status, refusal["code"]) == (403, "key_too_weak"), wish
        # Nor does it change or renew a stronger one, or make itself or its like any stronger.
        other = public_id("key", strong.id)
        for method, path, body in (
            ("PATCH", f"/api-keys/{other}", {"name": "mine"}),
            ("POST", f"/api-keys/{other}/rotate", {}),
            ("PATCH", f"/api-keys/{made['id']}", {"expires_at": "never"}),
            ("PATCH", f"/api-keys/{made['id']}", {"scopes": ["wallet:read"]}),
        ):
            status, refusal = await desk.ask(method, path, body)
            assert (status, refusal["code"]) == (403, "key_too_weak"), path
        # To take one back is always safe.
        status, gone = await desk.ask("DELETE", f"/api-keys/{other}")
        assert (status, gone["status"]) == (200, "revoked")
        assert await Doorkeeper(desk.db).recognise(text) is None


async def test_a_key_that_is_bound_to_addresses_binds_what_it_makes(desk: Desk) -> None:
    bound = await desk.make(scopes=["keys:write"], allowed_addresses=["127.0.0.0/8", "::1"])
    child = await desk.make(bound["key"], scopes=["keys:write"])
    assert child["allowed_addresses"] == ["127.0.0.0/8", "::1/128"]
    near = await desk.make(bound["key"], scopes=["keys:write"], allowed_addresses=["127.0.0.1"])
    for path, method, body in (
        ("/api-keys", "POST", {"name": "x", "scopes": ["keys:write"],
                               "allowed_addresses": ["10.0.0.1"]}),
        (f"/api-keys/{near['id']}", "PATCH", {"allowed_addresses": []}),
    ):  # fmt: skip
        status, refusal = await desk.ask(method, path, body, bound["key"])
        assert (status, refusal["code"]) == (403, "key_too_weak")


async def test_a_key_opens_nothing_from_elsewhere(desk: Desk) -> None:
    here = await desk.make(allowed_addresses=["127.0.0.1"])
    assert (await desk.ask("GET", "/me", key=here["key"]))[0] == 200
    elsewhere = await desk.make(allowed_addresses=["192.0.2.0/24"])
    status, refusal = await desk.ask("GET", "/me", key=elsewhere["key"])
    assert (status, refusal["code"]) == (403, "address_not_allowed")
    moved = {"allowed_addresses": ["127.0.0.0/8"]}
    assert (await desk.ask("PATCH", f"/api-keys/{elsewhere['id']}", moved))[0] == 200
    async with asyncio.timeout(1.5):
        while (await desk.ask("GET", "/me", key=elsewhere["key"]))[0] != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_renewed_key_works_beside_the_new_one_and_then_dies(desk: Desk) -> None:
    old = await desk.make(name="robot", allowed_addresses=["127.0.0.1"])
    status, new = await desk.ask("POST", f"/api-keys/{old['id']}/rotate", {"overlap_seconds": 60})
    assert status == 201
    for fact in ("name", "scopes", "allowed_addresses"):
        assert new[fact] == old[fact]
    assert new["parent_id"] == old["id"]
    for key in (old["key"], new["key"]):
        assert (await desk.ask("GET", "/me", key=key))[0] == 200
    _, shown = await desk.ask("GET", f"/api-keys/{old['id']}")
    left = instant(shown["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    status, _ = await desk.ask("POST", f"/api-keys/{new['id']}/rotate", {})
    assert status == 201
    status, refusal = await desk.ask("POST", f"/api-keys/{new['id']}/rotate", {})
    assert (status, refusal["code"]) == (409, "key_not_usable")
    week = {"overlap_seconds": 7 * 86_400 + 1}
    assert (await desk.ask("POST", f"/api-keys/{old['id']}/rotate", week))[0] == 422


async def test_a_strangers_key_is_not_there_and_an_operators_reach_ends_with_the_tenant(
    desk: Desk,
) -> None:
    async with desk.db.tx() as tx:
        bert = await create_user(tx, "bert@example.org")
        far = await create_user(tx, "carl@example.net", tenant="elsewhere")
        boss = await create_user(tx, "boss@example.org", role="operator")
        keys = {}
        for user in (bert, far, boss):
            scopes = ["operator"] if user is boss else ["tasks:read"]
            keys[user.id] = await create_key(tx, user, name="k", scopes=scopes)
    berts = public_id("key", keys[bert.id][0].id)
    for method, path in (
        ("GET", f"/api-keys/{berts}"),
        ("DELETE", f"/api-keys/{berts}"),
        ("POST", f"/api-keys/{berts}/rotate"),
        ("PATCH", f"/api-keys/{berts}"),
        ("GET", "/api-keys/nonsense"),
    ):
        status, refusal = await desk.ask(method, path, {} if method in ("POST", "PATCH") else None)
        assert (status, refusal["code"]) == (404, "key_not_found"), path
    operators, text = keys[boss.id][1], keys[bert.id][1]
    theirs = f"/users/{public_id('user', bert.id)}/api-keys"
    assert (await desk.ask("GET", theirs))[0] == 403
    status, listed = await desk.ask("GET", theirs, key=operators)
    assert [each["id"] for each in listed["items"]] == [berts]
    status, gone = await desk.ask("DELETE", f"{theirs}/{berts}", key=operators)
    assert (status, gone["status"]) == (200, "revoked")
    assert await Doorkeeper(desk.db).recognise(text) is None
    others = f"/users/{public_id('user', far.id)}/api-keys"
    assert (await desk.ask("GET", others, key=operators))[1]["code"] == "user_not_found"


async def test_use_is_noted_with_its_address(desk: Desk) -> None:
    made = await desk.make()
    doorkeeper = Doorkeeper(desk.db)
    await doorkeeper.recognise(made["key"], "198.51.100.7")
    await doorkeeper.note()
    async with desk.db.view() as view:
        key = await view.get(ApiKey, parse_id("key", made["id"]))
    assert key is not None
    assert (key.last_used_from, key.last_used_at is not None) == ("198.51.100.7", True)


async def test_people_say_what_they_are_called(desk: Desk) -> None:
    _, me = await desk.ask("GET", "/me")
    assert (me["via"], me["name"], me["locale"], me["identities"]) == ("key", None, None, [])
    status, me = await desk.ask("PATCH", "/me", {"name": "Anna", "locale": "de-CH"})
    assert (status, me["name"], me["locale"]) == (200, "Anna", "de-CH")
    _, me = await desk.ask("PATCH", "/me", {"locale": None})
    assert (me["name"], me["locale"]) == ("Anna", None)
    for nonsense in ({"locale": "not a locale"}, {"role": "owner"}, {"name": ""}):
        assert (await desk.ask("PATCH", "/me", nonsense))[0] == 422


def test_networks_hold_what_lies_in_them() -> None:
    here = read_networks(["10.0.0.0/8", "2001:db8::/32"])
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8::1%eth0"):
        assert admits(here, address), address
    for wrong in ("11.0.0.1", "::ffff:11.0.0.1", "2001:db9::1", "", None, "10.1.2.3:80", "x"):
        assert not admits(here, wrong), wrong
    assert admits((), None)
    assert covers((), here)
    assert not covers(here, ())
    assert covers(here, read_networks(["10.9.0.0/16"]))
    assert not covers(here, read_networks(["10.9.0.0/16", "192.0.2.1"]))


async def test_a_stolen_key_goes_with_all_that_comes_from_it(desk: Desk) -> None:
    stolen = await desk.make(scopes=["tasks:read", "keys:write"])
    child = await desk.make(stolen["key"], scopes=["tasks:read", "keys:write"])
    _, grandchild = await desk.ask(
        "POST", f"/api-keys/{child['id']}/rotate", {"overlap_seconds": 60}, child["key"]
    )
    other = await desk.make()
    made = {each["id"]: each for each in (stolen, child, grandchild, other)}

    async def revoked() -> set[str]:
        _, page = await desk.ask("GET", "/api-keys")
        return {each["id"] for each in page["items"] if each["revoked_at"]} & set(made)

    assert (await desk.ask("DELETE", f"/api-keys/{stolen['id']}"))[0] == 200
    assert await revoked() == {stolen["id"]}
    assert (await desk.ask("DELETE", f"/api-keys/{stolen['id']}?descendants=true"))[0] == 200
    assert await revoked() == {stolen["id"], child["id"], grandchild["id"]}
