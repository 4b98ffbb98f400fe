"""Workflows kept and ordered by the API: what is taken, what is refused, and how that is told."""

import copy
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.domain import workflows
from gesso.infra.db import Database
from gesso.providers.comfyui.template import Template
from gesso.simulators.comfyui import ComfyUI
from tests.house.person import Person, Reply
from tests.house.world import Ground
from tests.providers.comfy import Studio, studio

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL: dict[str, Any] = {
    "title": "A square",
    "price": "0.5",
    "inputs": {
        "edge": {"type": "integer", "at": ["1.width", "1.height"], "minimum": 8, "maximum": 512},
        "color": {"type": "seed", "at": ["1.color"]},
    },
    "outputs": [{"node": "2", "kind": "image"}],
    "graph": {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 1},
            "_meta": {"title": "a title of the editor's"},
        },
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "gesso/square"},
        },
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> AsyncIterator[Studio]:
    """One house for all of these."""
    folder = tmp_path_factory.mktemp("workflows")
    shutil.copyfile(sqlite_template, folder / "gesso.db")
    ground = Ground(f"sqlite+aiosqlite:///{folder / 'gesso.db'}")
    async with studio(ground, folder, {"only": ComfyUI()}) as opened:
        yield opened


def changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(SMALL) | changes


def of(workflow: str) -> dict[str, Any]:
    return {"type": "comfyui_workflow", "workflow": workflow, "inputs": {"edge": 32}}


async def put(house: Studio, name: str, template: object) -> Reply:
    return await (await house.operator()).ask("PUT", f"/workflows/{name}/template", template)


async def refused(person: Person, **inputs: Any) -> Reply:
    order = {"type": "comfyui_workflow", "workflow": "sketch", "inputs": inputs}
    reply = await person.ask("POST", "/tasks", order)
    assert reply.status == 422, reply
    return reply


async def test_a_workflow_is_kept_listed_priced_and_ordered(house: Studio) -> None:
    anna = await house.home.person()
    kept = await put(house, "square", SMALL)
    assert (kept.status, kept.body["version"], kept.body["origin"]) == (201, 1, "api")
    listed = (await anna.ask("GET", "/workflows?limit=100")).body["items"]
    assert [each["name"] for each in listed] == sorted(each["name"] for each in listed)
    shown = (await anna.ask("GET", "/workflows/square")).body
    assert shown in listed
    assert (shown["price"], shown["outputs"]) == ("0.5", ["image"])
    assert shown["schema"]["required"] == ["edge"]
    assert shown["schema"]["properties"]["edge"]["maximum"] == 512
    assert "graph" not in str(shown)
    order = of("square")
    told = (await anna.ask("POST", "/tasks/estimate", order)).body
    assert (told["held"], told["covered"]) == ("0.5", True)
    done = await anna.make(**order)
    assert (done["status"], done["cost"]["charged"]) == ("completed", "0.5"), done


async def test_every_file_of_every_output_is_delivered(house: Studio) -> None:
    anna = await house.home.person()
    graph = copy.deepcopy(SMALL["graph"])
    graph["1"]["inputs"]["batch_size"] = 2
    graph["3"] = {"class_type": "ImageToMesh", "inputs": {"image": ["1", 0]}}
    graph["4"] = {
        "class_type": "SaveGLB",
        "inputs": {"mesh": ["3", 0], "filename_prefix": "gesso/box"},
    }
    outputs = [{"node": "2", "kind": "image"}, {"node": "4", "kind": "model"}]
    assert (await put(house, "several", changed(graph=graph, outputs=outputs))).status == 201
    done = await anna.make(**of("several"))
    assert (done["status"], done["cost"]["charged"]) == ("completed", "0.5"), done
    (output,) = done["outputs"]
    files = [output, *output["more"]]
    assert [file["kind"] for file in files] == ["image", "image", "model"]
    assert len({file["asset_id"] for file in files}) == 3
    for file in files:
        reply = await anna.ask("GET", file["url"])
        assert (reply.status, len(reply.content)) == (200, file["size"])
        assert (await anna.ask("GET", f"/assets/{file['asset_id']}")).status == 200


async def test_the_same_template_again_is_no_new_version(house: Studio) -> None:
    first, again = await put(house, "same", SMALL), await put(house, "same", SMALL)
    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    other = await put(house, "same", changed(title="Another"))
    assert (other.status, other.body["version"]) == (201, 2)
    operator = await house.operator()
    listed = (await operator.ask("GET", "/workflows/same/versions?limit=1")).body
    assert [each["version"] for each in listed["items"]] == [2]
    rest = await operator.ask(
        "GET", "/workflows/same/versions", params={"cursor": listed["next_cursor"]}
    )
    assert [each["version"] for each in rest.body["items"]] == [1]


async def test_a_withdrawn_workflow_is_ordered_no_more(house: Studio) -> None:
    operator, anna = await house.operator(), await house.home.person()
    await put(house, "brief", SMALL)
    for _ in range(2):
        assert (await operator.ask("DELETE", "/workflows/brief/template")).status == 204
    order = of("brief")
    reply = await anna.ask("POST", "/tasks", order)
    assert (reply.status, reply.code) == (422, "unknown_workflow")
    assert reply.body["pointer"] == "#/workflow"
    assert (await anna.ask("GET", "/workflows/brief")).status == 404
    assert (await put(house, "brief", SMALL)).body["version"] == 2
    assert (await anna.make(**order))["status"] == "completed"


