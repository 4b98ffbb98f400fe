"""Runway: a DELETE that may destroy what is finished, refunds, and uploads."""

from pathlib import Path
from typing import Any

import pytest

from gesso.providers import (
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    File,
    NotCancelled,
    Piece,
    Refused,
    Unsure,
    Working,
)
from gesso.providers.driver import Driver
from gesso.providers.runway import Runway
from gesso.simulators import Fate
from gesso.simulators.pictures import speaking
from gesso.simulators.runway import RunwaySimulator
from tests.house.world import Ground
from tests.providers.case_runway import CASES
from tests.providers.conftest import trading
from tests.providers.flows import PRIVATE, answer, carried, first, order, ticket
from tests.unit.media import corpus

FILM = "text_to_video/gen4.5"
MOVE = "image_to_video/gen4.5"


def shown(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "task-1", "status": status, **more}


def polled(body: object) -> Any:
    return carried(Runway().poll(ticket(FILM)), answer(200, body))[0]


def test_a_call_names_its_version_and_its_model() -> None:
    call = first(Runway().submit(order(FILM, {"promptText": "an owl"})))
    assert (call.method, call.url) == ("POST", "https://api.example/v1/text_to_video")
    assert call.headers == {"Authorization": "Bearer a-key", "X-Runway-Version": "2024-11-06"}
    assert call.json == {"model": "gen4.5", "promptText": "an owl"}


def test_states_are_read() -> None:
    assert polled(shown("THROTTLED", estimatedCost={"credits": 25})) == Working()
    assert polled(shown("RUNNING", progress=0.25)) == Working(0.25)
    done = shown("SUCCEEDED", output=["https://a.example/1"], cost={"credits": 25})
    assert polled(done) == Delivered((Piece(url="https://a.example/1"),), cost=25_000_000)


@pytest.mark.parametrize(
    ("code", "credits", "failed"),
    [
        ("SAFETY.INPUT.TEXT", 0, Failed("content_policy", "no")),
        ("SAFETY.OUTPUT.VIDEO", 25, Failed("content_policy", "no", cost=25_000_000)),
        ("INTERNAL.BAD_OUTPUT.CODE01", 0, Failed("provider_error", "no", again=True)),
        ("INTERNAL.BAD_OUTPUT.CODE01", 25, Failed("provider_error", "no", cost=25_000_000)),
        ("INTERNAL.BAD_OUTPUT.CODE01", None, Failed("provider_error", "no")),
    ],
)
def test_only_what_was_refunded_is_tried_again(
    code: str, credits: int | None, failed: Failed
) -> None:
    cost = {} if credits is None else {"cost": {"credits": credits}}
    assert polled(shown("FAILED", failure="no", failureCode=code, **cost)) == failed


def test_what_is_finished_is_not_deleted() -> None:
    verdict, calls = carried(Runway().cancel(ticket(FILM)), answer(200, shown("SUCCEEDED")))
    assert verdict == NotCancelled()
    assert [call.method for call in calls] == ["GET"]


def test_what_waits_is_stopped_for_nothing_and_what_runs_is_not() -> None:
    estimate = {"estimatedCost": {"credits": 25}}
    for status, cost in (("PENDING", 0), ("THROTTLED", 0), ("RUNNING", 25_000_000)):
        answers = answer(200, shown(status, **estimate)), answer(204), answer(404)
        assert carried(Runway().cancel(ticket(FILM)), *answers)[0] == Cancelled(cost)


def test_the_final_bill_of_what_was_stopped_wins() -> None:
    before = answer(200, shown("RUNNING", estimatedCost={"credits": 25}))
    after = answer(200, shown("CANCELLED", cost={"credits": 10}))
    verdict, calls = carried(Runway().cancel(ticket(FILM)), before, answer(204), after)
    assert verdict == Cancelled(10_000_000)
    assert [call.method for call in calls] == ["GET", "DELETE", "GET"]


