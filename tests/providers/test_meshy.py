"""Meshy: refunds, models of words in two steps, and pushes of the account."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gesso.providers import (
    Accepted,
    Delivered,
    Failed,
    Hint,
    Piece,
    Push,
    Refused,
    Source,
    Submission,
    Working,
)
from gesso.providers.meshy import Meshy
from gesso.simulators import Fate, Made
from gesso.simulators.meshy import MeshySimulator
from tests.house.world import Ground
from tests.providers.case_meshy import CASES
from tests.providers.conftest import trading
from tests.providers.flows import PRIVATE, answer, carried, first, order, push, ticket

PICTURE, WORDS = "image-to-3d/latest", "text-to-3d/meshy-6"
GLB = "https://assets.example/1.glb?Expires=1"


def preview_of(asked: Submission, provider: str | None, task_id: str | None) -> Submission:
    model = Source(
        PRIVATE, "/m.glb", "model/gltf-binary", provider=provider, provider_job_id=task_id
    )
    return replace(asked, sources={"model": model})


def polled(**body: Any) -> Any:
    return carried(Meshy().poll(ticket(PICTURE)), answer(200, {"id": "1", **body}))[0]


def test_each_skill_has_its_own_place() -> None:
    call = first(Meshy().submit(order(PICTURE, {"image_url": "https://a.example/1"})))
    assert call.url == "https://api.example/v1/image-to-3d"
    assert call.json == {"ai_model": "latest", "image_url": "https://a.example/1"}
    assert first(Meshy().poll(ticket(WORDS, "7"))).url == "https://api.example/v2/text-to-3d/7"


def test_words_begin_as_a_preview_and_may_be_refined() -> None:
    call = first(Meshy().submit(order(WORDS, {"prompt": "an owl"})))
    assert call.json == {"ai_model": "meshy-6", "mode": "preview", "prompt": "an owl"}
    refine = {"mode": "refine", "enable_pbr": True}
    call = first(Meshy().submit(preview_of(order(WORDS, refine), "meshy", "7")))
    assert call.json == {"ai_model": "meshy-6", "preview_task_id": "7", **refine}


@pytest.mark.parametrize(("provider", "task_id"), [("tripo", "7"), (None, None), ("meshy", None)])
def test_only_its_own_models_are_refined(provider: str | None, task_id: str | None) -> None:
    asked = order(WORDS, {"mode": "refine"})
    refused = Refused("invalid_input", "Meshy refines only what it has made itself.")
    assert carried(Meshy().submit(preview_of(asked, provider, task_id))) == (refused, [])
    assert carried(Meshy().submit(asked)) == (refused, [])


def test_the_whole_answer_is_the_id() -> None:
    taken, _ = carried(Meshy().submit(order(PICTURE)), answer(202, {"result": "018a"}))
    assert taken == Accepted("018a", poll_after=3.0)


def test_states_are_read() -> None:
    assert polled(status="PENDING", progress=0, preceding_tasks=3) == Working(0.0)
    assert polled(status="IN_PROGRESS", progress=50) == Working(0.5)
    urls = {"glb": GLB, "usdz": "https://assets.example/1.usdz"}
    done = polled(status="SUCCEEDED", progress=100, model_urls=urls, consumed_credits=30)
    assert done == Delivered((Piece(url=GLB),), cost=30_000_000)
    assert polled(status="CANCELED") == Failed("cancelled", "Meshy has stopped it.")


@pytest.mark.parametrize(
    ("kind", "code", "failed"),
    [
        ("invalid_input", "moderation_blocked", Failed("content_policy", "no")),
        ("server_error", "moderation_blocked", Failed("content_policy", "no")),
        ("invalid_input", "image_too_complex", Failed("invalid_input", "no")),
        ("timeout", "timeout", Failed("provider_error", "no", again=True)),
        ("service_unavailable", None, Failed("provider_error", "no", again=True)),
        ("server_error", None, Failed("provider_error", "no", again=True)),
    ],
)
def test_what_fails_is_refunded(kind: str, code: str | None, failed: Failed) -> None:
    error = {"type": kind, "code": code, "message": "no", "doc_url": ""}
    assert polled(status="FAILED", task_error=error) == failed
    assert polled(status="FAILED", task_error=error, consumed_credits=0) == failed


def test_what_was_billed_all_the_same_is_not_tried_again() -> None:
    error = {"type": "server_error", "message": "no"}
    billed = polled(status="FAILED", task_error=error, consumed_credits=30)
    assert billed == Failed("provider_error", "no", cost=30_000_000)


@pytest.mark.parametrize(
    ("status", "message", "code", "again"),
    [
        (400, "image_url is required", "invalid_input", False),
        (401, "Invalid API key", "key_refused", True),
        (402, "Insufficient credits", "quota_exhausted", True),
        (429, "RateLimitExceeded", "rate_limited", True),
        (429, "NoMoreConcurrentTasks", "rate_limited", True),
    ],
)
def test_a_refusal_is_read_by_its_status(
    status: int, message: str, code: str, *, again: bool
) -> None:
    told = answer(status, {"message": message})
    assert carried(Meshy().submit(order(PICTURE)), told)[0] == Refused(code, message, again=again)


def test_a_push_names_its_task() -> None:
    job = Made("018a", "model", "an owl", {"image_url": ""}, Fate(), 0)
    body, headers = MeshySimulator().pushed(job)
    told = Push(dict(headers), body, 0.0, push(None).credential)
    assert carried(Meshy().verify_push(told))[0] == Hint()
    assert Meshy().read_push(told).provider_job_id == "018a"
    assert not Meshy.offers.push, "no callback can be named, so nothing may wait for one"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_timeout_of_meshys_is_made_once_more(sqlite_url: str, tmp_path: Path) -> None:
    async with trading(CASES[0], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("a slow owl", Fate(fails="timeout"))
        done = await anna.wait(await trade.order(anna, "a slow owl"), seconds=60)
        assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
        assert [job.state for job in trade.simulator.of("a slow owl")] == ["failed", "done"]
        assert trade.simulator.bill("a slow owl") == 30_000_000


@pytest.mark.asyncio(loop_scope="session")
async def test_a_preview_is_refined(sqlite_url: str, tmp_path: Path) -> None:
    async with trading(CASES[1], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        made = await anna.wait(await trade.order(anna, "an owl"), seconds=60)
        asked = {"mesh": made["outputs"][0]["asset_id"], "prompt": "a golden owl"}
        done = await anna.wait(await anna.submit("paint_model", **asked), seconds=60)
        assert done["status"] == "completed", done
        preview, refined = trade.simulator.jobs.values()
        assert refined.asked["preview_task_id"] == preview.id
        assert refined.asked["texture_prompt"] == "a golden owl"