async def test_only_operators_keep_workflows(house: Studio) -> None:
    anna = await house.home.person()
    for method, path in (
        ("PUT", "/workflows/mine/template"),
        ("DELETE", "/workflows/sketch/template"),
        ("GET", "/workflows/sketch/template"),
        ("GET", "/workflows/sketch/versions"),
    ):
        reply = await anna.ask(method, path, SMALL if method == "PUT" else None)
        assert reply.status == 403, (method, reply)


INPUT: dict[str, Any] = SMALL["inputs"]["edge"]
UNSOUND: dict[str, dict[str, Any]] = {
    "no such node": {"inputs": {"edge": INPUT | {"at": ["9.width"]}}},
    "no such field": {"inputs": {"edge": INPUT | {"at": ["1.depth"]}}},
    "a link would be cut": {"inputs": {"edge": INPUT | {"at": ["2.images"]}}},
    "one place twice": {"inputs": {"edge": INPUT, "wide": INPUT}},
    "bounds the wrong way": {"inputs": {"edge": INPUT | {"minimum": 600}}},
    "a default out of bounds": {"inputs": {"edge": INPUT | {"default": 5}}},
    "an unknown kind": {"inputs": {"edge": INPUT | {"type": "colour"}}},
    "a name that is none": {"inputs": {"Edge!": INPUT}},
    "no such output": {"outputs": [{"node": "7", "kind": "image"}]},
    "no output": {"outputs": []},
    "no graph": {"graph": {}},
    "a link to nowhere": {
        "graph": SMALL["graph"] | {"3": {"class_type": "X", "inputs": {"images": ["8", 0]}}}
    },
    "a price of nothing": {"price": "0"},
    "a price that is none": {"price": "NaN"},
    "an unknown member": {"command": "rm"},
    "too large": {
        "graph": SMALL["graph"] | {"3": {"class_type": "X", "inputs": {"t": "x" * 300_000}}}
    },
}


@pytest.mark.parametrize("fault", UNSOUND)
async def test_an_unsound_template_is_refused(house: Studio, fault: str) -> None:
    reply = await put(house, "unsound", changed(**UNSOUND[fault]))
    assert (reply.status, reply.code) == (422, "invalid_request"), reply
    assert reply.body["errors"][0]["detail"]
    reader = await house.operator()
    assert (await reader.ask("GET", "/workflows/unsound")).status == 404


@pytest.mark.parametrize(
    ("inputs", "pointer", "code"),
    [
        ({}, "#/inputs/prompt", "missing"),
        ({"prompt": 7}, "#/inputs/prompt", "string_type"),
        ({"prompt": "x", "width": "512"}, "#/inputs/width", "int_type"),
        ({"prompt": "x", "width": True}, "#/inputs/width", "int_type"),
        ({"prompt": "x", "width": 4096}, "#/inputs/width", "less_than_equal"),
        ({"prompt": "x", "width": 65}, "#/inputs/width", "multiple_of"),
        ({"prompt": "x", "strength": 2.5}, "#/inputs/strength", "less_than_equal"),
        ({"prompt": "x", "sampler": "other"}, "#/inputs/sampler", "literal_error"),
        ({"prompt": "x", "seed": -1}, "#/inputs/seed", "greater_than_equal"),
        ({"prompt": "x", "ckpt_name": "y"}, "#/inputs/ckpt_name", "extra_forbidden"),
        ({"prompt": "x" * 2001}, "#/inputs/prompt", "string_too_long"),
    ],
)
async def test_an_input_that_does_not_fit_is_named(
    house: Studio, inputs: dict[str, Any], pointer: str, code: str
) -> None:
    reply = await refused(await house.home.person(), **inputs)
    (fault,) = reply.body["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


async def test_a_picture_of_somebody_else_is_not_taken(house: Studio) -> None:
    anna, boris = await house.home.person(), await house.home.person()
    theirs = await boris.picture()
    for image in (theirs, "asset_nonsense", ""):
        order = {"type": "comfyui_workflow", "workflow": "animate", "inputs": {"image": image}}
        reply = await anna.ask("POST", "/tasks", order)
        assert (reply.status, reply.code) == (422, "unknown_asset"), reply
        assert reply.body["pointer"] == "#/inputs/image"


async def test_a_retry_is_made_by_the_version_in_force(house: Studio) -> None:
    anna = await house.home.person()
    wrong = copy.deepcopy(SMALL["graph"])
    wrong["1"]["class_type"] = "EmptyPicture"
    await put(house, "moving", changed(graph=wrong))
    failed = await anna.make(**of("moving"))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "workflow_unsupported")
    assert "EmptyPicture" in failed["error"]["message"]
    await put(house, "moving", SMALL)
    again = await anna.ask("POST", f"/tasks/{failed['id']}/retry")
    assert again.status == 202, again
    assert (await anna.wait(again.body))["status"] == "completed"


async def test_a_file_counts_when_it_says_something_new(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    template = Template.model_validate(SMALL)
    changed_file = Template.model_validate(changed(title="From a file"))

    async def start(content: Template) -> tuple[int, str]:
        async with db.tx() as tx:
            await workflows.ensure(tx, {"square": content})
        async with db.view() as view:
            row, found = await workflows.in_force(view, "square")
            return row.version, found.title

    assert await start(template) == (1, "A square")
    assert await start(template) == (1, "A square")
    assert await start(changed_file) == (2, "From a file")
    assert await start(template) == (3, "A square")
    with pytest.raises(DBAPIError, match="a version of a workflow was changed"):
        async with db.tx() as tx:
            await tx.execute(text("update workflow set content = '{}' where version = 1"))
    await db.close()