def test_a_cancel_that_is_refused_changes_nothing() -> None:
    answers = answer(200, shown("RUNNING")), answer(500, {"error": "sorry"})
    assert carried(Runway().cancel(ticket(FILM)), *answers)[0] == NotCancelled()


def test_a_limit_is_waited_out() -> None:
    limited = answer(429, {"error": "Daily limit"}, **{"Retry-After": "7"})
    verdict, _ = carried(Runway().submit(order(FILM)), limited)
    assert verdict == Refused("rate_limited", "Daily limit", again=True, after=7.0)


@pytest.mark.parametrize("body", [None, {}, {"runwayUri": "runway://1"}, {"uploadUrl": "ftp://x"}])
def test_an_upload_that_is_not_offered_was_no_submission(body: object) -> None:
    asked = order(MOVE, {"promptImage": PRIVATE}, image=PRIVATE, path="/p.png")
    verdict, calls = carried(Runway().submit(asked), None, answer(200, body))
    assert isinstance(verdict, Refused)
    assert verdict.again
    assert calls[1].prepares


def test_the_fields_of_an_upload_go_before_the_file() -> None:
    asked = order(MOVE, {"promptImage": PRIVATE}, image=PRIVATE, path="/p.png")
    slot = {"runwayUri": "runway://1", "uploadUrl": "https://s.example/", "fields": {"key": "k"}}
    flow = Runway().submit(asked)
    next(flow)
    flow.send(None)
    upload: Any = flow.send(answer(200, slot))
    assert upload.form == [("key", "k"), ("file", File("/p.png", "image/png", "picture.png"))]
    assert upload.prepares
    assert not upload.headers, "the key is for Runway alone"
    call: Any = flow.send(answer(204))
    assert call.json["promptImage"] == "runway://1"
    assert not call.prepares


@pytest.mark.parametrize(("size", "uploads"), [((16, 16), 0), ((1400, 1400), 1)])
async def test_a_picture_is_brought_as_it_fits(
    driver: Driver, tmp_path: Path, size: tuple[int, int], uploads: int
) -> None:
    file = tmp_path / "picture"
    file.write_bytes(corpus.saved(speaking("an owl").resize(size), "BMP"))
    words = {"promptText": "an owl", "ratio": "1280:720", "promptImage": PRIVATE}
    async with RunwaySimulator().open() as runway:
        asked = order(MOVE, words, image=PRIVATE, path=str(file), at=runway)
        taken = await driver.carry(Runway().submit(asked))
        assert isinstance(taken, Accepted)
        assert len(runway.of("an owl")) == 1
        assert [content == file.read_bytes() for content in runway.uploads.values()] == (
            [True] * uploads
        )


async def test_what_was_stopped_is_billed_by_runway_as_it_says(driver: Driver) -> None:
    words = {"promptText": "an owl", "ratio": "1280:720"}
    async with RunwaySimulator().open() as runway:
        runway.plan("an owl", Fate(seconds=None))
        taken = await driver.carry(Runway().submit(order(FILM, words, at=runway)))
        assert isinstance(taken, Accepted)
        here = ticket(FILM, taken.provider_job_id, at=runway)
        assert await driver.carry(Runway().cancel(here)) == Cancelled()
        assert await driver.carry(Runway().cancel(here)) == NotCancelled()
        assert await driver.carry(Runway().poll(here)) == Failed(
            "cancelled", "Runway has stopped it."
        )
        with pytest.raises(Unsure):
            await driver.carry(Runway().poll(ticket(FILM, "nobody", at=runway)))


@pytest.mark.asyncio(loop_scope="session")
async def test_a_refunded_failure_is_made_once_more(sqlite_url: str, tmp_path: Path) -> None:
    async with trading(CASES[0], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("a shy owl", Fate(fails="INTERNAL.BAD_OUTPUT.CODE01"))
        done = await anna.wait(await trade.order(anna, "a shy owl"), seconds=60)
        assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
        assert [job.state for job in trade.simulator.of("a shy owl")] == ["failed", "done"]
        assert await trade.home.losses(done) == 0
