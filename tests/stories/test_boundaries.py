"""Strangers and nonsense: what is not yours is not there, and nonsense moves no credit."""

import io
import json
from typing import Any

import pytest

from gesso.domain import identity, payments
from gesso.domain.identity import Caller, Role
from gesso.kit.ids import new_id, public_id
from tests.house.person import Person
from tests.house.world import Home
from tests.stories.sweeping import (
    ADMIN_PATHS,
    BODIES,
    HOUSE_ADMIN_PATHS,
    HOUSE_PATHS,
    MISSING,
    NOWHERE,
    OPEN_PATHS,
    SESSION_PATHS,
    TENANT_PATHS,
    routes,
    visit,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAFF_PATHS = HOUSE_PATHS | TENANT_PATHS | ADMIN_PATHS | HOUSE_ADMIN_PATHS


async def bought(home: Home, person: Person) -> str:
    """The id of a payment that waits for its money."""
    async with home.db.tx() as tx:
        user = await identity.get_user(tx, person.id)
        figures = payments.Figures(1, 0, 1, "eur", None)
        offer = await payments.packages.add(tx, user.tenant_id, str(user.id), figures)
        caller = Caller(user.id, user.tenant_id, Role.USER, frozenset())
        wish = payments.Wish(offer.package.id, "offline", "key")
        payment, _ = await payments.service.begin(tx, caller, wish)
    return public_id("payment", payment.id)


async def test_a_strangers_id_is_as_good_as_none_on_every_route(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    task = await anna.make("sketch", prompt="a secret", tier="fast")
    hers = {"task_id": task["id"], "asset_id": task["outputs"][0]["asset_id"]}
    hers["api_key_id"] = (await anna.ask("GET", "/me")).body["key_id"]
    hers["payment_id"] = await bought(home, anna)
    spare = await anna.ask("POST", "/api-keys", {"name": "spare", "scopes": ["tasks:read"]})
    hers["key_id"] = spare.body["id"]
    none_of_them = {"action": "cancel", "tasks": {"q": "what nobody asked for"}}
    hers["run_id"] = (await anna.ask("POST", "/tasks/bulk", none_of_them)).body["id"]
    tried = []
    for method, path, operation in await routes(anna):
        if path in OPEN_PATHS | SESSION_PATHS | STAFF_PATHS:
            continue
        foreign = await visit(bert, method, path, operation, hers)
        unknown = await visit(bert, method, path, operation, NOWHERE)
        assert (foreign.status, foreign.code) == (unknown.status, unknown.code), path
        needs_a_link = "signature" in {each["name"] for each in operation.get("parameters", [])}
        assert foreign.status == (403 if needs_a_link else 404), (method, path, foreign)
        own = await visit(anna, method, path, operation, hers)
        assert own.status != 404, (method, path, own)
        tried.append((method, path))
    assert len(tried) >= 9
    assert hers.keys() >= {p.partition("{")[2].partition("}")[0] for _, p in tried}
    assert (await anna.task(task))["rev"] == task["rev"]
    assert [each["id"] for each in (await bert.ask("GET", "/tasks")).body["items"]] == []


async def test_things_of_the_house_are_closed_to_users_and_told_missing_to_operators(
    home: Home,
) -> None:
    anna = await home.person()
    knows = {name: await home.person(0, role=name) for name in ("operator", "admin")}
    tried = set()
    for method, path, operation in await routes(anna):
        if path not in STAFF_PATHS:
            continue
        scope = "operator" if path in HOUSE_PATHS | TENANT_PATHS else "admin"
        operator = knows[scope]
        closed = await visit(anna, method, path, operation, NOWHERE)
        assert (closed.status, closed.body["scope"]) == (403, scope), (method, path)
        codes = (code for start, code in MISSING.items() if path.startswith(start))
        code = next(codes, "not_found")
        tried.add(path)
        if method == "PUT":
            continue  # it makes what is missing
        for wrong in ("x", "x" * 30, NOWHERE["task_id"]):
            ids = NOWHERE if "{name}" in path else dict.fromkeys(NOWHERE, wrong)
            missing = await visit(operator, method, path, operation, ids)
            assert (missing.status, missing.code) == (404, code), (method, path)
        missing = await visit(operator, method, path, operation, NOWHERE)
        assert (missing.status, missing.code) == (404, code), (method, path)
    assert tried == STAFF_PATHS


async def test_without_a_key_every_route_is_closed(home: Home) -> None:
    anna = await home.person()
    document = (await anna.ask("GET", "/openapi.json")).body
    nobody = Person(home.web, "gsk_nobody", anna.id)
    closed = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "security" not in operation:
                continue
            url = f"{home.url}{path.format(**NOWHERE)}"
            reply = await nobody.ask(method.upper(), url, BODIES.get(path))
            assert (reply.status, reply.code) == (401, "unauthenticated"), (method, path)
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            closed += 1
    assert closed >= 14


ORDER = {"type": "text_to_image", "prompt": "an owl", "tier": "fast"}
DEEP = "[" * 5000 + "]" * 5000
NONSENSE: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"{", 400, "malformed_json"),
    "no UTF-8": (b'{"type":"\xff"}', 400, "malformed_json"),
    "NaN": (b'{"type":"text_to_image","prompt":"an owl","seed":NaN}', 400, "malformed_json"),
    "infinity": (b'{"type":"text_to_image","prompt":"x","seed":1e999}', 400, "malformed_json"),
    "too deep": (f'{{"type":"text_to_image","prompt":{DEEP}}}'.encode(), 400, "too_deep"),
    "ten megabytes": (b'{"prompt":"' + b"x" * 10_000_000 + b'"}', 413, "body_too_large"),
    "a list": (b"[]", 422, "invalid_request"),
    "no body": (b"", 422, "invalid_request"),
    "null": (b"null", 422, "invalid_request"),
    "a null character": (b'{"type":"sketch","prompt":"a\\u0000b"}', 422, "invalid_request"),
    "half a surrogate": (b'{"type":"sketch","prompt":"\\ud800"}', 400, "malformed_json"),
}
WRONG: dict[str, dict[str, Any]] = {
    "unknown operation": {"type": "text_to_smell"},
    "wrong type": {"prompt": 7},
    "unknown field": {"colour": "red"},
    "no prompt": {"prompt": "  "},
    "a hundred thousand characters": {"prompt": "x" * 100_000},
    "negative count": {"count": -1},
    "no count": {"count": 0},
    "too many": {"count": 9},
    "half a picture": {"count": 1.5},
    "yes as a number": {"count": True},
    "a number in quotes": {"count": "2"},
    "unknown tier": {"tier": "royal"},
    "unknown aspect": {"aspect": "7:1"},
    "a seed beyond": {"seed": 2**31},
    "a negative price": {"expected_max": "-1"},
    "a price that is none": {"expected_max": "many"},
    "a price in scientific dress": {"expected_max": "1e400"},
    "priority beyond": {"priority": 10},
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_a_body_that_cannot_be_read_is_refused(home: Home, name: str) -> None:
    anna = await home.person()
    body, status, code = NONSENSE[name]
    json_body = {"Content-Type": "application/json"}
    reply = await anna.ask("POST", "/tasks", headers=json_body, data=io.BytesIO(body))
    assert (reply.status, reply.code) == (status, code)
    assert (await anna.money(), await anna.kinds()) == (("10", "0"), ["grant"])


@pytest.mark.parametrize("name", WRONG)
async def test_an_order_that_makes_no_sense_is_refused(home: Home, name: str) -> None:
    anna = await home.person()
    reply = await anna.ask("POST", "/tasks", {**ORDER, **WRONG[name]})
    assert (reply.status, reply.code) == (422, "invalid_request")
    ((field, _),) = WRONG[name].items()
    assert any(field in str(error["pointer"]) for error in reply.body["errors"]), reply.body
    assert len(reply.content) < 10_000
    estimated = await anna.ask("POST", "/tasks/estimate", {**ORDER, **WRONG[name]})
    assert (estimated.status, estimated.code) == (422, "invalid_request")
    assert (await anna.money(), await anna.kinds()) == (("10", "0"), ["grant"])


async def test_other_media_types_are_refused(home: Home) -> None:
    anna = await home.person()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        reply = await anna.ask(
            "POST", "/tasks", headers={"Content-Type": media_type}, data=json.dumps(ORDER).encode()
        )
        assert (reply.status, reply.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize("key", ["", "x" * 201, "höchstens", "two\twords"])
async def test_a_key_that_is_none_is_refused(home: Home, key: str) -> None:
    anna = await home.person()
    reply = await anna.ask("POST", "/tasks", ORDER, headers={"Idempotency-Key": key})
    assert (reply.status, reply.code) == (422, "bad_idempotency_key")
    assert await anna.kinds() == ["grant"]


@pytest.mark.parametrize("path", ["/tasks", "/wallet/entries"])
async def test_a_cursor_that_is_none_is_refused(home: Home, path: str) -> None:
    anna = await home.person()
    for cursor in ("x", "AAAA", "W10", "WyJ4Il0", "x" * 512, "%FF"):
        reply = await anna.ask("GET", f"{path}?cursor={cursor}")
        assert (reply.status, reply.code) == (422, "bad_cursor"), cursor
    for query in ("limit=0", "limit=101", "limit=ten", "cursor=" + "x" * 600):
        reply = await anna.ask("GET", f"{path}?{query}")
        assert (reply.status, reply.code) == (422, "invalid_request"), query


async def test_ids_that_are_none_are_not_there(home: Home) -> None:
    anna = await home.person()
    sound = public_id("task", new_id())
    for bad in (
        "x",
        "task_",
        sound[:-1],
        sound.upper(),
        sound.replace("task", "asset"),
        f"{sound} ",
    ):
        for path in (f"/tasks/{bad}", f"/tasks/{bad}/jobs", f"/assets/{bad}"):
            assert (await anna.ask("GET", path)).status == 404, path
    assert (await anna.ask("GET", f"/tasks/{'x' * 1000}")).status == 422


async def test_lists_are_bounded_and_complete(home: Home) -> None:
    anna = await home.person(credits=30)
    made = [(await anna.submit("sketch", prompt=f"page {n}", tier="fast"))["id"] for n in range(7)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await anna.ask("GET", "/tasks", params=query)).body
        assert len(page["items"]) <= 3
        seen += [task["id"] for task in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    for task_id in made:
        await anna.wait({"id": task_id})
    done = await anna.ask("GET", "/tasks?status=completed&type=sketch&limit=100")
    assert {task["id"] for task in done.body["items"]} == set(made)
    assert (await anna.ask("GET", "/tasks?status=failed")).body["items"] == []
