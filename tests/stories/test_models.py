"""Models: listed with their prices, and changed by operators while everything runs."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILM = {
    "makes": "text_to_video",
    "provider": "acme",
    "model": "film",
    "queue": "acme",
    "unit": "video",
    "price": {"second": "0.05", "tiers": {"high": 2}, "bounds": {"seconds": 8}},
    "examples": [
        {"input": {"seconds": 5}, "price": "0.25"},
        {"input": {"seconds": 5}, "tier": "high", "price": "0.5"},
        {"price": "0.4"},
    ],
}


async def listed(person: Person, **query: str) -> dict[str, dict[str, Any]]:
    """The models by id."""
    reply = await person.ask("GET", "/models", params=query)
    assert reply.status == 200, reply
    return {each["id"]: each for each in reply.body["items"]}


async def once(
    person: Person, condition: Callable[[dict[str, dict[str, Any]]], bool]
) -> dict[str, dict[str, Any]]:
    """The models once it is so; every process sees a change within a second."""
    async with asyncio.timeout(20):
        while not condition(models := await listed(person)):  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)
    return models


async def test_the_list_tells_what_can_be_asked_for_and_for_how_much(home: Home) -> None:
    anna = await home.person()
    models = await listed(anna)
    paint = models["acme/paint"]
    assert paint["operations"] == ["text_to_image", "text_to_3d"]
    assert (paint["tiers"], paint["default_in"], paint["available"]) == (["fast"], ["fast"], True)
    assert paint["price"]["rates"] == {"fast": "1"}
    assert (paint["price"]["unit"], paint["price"]["metered"]) == ("picture", False)
    assert paint["price"]["examples"] == [
        {"tier": "fast", "input": {}, "usage": {}, "price": "1", "most": "1"}
    ]
    assert models["studio/paint"]["default_in"] == []
    assert "acme/film" not in await listed(anna, operation="text_to_image")
    assert "acme/paint" not in await listed(anna, tier="high")
    assert (await anna.ask("GET", "/models?tier=best")).status == 422
    assert "targets" not in paint


async def test_a_model_is_added_priced_changed_and_taken_out_while_it_runs(home: Home) -> None:
    anna, operator = await home.person(), await home.person(0, role="operator")
    entry = {"id": "acme/new-film", "tiers": ["fast"], **FILM}
    added = await operator.ask("POST", "/models", entry)
    assert (added.status, added.body["available"]) == (201, True), added
    assert [each["name"] for each in added.body["targets"]] == ["acme:film"]
    model = (await once(anna, lambda now: "acme/new-film" in now))["acme/new-film"]
    assert (model["price"]["unit"], model["price"]["rates"]) == ("second", {"fast": "0.05"})
    assert [each["price"] for each in model["price"]["examples"]] == ["0.25", "0.5", "0.4"]

    order: dict[str, Any] = {"type": "text_to_video", "prompt": "a new film", "seconds": 3}
    quoted = (await anna.ask("POST", "/tasks/estimate", {**order, "tier": "fast"})).body
    assert (quoted["held"], quoted["lines"][0]["model"]) == ("0.15", "acme/new-film")
    assert f"+r{added.body['revision']}" in quoted["price_version"]
    task = await anna.submit(**order, model="acme/new-film", tier="high")
    assert task["cost"]["held"] == "0.3"

    dearer = {**entry, "price": 2, "examples": []}
    again = await operator.ask("POST", "/models", dearer)
    assert (again.status, again.body["revision"]) == (200, added.body["revision"] + 1)
    await once(anna, lambda now: now["acme/new-film"]["price"]["unit"] == "video")
    assert (await anna.wait(task))["cost"]["charged"] == "0.3"

    off = await operator.ask("PATCH", "/models/acme/new-film", {"disabled": True})
    assert (off.status, off.body["disabled"], off.body["available"]) == (200, True, False)
    await once(anna, lambda now: "acme/new-film" not in now)
    named = await anna.ask("POST", "/tasks", {**order, "model": "acme/new-film"})
    assert (named.status, named.code) == (422, "unknown_model")
    assert (await operator.ask("GET", "/models/acme/new-film")).body["disabled"] is True
    on = await operator.ask("PATCH", "/models/acme/new-film", {"disabled": False})
    assert on.body["available"] is True
    await once(anna, lambda now: "acme/new-film" in now)
    await operator.ask("PATCH", "/models/acme/new-film", {"disabled": True})
    await once(anna, lambda now: "acme/new-film" not in now)


async def test_a_target_is_taken_out_and_pinned(home: Home) -> None:
    operator = await home.person(0, role="operator")
    targets = [{"provider": "acme", "model": "paint"}, {"provider": "instant", "model": "sketch"}]
    entry = {"id": "both/sketch", "makes": "sketch", "queue": "acme", "price": 1, "tiers": ["high"]}
    made = await operator.ask("POST", "/models", {**entry, "targets": targets, "disabled": True})
    assert made.status == 201, made
    path = "/models/both/sketch"
    for change in (
        {"target": "acme:paint", "disabled": True},
        {"target": "instant:sketch", "pinned": True},
    ):
        changed = await operator.ask("PATCH", path, change)
    flags = {e["name"]: (e["disabled"], e["pinned"]) for e in changed.body["targets"]}
    assert flags == {"acme:paint": (True, False), "instant:sketch": (False, True)}
    for nonsense, status in (
        ({}, 422),
        ({"pinned": True}, 422),
        ({"target": "nobody:here", "disabled": True}, 404),
        ({"disabled": "yes"}, 422),
        ({"price": 0}, 422),
    ):
        assert (await operator.ask("PATCH", path, nonsense)).status == status, nonsense


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"examples": [{"input": {"seconds": 5}, "price": 9}]}, "invalid_request"),
        ({"examples": []}, "invalid_request"),
        ({"price": 0}, "invalid_request"),
        ({"price": "1e400"}, "invalid_request"),
        ({"price": {"second": -1}}, "invalid_request"),
        ({"id": "Not An Id"}, "invalid_request"),
        ({"id": "../../etc/passwd"}, "invalid_request"),
        ({"owner": "me"}, "invalid_request"),
        ({"targets": []}, "invalid_request"),
        ({"queue": "nowhere"}, "bad_model"),
        ({"makes": "coffee"}, "bad_model"),
        ({"provider": "nobody"}, "bad_model"),
        ({"fallback": ["nobody/knows"]}, "bad_model"),
        ({"fallback": ["acme/paint"]}, "bad_model"),
    ],
)
async def test_an_unsound_entry_is_refused(home: Home, change: dict[str, Any], code: str) -> None:
    operator = await home.person(0, role="operator")
    refused = await operator.ask("POST", "/models", {"id": "odd/film", **FILM, **change})
    assert (refused.status, refused.code) == (422, code), refused
    assert (await operator.ask("GET", "/models/odd/film")).status == 404


async def test_models_are_changed_by_operators_alone(home: Home) -> None:
    anna = await home.person()
    for method, path, body in (
        ("POST", "/models", {"id": "hers/film", **FILM}),
        ("PATCH", "/models/acme/paint", {"disabled": True}),
        ("GET", "/models/acme/paint", None),
    ):
        reply = await anna.ask(method, path, body)
        assert (reply.status, reply.body["scope"]) == (403, "operator")
