"""MiniMax: refusals under a status of 200, links that have to be asked for, and a challenge."""

from pathlib import Path
from typing import Any

import pytest

from gesso.providers import (
    Accepted,
    Challenge,
    Delivered,
    Failed,
    Hint,
    Piece,
    Refused,
    Unsure,
    Working,
)
from gesso.providers.driver import Driver
from gesso.providers.minimax import MiniMax
from gesso.simulators import Fate
from gesso.simulators.minimax import MiniMaxSimulator
from tests.house.world import Ground
from tests.providers.case_minimax import CASES
from tests.providers.conftest import trading
from tests.providers.flows import HOOK, answer, carried, first, order, push, ticket

FIRST, SECOND = "v1/MiniMax-Hailuo-02", "v2/MiniMax-H3"
LINK = "https://files.example/1.mp4"


def base(code: int = 0, message: str = "success") -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": message}}


def test_a_generation_is_an_endpoint() -> None:
    for model, name in ((FIRST, "MiniMax-Hailuo-02"), (SECOND, "MiniMax-H3")):
        call = first(MiniMax().submit(order(model, {"prompt": "an owl"})))
        assert call.url == f"https://api.example/{model[:2]}/video_generation"
        assert call.json == {"model": name, "prompt": "an owl", "callback_url": HOOK}


def test_each_generation_is_asked_in_its_own_way() -> None:
    call = first(MiniMax().poll(ticket(FIRST, "7&x=1")))
    assert call.url == "https://api.example/v1/query/video_generation?task_id=7%26x%3D1"
    call = first(MiniMax().poll(ticket(SECOND, "7")))
    assert call.url == "https://api.example/v2/query/video_generation/7"


def test_a_task_has_an_id_as_text_or_number() -> None:
    for task_id in ("106916112212032", 106916112212032):
        told = answer(200, {"task_id": task_id, **base()})
        verdict, _ = carried(MiniMax().submit(order(FIRST)), told)
        assert verdict == Accepted("106916112212032", poll_after=15.0)


@pytest.mark.parametrize(
    ("number", "code", "again"),
    [
        (1002, "rate_limited", True),
        (1004, "key_refused", True),
        (1008, "quota_exhausted", True),
        (1026, "content_policy", False),
        (2013, "invalid_input", False),
        (2049, "key_refused", True),
        (2056, "quota_exhausted", True),
    ],
)
def test_a_good_status_may_carry_a_refusal(number: int, code: str, *, again: bool) -> None:
    verdict, _ = carried(MiniMax().submit(order(FIRST)), answer(200, base(number, "no")))
    assert verdict == Refused(code, "no", again=again)


@pytest.mark.parametrize(
    "body", [base(1000, "unknown error"), base(1013), base(), {"error": {"message": "no"}}, {}]
)
def test_a_good_status_that_says_nothing_known_proves_nothing(body: object) -> None:
    with pytest.raises(Unsure):
        carried(MiniMax().submit(order(FIRST)), answer(200, body))


def test_an_error_of_the_second_generation_is_read_by_its_status() -> None:
    told = answer(400, {"error": {"message": "no"}})
    verdict, _ = carried(MiniMax().submit(order(SECOND)), told)
    assert verdict == Refused("invalid_input", "no")


@pytest.mark.parametrize("word", ["Queueing", "Preparing", "Processing", "processing"])
def test_states_are_read_in_any_case(word: str) -> None:
    told = answer(200, {"task_id": "1", "status": word, **base()})
    assert carried(MiniMax().poll(ticket(FIRST)), told)[0] == Working()


def test_the_link_of_a_file_is_asked_for() -> None:
    done = answer(200, {"task_id": "1", "status": "Success", "file_id": 7, **base()})
    file = answer(200, {"file": {"file_id": 7, "download_url": LINK}, **base()})
    verdict, calls = carried(MiniMax().poll(ticket(FIRST)), done, file)
    assert verdict == Delivered((Piece(url=LINK),))
    assert calls[1].url == "https://api.example/v1/files/retrieve?file_id=7"


def test_a_link_that_is_not_told_is_asked_for_later() -> None:
    done = answer(200, {"task_id": "1", "status": "Success", "file_id": 7, **base()})
    for file in (answer(200, base(1002)), answer(500), answer(200, {"file": {}})):
        with pytest.raises(Unsure):
            carried(MiniMax().poll(ticket(FIRST)), done, file)


def test_the_second_generation_has_the_link_at_hand() -> None:
    done = answer(200, {"task": {"status": "succeeded", "content": {"url": LINK}}})
    assert carried(MiniMax().poll(ticket(SECOND)), done)[0] == Delivered((Piece(url=LINK),))
    failed = answer(200, {"task": {"status": "failed", "error": {"message": "no"}}})
    assert carried(MiniMax().poll(ticket(SECOND)), failed)[0] == Failed("provider_error", "no")


def test_a_failure_over_content_is_called_that() -> None:
    told = answer(200, {"task_id": "1", "status": "Fail", **base(1026, "no")})
    assert carried(MiniMax().poll(ticket(FIRST)), told)[0] == Failed("content_policy", "no")


def test_a_challenge_is_echoed_and_nothing_else() -> None:
    verdict, _ = carried(MiniMax().verify_push(push({"challenge": 'a"b'})))
    assert verdict == Challenge(b'{"challenge": "a\\"b"}')
    told = push({"challenge": "x", "task_id": "7", "status": "success"})
    assert carried(MiniMax().verify_push(told))[0] == Hint()


async def test_a_challenge_that_is_not_echoed_is_a_refusal(driver: Driver) -> None:
    async with MiniMaxSimulator().open() as minimax:
        asked = order(FIRST, at=minimax, hook=f"{minimax.url}/nowhere")
        verdict = await driver.carry(MiniMax().submit(asked))
        assert isinstance(verdict, Refused)
        assert verdict.code == "invalid_input"
        assert minimax.jobs == {}


async def test_a_wrong_key_is_refused_with_a_code(driver: Driver) -> None:
    async with MiniMaxSimulator().open() as minimax:
        asked = order(FIRST, at=minimax, hook="")
        minimax.secrets = {"key": "another"}  # type: ignore[misc]  # as if it had been rotated
        verdict = await driver.carry(MiniMax().submit(asked))
        assert isinstance(verdict, Refused)
        assert verdict.code == "key_refused"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_failure_over_content_costs_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with trading(CASES[0], Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("shocking", Fate(fails="1026"))
        ended = await anna.wait(await trade.order(anna, "shocking"), seconds=60)
        assert (ended["status"], ended["error"]["code"]) == ("failed", "content_policy"), ended
        assert ended["cost"]["charged"] == "0"
