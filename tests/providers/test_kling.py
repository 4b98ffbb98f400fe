"""Kling: tokens, codes under any status, and a task that is found by our own id."""

from pathlib import Path
from typing import Any

import pytest

from gesso.kit.jwt import sign_hs256
from gesso.providers import Absent, Accepted, Delivered, Failed, Piece, Refused, Unsure, Working
from gesso.providers.driver import Driver
from gesso.providers.kling import Kling
from gesso.simulators import Fate
from gesso.simulators.kling import KlingSimulator
from tests.house.world import Ground
from tests.providers.case_kling import CASES
from tests.providers.conftest import trading
from tests.providers.flows import HOOK, REF, answer, carried, first, order, push, ticket

FILM = "videos/text2video/kling-v2-5-turbo"
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJpc3MiOiJha190ZXN0IiwiZXhwIjoxNzAwMDAxODAwLCJuYmYiOjE2OTk5OTk5OTV9"
    ".eDa_F6Qhv7yHoYstKBIL6uubYWDLHLekl_49ClsUCf4"
)


def polled(model: str = FILM, **data: Any) -> Any:
    body = {"code": 0, "data": {"task_id": "1", **data}}
    return carried(Kling().poll(ticket(model)), answer(200, body))[0]


def test_a_token_is_made_afresh_for_each_call() -> None:
    now = iter([1_700_000_000.9, 1_700_000_100.0])
    kling = Kling(now=lambda: next(now))
    call = first(kling.submit(order(FILM)))
    assert call.headers == {"Authorization": f"Bearer {TOKEN}"}
    assert first(kling.poll(ticket(FILM))).headers["Authorization"] != f"Bearer {TOKEN}"


def test_the_token_of_the_vector_is_made() -> None:
    claims = {"iss": "ak_test", "exp": 1_700_001_800, "nbf": 1_699_999_995}
    assert sign_hs256(claims, "sk_test") == TOKEN


def test_our_id_goes_along() -> None:
    call = first(Kling().submit(order(FILM, {"prompt": "an owl", "duration": "5"})))
    assert call.url == "https://api.example/v1/videos/text2video"
    assert call.json == {
        "model_name": "kling-v2-5-turbo",
        "prompt": "an owl",
        "duration": "5",
        "external_task_id": str(REF),
        "callback_url": HOOK,
    }


def test_a_task_is_shown_where_it_was_taken() -> None:
    call = first(Kling().poll(ticket("images/generations/kling-v2", "7")))
    assert call.url == "https://api.example/v1/images/generations/7"


def test_states_are_read() -> None:
    assert polled(task_status="submitted") == Working()
    assert polled(task_status="processing") == Working()
    links = ["https://a.example/1", "https://a.example/2"]
    pieces = tuple(Piece(url=link) for link in links)
    pictures = {"images": [{"index": n, "url": link} for n, link in enumerate(links)]}
    assert polled(task_status="succeed", task_result=pictures) == Delivered(pieces)
    films = {"videos": [{"id": "1", "url": links[0], "duration": "5.1"}]}
    done = polled(task_status="succeed", task_result=films, final_unit_deduction="0.5")
    assert done == Delivered(pieces[:1], cost=500_000)


def test_only_a_failure_that_cost_nothing_is_tried_again() -> None:
    assert polled(task_status="failed") == Failed("provider_error", "Kling could not make it.")
    told = {"task_status": "failed", "task_status_msg": "no"}
    free = Failed("provider_error", "no", again=True)
    assert polled(**told, final_unit_deduction="0") == free
    dear = Failed("provider_error", "no", cost=2_000_000)
    assert polled(**told, final_unit_deduction=2) == dear


@pytest.mark.parametrize(
    ("status", "number", "code", "again", "after"),
    [
        (401, 1000, "key_refused", True, None),
        (401, 1004, "key_refused", True, None),
        (429, 1101, "quota_exhausted", True, None),
        (429, 1102, "quota_exhausted", True, None),
        (403, 1103, "key_refused", True, None),
        (400, 1201, "invalid_input", False, None),
        (404, 1203, "unknown_model", False, None),
        (400, 1300, "content_policy", False, None),
        (400, 1301, "content_policy", False, None),
        (429, 1302, "rate_limited", True, 1.0),
        (429, 1303, "rate_limited", True, 1.0),
        (429, 1304, "key_refused", True, None),
        (200, 1301, "content_policy", False, None),
        (400, 9999, "invalid_input", False, None),
        (429, None, "rate_limited", True, None),
    ],
)
def test_its_codes_say_more_than_the_status(
    status: int, number: int | None, code: str, *, again: bool, after: float | None
) -> None:
    told = answer(status, {"code": number, "message": "no"})
    verdict, _ = carried(Kling().submit(order(FILM)), told)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.again, verdict.after) == (code, again, after)


@pytest.mark.parametrize(("status", "number"), [(200, 5000), (200, 9999), (500, 5000), (503, 1301)])
def test_what_is_not_certain_is_not_refused(status: int, number: int) -> None:
    with pytest.raises(Unsure):
        carried(Kling().submit(order(FILM)), answer(status, {"code": number, "message": "no"}))


def test_a_lost_submission_is_found_by_our_id() -> None:
    shown = {"code": 0, "data": {"task_id": "77", "task_status": "processing"}}
    verdict, calls = carried(Kling().lookup(ticket(FILM, None)), answer(200, shown))
    assert verdict == Accepted("77")
    assert calls[0].url == f"https://api.example/v1/videos/text2video/{REF}"


def test_only_its_own_word_proves_that_a_task_was_never_taken() -> None:
    lost = ticket(FILM, None)
    gone = answer(404, {"code": 1203, "message": "not found"})
    assert carried(Kling().lookup(lost), gone)[0] == Absent()
    for status, body in ((404, None), (404, {"code": 1202}), (400, {"code": 1203}), (500, None)):
        with pytest.raises(Unsure):
            carried(Kling().lookup(lost), answer(status, body))


def test_a_push_is_read_in_its_envelope_or_bare() -> None:
    for body in ({"code": 0, "data": {"task_id": 7}}, {"task_id": "7", "task_status": "succeed"}):
        assert Kling().read_push(push(body)).provider_job_id == "7"


async def test_a_token_of_another_secret_is_refused(driver: Driver) -> None:
    async with KlingSimulator().open() as kling:
        asked = order(FILM, at=kling)
        taken = await driver.carry(Kling().submit(asked))
        assert isinstance(taken, Accepted)
        stale = await driver.carry(Kling(now=lambda: 1_700_000_000.0).submit(asked))
        assert isinstance(stale, Refused)
        assert stale.code == "key_refused"


@pytest.mark.asyncio(loop_scope="session")
async def test_what_never_arrived_is_sent_again_and_what_did_is_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with trading(CASES[0], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("never came", Fate(status=500, takes=False))
        trade.simulator.plan("came", Fate(status=500, takes=True))
        for prompt in ("never came", "came"):
            done = await anna.wait(await trade.order(anna, prompt), seconds=60)
            assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
            assert len(trade.simulator.of(prompt)) == 1
