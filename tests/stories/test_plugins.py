"""Every kind of task, ours and a plugin's: success, not found, bad parameters, upstream failure."""

from typing import Any

import pytest

from gesso.kit.ids import new_id, public_id
from tests.house.person import Person
from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROM_A_PROMPT = {
    "text_to_image": "image",
    "text_to_video": "video",
    "text_to_3d": "image",
    "sketch": "image",
}
FROM_A_PICTURE = {
    "image_to_video": "video",
    "upscale": "image",
    "image_to_3d": "model",
    "restore": "image",
}
FROM_A_FILM = {"remix_video": "video"}
FILE_IN = dict.fromkeys(FROM_A_PICTURE, "image") | {"remix_video": "remix_from"}
"""The parameter that names the file from which it is made."""
MODELS = {"image_to_video": "film", "upscale": "paint", "image_to_3d": "sculpt", "restore": "paint"}
KINDS = FROM_A_PROMPT | FROM_A_PICTURE | FROM_A_FILM
ELSEWHERE = {
    "analyze_trends",
    "analyze_video",
    "clip",
    "comfyui_workflow",
    "moderate_content",
    "publish_video",
    "run_model",
    "scrape_trends",
    "write_seo",
}
"""Kinds that have stories of their own, beside their provider's."""


async def order_of(person: Person, kind: str, prompt: str) -> tuple[dict[str, Any], str]:
    """An order of this kind, and the name by which Acme knows its job."""
    if kind in FROM_A_PROMPT:
        # The sketches of the standard tier are Acme's.
        return {
            "type": kind,
            "prompt": prompt,
            "tier": "standard" if kind == "sketch" else "fast",
        }, prompt
    if kind in FROM_A_FILM:
        made = await person.make("text_to_video", prompt="a film to begin with", tier="fast")
        file = made["outputs"][0]["asset_id"]
    else:
        file = await person.picture()
    order = {"type": kind, FILE_IN[kind]: file, "tier": "fast"}
    if kind in {"image_to_video", "remix_video"}:
        return {**order, "prompt": prompt}, prompt
    return order, MODELS[kind]


async def test_every_operation_is_covered_here(home: Home) -> None:
    anna = await home.person()
    listed = (await anna.ask("GET", "/operations")).body["items"]
    assert {each["type"] for each in listed} == {*KINDS, *ELSEWHERE}
    for each in listed:
        assert each["schema"]["properties"]["type"] == {
            "const": each["type"],
            "title": "Type",
            "type": "string",
        }
        assert each["title"]
        assert each["summary"]
        # What nobody here can be asked for has no price.
        assert each["type"] in ELSEWHERE or all(phase["prices"] for phase in each["phases"])


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_made(home: Home, kind: str) -> None:
    anna = await home.person(credits=20)
    order, _ = await order_of(anna, kind, f"made: {kind}")
    task = await anna.submit(**order)
    done = await anna.wait(task, "completed", "awaiting_selection")
    assert {piece["kind"] for piece in done["outputs"]} == {KINDS[kind]}
    assert done["cost"]["charged"] == done["cost"]["held"] != "0"
    for piece in done["outputs"]:
        asset = (await anna.ask("GET", f"/assets/{piece['asset_id']}")).body
        assert (asset["task_id"], len(asset["sha256"])) == (task["id"], 64)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_it_needs_is_not_there(home: Home, kind: str) -> None:
    anna = await home.person(credits=20)
    if field := FILE_IN.get(kind):
        words = {"prompt": "x"} if kind in FROM_A_FILM else {}
        for missing in (public_id("asset", new_id()), "asset_x", ""):
            body = {"type": kind, field: missing, "tier": "fast", **words}
            reply = await anna.ask("POST", "/tasks", body)
            assert (reply.status, reply.code, reply.body["pointer"]) == (
                422,
                "unknown_asset",
                f"#/{field}",
            )
        assert await anna.kinds() == ["grant"]
        return
    order, name = await order_of(anna, kind, f"missing: {kind}")
    home.acme.plan(name, *[Plan(status=404, takes=False)] * 4)
    done = await anna.make(**order)
    assert (done["status"], done["error"]["code"]) == ("failed", "not_found")
    assert done["cost"]["released"] == done["cost"]["held"]


@pytest.mark.parametrize("kind", KINDS)
async def test_bad_parameters_are_refused(home: Home, kind: str) -> None:
    anna = await home.person()
    name = FILE_IN.get(kind, "prompt")
    good = {"type": kind, name: "x", **({"prompt": "x"} if kind in FROM_A_FILM else {})}
    for bad in (
        {"type": kind},
        {**good, name: ["x"]},
        {**good, "unheard_of": 1},
        {**good, "priority": -1},
    ):
        reply = await anna.ask("POST", "/tasks", bad)
        assert (reply.status, reply.code) == (422, "invalid_request"), bad
        assert reply.body["errors"]
    assert await anna.kinds() == ["grant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_its_provider_fails(home: Home, kind: str) -> None:
    anna = await home.person(credits=20)
    order, name = await order_of(anna, kind, f"failed: {kind}")
    before = await anna.money()
    home.acme.plan(name, *[Plan(fails="content_policy")] * (4 if kind == "text_to_3d" else 1))
    done = await anna.make(**order)
    assert (done["status"], done["error"]["code"]) == ("failed", "content_policy")
    assert await anna.money() == before


async def test_an_outside_module_adds_a_kind_of_task_with_everything_that_belongs_to_it(
    home: Home,
) -> None:
    anna = await home.person(credits=10)
    picture = await anna.picture()
    document = (await anna.ask("GET", "/openapi.json")).body
    assert "RestoreOrder" in document["components"]["schemas"]
    order: dict[str, Any] = {"type": "restore", "image": picture, "strength": 0.8}
    assert (await anna.ask("POST", "/tasks/estimate", order)).body["held"] == "2"
    for strength in (0, 1.1, "strong"):
        reply = await anna.ask("POST", "/tasks", {**order, "strength": strength})
        assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "#/strength")
    home.acme.plan("paint", Plan(fails="gpu_lost"))
    done = await anna.make(**order)
    (job,) = await anna.jobs(done)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "2")
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["failed", "completed"]
    render = home.acme.of("paint")[-1]
    assert (render.body["strength"], picture in render.body["image_url"]) == (0.8, True)
    async with home.web.get(render.body["image_url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
