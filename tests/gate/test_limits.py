"""Limits over HTTP: who is counted as whom, and what is said of it."""

import asyncio

import pytest
from sqlalchemy import update

from gesso.domain import identity
from gesso.domain.identity import Channel
from gesso.infra.db import moment
from gesso.kit.ids import new_id
from tests.gate.visitors import new_address, visit
from tests.house.person import Person, Reply
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


def quotas(reply: Reply) -> dict[str, tuple[int, int]]:
    """What is left and until when, by policy."""
    found = {}
    for item in reply.headers.get("RateLimit", "").split(", "):
        name, left, until = item.split(";")
        found[name.strip('"')] = int(left.removeprefix("r=")), int(until.removeprefix("t="))
    return found


async def test_answers_tell_the_quotas_of_whoever_asks(gated: Home) -> None:
    anna = await gated.person()
    first, second = [await anna.ask("GET", "/me") for _ in range(2)]
    assert first.headers["RateLimit-Policy"] == (
        '"user";q=600;w=3600;gesso-burst=12, "key";q=600;w=3600;gesso-burst=8'
    )
    assert quotas(first) == {"user": (11, 6), "key": (7, 6)}
    assert quotas(second) == {"user": (10, 12), "key": (6, 12)}


async def test_a_stranger_is_counted_by_address(gated: Home) -> None:
    here, there = new_address(), new_address()
    replies = [await visit(gated, "/api/v1/me", X_Forwarded_For=here) for _ in range(7)]
    assert [reply.status for reply in replies] == [401] * 5 + [429] * 2
    refusal = replies[-1]
    assert refusal.code == "rate_limited"
    assert refusal.body["violated-policies"] == ["ip"]
    assert 55 <= int(refusal.headers["Retry-After"]) <= 60
    assert quotas(refusal) == {"ip": (0, int(refusal.headers["Retry-After"]))}
    assert refusal.headers["RateLimit-Policy"] == '"ip";q=60;w=3600;gesso-burst=5'
    assert (await visit(gated, "/api/v1/me", X_Forwarded_For=there)).status == 401


async def test_what_a_stranger_writes_into_the_chain_changes_nothing(gated: Home) -> None:
    here = new_address()
    replies = [
        await visit(gated, "/api/v1/me", X_Forwarded_For=f"{new_address()}, {here}")
        for _ in range(6)
    ]
    assert [reply.status for reply in replies] == [401] * 5 + [429]


async def test_paths_that_lead_nowhere_and_keys_that_are_none_count(gated: Home) -> None:
    here = new_address()
    paths = ["/nowhere", "/api/v1/nothing", "/api/v1/me", "/api/v1/tasks", "/nowhere"]
    for path in paths:
        await visit(gated, path, X_Forwarded_For=here, Authorization="Bearer gsk_wrong")
    assert (await visit(gated, "/nowhere", X_Forwarded_For=here)).status == 429
    # Whoever comes from there is turned away at the door, whatever they present.
    anna = await gated.person()
    turned = await anna.ask("GET", "/me", headers={"X-Forwarded-For": here})
    assert turned.status == 429


async def test_who_has_a_key_is_not_counted_by_address(gated: Home) -> None:
    here = {"X-Forwarded-For": new_address()}
    people = [await gated.person() for _ in range(4)]
    replies = [await person.ask("GET", "/me", headers=here) for person in people * 3]
    assert {reply.status for reply in replies} == {200}


async def test_a_user_is_counted_over_all_keys(gated: Home) -> None:
    anna = await gated.person()
    async with gated.db.tx() as tx:
        user = await identity.get_user(tx, anna.id)
        _, text = await identity.create_key(tx, user, name="other", scopes=["tasks:read"])
    other = Person(anna.web, text, anna.id)
    first = [await anna.ask("GET", "/me") for _ in range(9)]
    second = [await other.ask("GET", "/me") for _ in range(6)]
    assert [reply.status for reply in first] == [200] * 8 + [429]
    assert first[-1].body["violated-policies"] == ["key"]
    assert [reply.status for reply in second] == [200] * 4 + [429] * 2
    assert second[-1].body["violated-policies"] == ["user"]


