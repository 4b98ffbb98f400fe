"""What a provider may do to us, and what becomes of the task, the money and the bill."""

import time
from typing import Any

import pytest

from tests.house.person import Person
from tests.house.world import Home
from tests.simulators.acme import COST, Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def outcomes(person: Person, task: dict[str, Any]) -> list[str]:
    """The fates of the tries of a task's one job."""
    (job,) = await person.jobs(task)
    return [attempt["outcome"] for attempt in job["attempts"]]


async def paint(person: Person, prompt: str, **order: Any) -> dict[str, Any]:
    """A picture, asked of Acme and waited for."""
    return await person.make("text_to_image", prompt=prompt, **{"tier": "fast", **order})


async def test_a_busy_provider_is_asked_again_when_it_says(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a queue", Plan(status=429, takes=False, retry_after=0.7))
    begun = time.monotonic()
    done = await paint(anna, "a queue")
    assert time.monotonic() - begun > 0.7
    assert (done["status"], done["error"]) == ("completed", None)
    assert await outcomes(anna, done) == ["rejected", "completed"]
    assert (len(home.acme.of("a queue")), await anna.money()) == (1, ("9", "0"))


async def test_a_provider_that_stays_busy_is_given_up(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a crowd", *[Plan(status=429, takes=False, retry_after=0)] * 3)
    done = await paint(anna, "a crowd")
    assert (done["status"], done["error"]["code"]) == ("failed", "rate_limited")
    assert await outcomes(anna, done) == ["rejected"] * 3
    assert (home.acme.of("a crowd"), await anna.money()) == ([], ("10", "0"))


async def test_a_render_that_failed_is_tried_again(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a phoenix", Plan(fails="gpu_lost"))
    done = await paint(anna, "a phoenix")
    assert done["status"] == "completed"
    assert await outcomes(anna, done) == ["failed", "completed"]
    assert (home.acme.bill("a phoenix"), await home.losses(done)) == (COST, 0)


@pytest.mark.parametrize(
    "plan",
    [Plan(status=400, takes=False), Plan(fails="content_policy")],
    ids=["at the door", "in the render"],
)
async def test_what_is_against_the_rules_is_not_tried_again(home: Home, plan: Plan) -> None:
    anna = await home.person()
    prompt = f"a forbidden thing {plan.status}"
    home.acme.plan(prompt, plan)
    done = await paint(anna, prompt)
    assert (done["status"], done["error"]["code"]) == ("failed", "content_policy")
    assert len(await outcomes(anna, done)) == 1
    assert (home.acme.bill(prompt), await anna.money()) == (0, ("10", "0"))


async def test_a_provider_that_cannot_be_reached_costs_nothing(home: Home) -> None:
    anna = await home.person()
    async with home.acme.refusing_connections():
        done = await paint(anna, "a desert")
    assert (done["status"], done["error"]["code"]) == ("failed", "provider_unreachable")
    assert await outcomes(anna, done) == ["rejected"] * 3
    assert await anna.money() == ("10", "0")
    assert (await paint(anna, "an oasis"))["status"] == "completed"


async def test_a_slow_provider_and_slow_bytes_are_waited_for(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a snail", Plan(latency=0.5, seconds=0.5, file="slow"))
    done = await paint(anna, "a snail")
    assert (done["status"], done["outputs"][0]["width"]) == ("completed", 96)


@pytest.mark.parametrize("file", ["html", "truncated"])
async def test_a_result_that_is_none_is_not_charged_and_its_cost_is_booked(
    home: Home, file: Any
) -> None:
    anna = await home.person()
    home.acme.plan(f"a fake {file}", Plan(file=file))
    done = await paint(anna, f"a fake {file}")
    assert done["status"] == "failed"
    assert done["outputs"][0]["asset_id"] is None
    assert await outcomes(anna, done) == ["leaked"]
    assert await anna.money() == ("10", "0")
    assert await home.losses(done) == home.acme.bill(f"a fake {file}") == COST


async def test_a_result_that_is_gone_is_given_up(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a mirage", Plan(file="gone"))
    done = await anna.make("sketch", prompt="a mirage", tier="high")
    assert (done["status"], done["error"]["code"]) == ("failed", "result_expired")
    assert await anna.money() == ("10", "0")
    assert await home.losses(done) == home.acme.bill("a mirage") == COST


async def test_a_provider_may_answer_with_the_picture_itself(home: Home) -> None:
    anna = await home.person()
    done = await paint(anna, "a polaroid", tier="high", count=2)
    assert done["status"] == "completed"
    assert [piece["content_type"] for piece in done["outputs"]] == ["image/png"] * 2
    assert await anna.money() == ("8", "0")
