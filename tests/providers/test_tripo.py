"""Tripo: an envelope around everything, uploads, and states that are reasons."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gesso.providers import (
    Accepted,
    Delivered,
    Failed,
    File,
    NotCancelled,
    Piece,
    Refused,
    Unsure,
    Working,
)
from gesso.providers.driver import Driver, Unreached
from gesso.providers.tripo import Tripo
from gesso.simulators import Fate
from gesso.simulators.pictures import speaking
from gesso.simulators.tripo import TripoSimulator
from tests.house.world import Ground
from tests.providers.case_tripo import CASES
from tests.providers.conftest import trading
from tests.providers.flows import LINK, PRIVATE, answer, carried, first, order, ticket
from tests.unit.media import corpus

PICTURE, WORDS = "image-to-model/v2.5-20250123", "text-to-model/v2.5-20250123"
GLB = "https://files.example/1.glb"


def polled(**data: Any) -> Any:
    told = answer(200, {"code": 0, "data": {"task_id": "1", **data}})
    return carried(Tripo().poll(ticket(PICTURE)), told)[0]


def test_each_skill_has_its_endpoint_and_tasks_one_place() -> None:
    call = first(Tripo().submit(order(WORDS, {"prompt": "an owl"})))
    assert call.url == "https://api.example/v3/generation/text-to-model"
    assert call.json == {"model": "v2.5-20250123", "prompt": "an owl"}
    assert first(Tripo().poll(ticket(WORDS, "7"))).url == "https://api.example/v3/tasks/7"


def test_a_link_that_can_be_followed_is_no_upload() -> None:
    call = first(Tripo().submit(order(PICTURE, {"input": LINK}, image=LINK, path="/p.png")))
    assert call.json == {"model": "v2.5-20250123", "input": LINK}


def test_a_picture_that_nobody_can_fetch_is_uploaded() -> None:
    asked = order(PICTURE, {"input": PRIVATE}, image=PRIVATE, path="/p.png")
    flow = Tripo().submit(asked)
    upload = first(flow)
    assert upload.url == "https://api.example/v3/files"
    assert list(upload.form) == [("file", File("/p.png", "image/png", "picture.png"))]
    assert upload.prepares
    call: Any = flow.send(answer(200, {"code": 0, "data": {"file_token": "file-1"}}))
    assert call.json == {"model": "v2.5-20250123", "input": "file-1"}


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (200, "provider_error", True),
        (400, "invalid_input", False),
        (401, "key_refused", True),
        (408, "provider_error", True),
        (413, "invalid_input", False),
        (429, "rate_limited", True),
        (503, "provider_error", True),
    ],
)
def test_an_upload_that_fails_was_no_submission(status: int, code: str, *, again: bool) -> None:
    asked = order(PICTURE, {"input": PRIVATE}, image=PRIVATE, path="/p.png")
    verdict, _ = carried(Tripo().submit(asked), answer(status, {"code": 2000, "message": "no"}))
    assert verdict == Refused(code, "no", again=again)


def test_states_are_read() -> None:
    assert polled(status="queued", progress=0, queuing_num=3) == Working(0.0)
    assert polled(status="running", progress=40) == Working(0.4)
    done = polled(status="success", output={"model_url": GLB}, credits_consumed=20)
    assert done == Delivered((Piece(url=GLB),), cost=20_000_000)
    picture = "https://files.example/1.webp"
    done = polled(status="success", output={"generated_image_url": picture})
    assert done == Delivered((Piece(url=picture),))
    assert polled(status="banned") == Failed("content_policy", "Tripo could not make it.")
    assert polled(status="expired", error_msg="late") == Failed("result_expired", "late")
    assert polled(status="cancelled") == Failed("cancelled", "Tripo has stopped it.")


def test_only_a_failure_that_cost_nothing_is_tried_again() -> None:
    assert polled(status="failed") == Failed("provider_error", "Tripo could not make it.")
    free = polled(status="failed", error_msg="no", credits_consumed=0)
    assert free == Failed("provider_error", "no", again=True)
    assert polled(status="banned", credits_consumed=0).again is False


@pytest.mark.parametrize("body", [{"code": 2000, "message": "no"}, {"status": "error"}])
def test_an_error_under_a_good_status_proves_nothing(body: object) -> None:
    with pytest.raises(Unsure):
        carried(Tripo().submit(order(WORDS)), answer(200, body))


def test_nothing_is_stopped() -> None:
    assert carried(Tripo().cancel(ticket(WORDS))) == (NotCancelled(), [])


def test_of_several_tasks_those_that_are_missed_or_odd_are_asked_about_alone() -> None:
    asked = [ticket(WORDS, each) for each in ("1", "2", "3", "4")]
    told = {
        "1": {"status": "running", "progress": 40},
        "2": {"status": "success", "output": {"model_url": GLB}, "credits_consumed": 20},
        "3": {"status": "on holiday"},
    }
    body = {"code": 0, "data": {"tasks": told, "missed": ["4"]}}
    verdicts, [call] = carried(Tripo().poll_together(asked), answer(200, body))
    assert (call.method, call.url) == ("POST", "https://api.example/v3/tasks/list")
    assert call.json == {"task_ids": ["1", "2", "3", "4"]}
    assert call.takes_nothing
    assert verdicts == [
        Working(0.4),
        Delivered((Piece(url=GLB),), cost=20_000_000),
        None,
        None,
    ]


class Forgetful(TripoSimulator):
    """Takes its time over every question, and leaves one task out of every list."""

    async def _show(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        return await super()._show(request)

    async def _list(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        body = (await super()._list(request)).body
        assert isinstance(body, bytes)
        told = json.loads(body)
        told["data"]["missed"].append(told["data"]["tasks"].popitem()[0])
        return web.json_response(told)


@pytest.mark.asyncio(loop_scope="session")
async def test_tasks_under_way_are_asked_about_together(sqlite_url: str, tmp_path: Path) -> None:
    case = replace(CASES[1], simulator=Forgetful)
    async with trading(case, Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person(100)
        tasks = [await trade.order(anna, f"owl {n}") for n in range(8)]
        for task in tasks:
            assert (await anna.wait(task, seconds=60))["status"] == "completed"
    assert isinstance(trade.simulator, Forgetful)
    assert max(trade.simulator.asked_together) > 1


async def test_an_upload_arrives_as_it_is(driver: Driver, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(corpus.saved(speaking("an owl"), "PNG"))
    async with TripoSimulator().open() as tripo:
        asked = order(PICTURE, {"input": PRIVATE}, image=PRIVATE, path=str(file), at=tripo)
        assert isinstance(await driver.carry(Tripo().submit(asked)), Accepted)
        assert tripo.uploads == {"file-1": file.read_bytes()}
        assert len(tripo.of("an owl")) == 1
        file.unlink()
        with pytest.raises(Unreached):
            await driver.carry(Tripo().submit(asked))
        assert len(tripo.jobs) == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_a_free_failure_is_made_once_more(sqlite_url: str, tmp_path: Path) -> None:
    async with trading(CASES[1], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("a shy owl", Fate(fails="no_luck"))
        done = await anna.wait(await trade.order(anna, "a shy owl"), seconds=60)
        assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
        assert [job.state for job in trade.simulator.of("a shy owl")] == ["failed", "done"]