async def test_orders_are_counted_by_user_and_by_type(gated: Home) -> None:
    anna = await gated.person()
    statuses = []
    sketch, image = {"type": "sketch", "tier": "fast"}, {"type": "text_to_image", "tier": "fast"}
    for order in (sketch, sketch, image, image, image, image):
        reply = await anna.ask("POST", "/tasks", {**order, "prompt": "a square"})
        statuses.append((reply.status, reply.status == 429 and reply.body["violated-policies"]))
    accepted = (202, False)
    assert statuses == [
        accepted, (429, ["sketch"]), accepted, accepted, accepted, (429, ["submits"]),
    ]  # fmt: skip


async def test_whoever_watches_over_the_house_is_never_refused(gated: Home) -> None:
    here = new_address()
    for path in ("/health", "/health/live", "/health/ready") * 4:
        reply = await visit(gated, path, X_Forwarded_For=here)
        assert reply.status == 200
        assert "RateLimit" not in reply.headers


async def test_signed_links_have_a_limit_of_their_own(gated: Home) -> None:
    here, asset = new_address(), "asset_01jd3v8k2m5q7r9t1w3y5z7b9d"
    path = f"/api/v1/assets/{asset}/content?expires=1&signature=x"
    statuses = [(await visit(gated, path, X_Forwarded_For=here)).status for _ in range(3)]
    assert statuses == [403, 403, 429]
    assert (await visit(gated, "/api/v1/me", X_Forwarded_For=here)).status == 401


async def test_an_address_has_only_so_many_event_streams(gated: Home) -> None:
    here = {"X-Forwarded-For": new_address()}
    people = [await gated.person() for _ in range(3)]
    answers = [
        await gated.web.get(
            "/api/v1/events", headers={**here, "Authorization": f"Bearer {person.key}"}
        )
        for person in people
    ]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert (await answers[2].json())["code"] == "too_many_streams"
    answers[0].close()
    async with asyncio.timeout(10):
        while (await people[2].ask("GET", "/me")).status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        while True:
            async with gated.web.get(
                "/api/v1/events", headers={**here, "Authorization": f"Bearer {people[1].key}"}
            ) as again:
                if again.status == 200:
                    break
            await asyncio.sleep(0.05)
    answers[1].close()


async def test_a_channel_is_found_by_name_and_host_and_limits_all_who_use_it(gated: Home) -> None:
    async with gated.db.tx() as tx:
        local = await identity.find_channel(tx, identity.LOCAL)
        door = Channel(
            id=new_id(), tenant_id=local.tenant_id, slug="partner", name="Partner", kind="local",
            hosts=["app.partner.example"], claims={}, allowed_roles=["user"], default_role="user",
            start_credits=0, limits={"requests": "60/hour burst 3", "nonsense": "x"},
            created_at=moment(tx), updated_at=moment(tx),
        )  # fmt: skip
        tx.add(door)
    anna, berta = await gated.person(), await gated.person()
    unknown = await anna.ask("GET", "/me", headers={"Gesso-Channel": "elsewhere"})
    assert (unknown.status, unknown.code) == (404, "channel_not_found")
    async with asyncio.timeout(10):
        named = {"Gesso-Channel": "partner"}
        while (reply := await berta.ask("GET", "/me", headers=named)).status == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    assert quotas(reply)["channel"][0] == 2
    at_host = {"Host": "App.Partner.Example:8443"}
    assert quotas(await anna.ask("GET", "/me", headers=at_host))["channel"][0] == 1
    assert (await anna.ask("GET", "/me", headers=named)).status == 200
    refused = await anna.ask("GET", "/me", headers=named)
    assert (refused.status, refused.body["violated-policies"]) == (429, ["channel"])
    async with gated.db.tx() as tx:
        await tx.execute(update(Channel).where(Channel.slug == "partner").values(is_active=False))
