"""What people pay: never more than they have, never for what they did not get, never twice."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING = {"held": "0", "released": "0", "charged": "0"}


async def test_a_hundred_at_once_on_ten_credits_get_exactly_ten(home: Home) -> None:
    anna = await home.person(credits=10)
    order = {"type": "text_to_image", "prompt": "a stampede", "tier": "fast"}
    replies = await asyncio.gather(*(anna.ask("POST", "/tasks", order) for _ in range(100)))
    assert Counter(reply.status for reply in replies) == {202: 10, 402: 90}
    refused = [reply for reply in replies if reply.status == 402]
    assert {reply.code for reply in refused} == {"insufficient_credits"}
    assert all(reply.body["money"] == NOTHING for reply in refused)
    assert {(r.body["required"], r.body["available"]) for r in refused} == {("1", "0")}
    for reply in replies:
        if reply.status == 202:
            assert (await anna.wait(reply.body))["status"] == "completed"
    assert await anna.money() == ("0", "0")
    assert len(home.acme.of("a stampede")) == 10


async def test_a_hundred_at_once_under_one_key_are_one_task(home: Home) -> None:
    anna = await home.person(credits=10)
    order = {"type": "text_to_image", "prompt": "an echo", "count": 2, "tier": "fast"}
    key = {"Idempotency-Key": "once"}
    replies = await asyncio.gather(
        *(anna.ask("POST", "/tasks", order, headers=key) for _ in range(100))
    )
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body["id"] for reply in replies}) == 1
    replayed = [reply.headers.get("Idempotency-Replayed") for reply in replies]
    assert Counter(replayed) == {"true": 99, None: 1}
    await anna.wait(replies[0].body)
    assert await anna.money() == ("8", "0")
    assert len(home.acme.of("an echo")) == 2


async def test_a_key_stands_for_one_request_of_one_person(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    order = {"type": "sketch", "prompt": "a key", "tier": "fast"}
    key = {"Idempotency-Key": "mine"}
    first = await anna.ask("POST", "/tasks", order, headers=key)
    other = await anna.ask("POST", "/tasks", {**order, "count": 2}, headers=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert other.body["money"] == NOTHING
    his = await bert.ask("POST", "/tasks", order, headers=key)
    assert (his.status, "Idempotency-Replayed" in his.headers) == (202, False)
    assert his.body["id"] != first.body["id"]
    for person, reply in ((anna, first), (bert, his)):
        await person.wait(reply.body)
        assert await person.money() == ("9", "0")


async def test_a_dearer_price_than_expected_freezes_nothing(home: Home) -> None:
    anna = await home.person()
    order: dict[str, Any] = {
        "type": "text_to_image",
        "prompt": "a bargain",
        "count": 2,
        "tier": "fast",
    }
    refused = await anna.ask("POST", "/tasks", {**order, "expected_max": "1.999999"})
    assert (refused.status, refused.code) == (409, "price_changed")
    assert refused.body["money"] == NOTHING
    assert refused.body["required"] == "2"
    assert (await anna.money(), await anna.kinds()) == (("10", "0"), ["grant"])
    done = await anna.make(**order, expected_max="2")
    assert done["cost"] == {"held": "2", "charged": "2", "released": "0"}


async def test_what_was_estimated_is_what_is_frozen(home: Home) -> None:
    anna = await home.person(credits=5)
    order: dict[str, Any] = {"type": "text_to_3d", "prompt": "an estimate", "tier": "fast"}
    estimate = (await anna.ask("POST", "/tasks/estimate", order)).body
    assert (estimate["held"], estimate["most"], estimate["available"]) == ("4", "9", "5")
    assert estimate["covered"] is True
    assert await anna.money() == ("5", "0")
    task = await anna.submit(**order)
    assert task["cost"]["held"] == "4"
    await anna.wait(task, "awaiting_selection")


async def test_what_was_delivered_is_charged_and_the_rest_goes_back(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a choir", Plan(fails="content_policy"))
    task = await anna.submit("text_to_image", prompt="a choir", count=4, tier="fast")
    assert task["cost"] == {"held": "4", "charged": "0", "released": "0"}
    assert await anna.money() == ("6", "4")
    done = await anna.wait(task)
    assert done["status"] == "completed"
    assert done["cost"] == {"held": "4", "charged": "3", "released": "1"}
    assert Counter(piece["status"] for piece in done["outputs"]) == {"completed": 3, "failed": 1}
    assert await anna.money() == ("7", "0")
    assert await anna.kinds() == ["grant", "freeze", "capture"]


async def test_who_gets_nothing_pays_nothing(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a void", Plan(fails="content_policy"), Plan(fails="content_policy"))
    done = await anna.make("text_to_image", prompt="a void", count=2, tier="fast")
    assert (done["status"], done["error"]["code"]) == ("failed", "content_policy")
    assert done["cost"] == {"held": "2", "charged": "0", "released": "2"}
    assert await anna.money() == ("10", "0")
    assert await anna.kinds() == ["grant", "freeze", "release"]


async def test_the_second_phase_waits_for_credits_without_losing_the_first(home: Home) -> None:
    anna = await home.person(credits=4)
    task = await anna.submit("text_to_3d", prompt="a beggar", tier="fast")
    await anna.wait(task, "awaiting_selection")
    choice = {"selected_image_index": 1}
    refused = await anna.ask("PATCH", f"/tasks/{task['id']}", choice)
    assert (refused.status, refused.code) == (402, "insufficient_credits")
    assert (refused.body["required"], refused.body["money"]) == ("5", NOTHING)
    still = await anna.task(task)
    assert (still["status"], still["selected_image_index"]) == ("awaiting_selection", None)
    await home.grant(anna, 5)
    assert (await anna.ask("PATCH", f"/tasks/{task['id']}", choice)).status == 200
    done = await anna.wait(task)
    assert done["status"] == "completed"
    assert done["cost"] == {"held": "9", "charged": "9", "released": "0"}
    assert await anna.money() == ("0", "0")
