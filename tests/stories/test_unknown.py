"""Where nobody can know whether a provider took a job, it is never sent again on a guess."""

import asyncio
from typing import Any

import pytest

from tests.house.world import Home
from tests.simulators.acme import COST, Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_lost_answer_is_looked_up(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a lost answer", Plan(loses_answer=True))
    home.acme.plan("a lie", Plan(status=500))
    home.acme.plan("a crash", Plan(status=500, takes=False))
    prompts = {
        "a lost answer": ["completed"],
        "a lie": ["completed"],
        "a crash": ["absent", "completed"],
    }

    async def paint(prompt: str) -> dict[str, Any]:
        task = await anna.submit("text_to_image", prompt=prompt, tier="fast")
        lost = await anna.see(task, lambda seen: seen["outputs"][0]["status"] == "unknown")
        assert lost["cost"] == {"held": "1", "charged": "0", "released": "0"}
        return await anna.wait(task)

    for done in await asyncio.gather(*map(paint, prompts)):
        prompt = done["params"]["prompt"]
        (job,) = await anna.jobs(done)
        assert done["status"] == "completed", prompt
        assert [attempt["outcome"] for attempt in job["attempts"]] == prompts[prompt], prompt
        assert len(home.acme.of(prompt)) == 1, prompt
        assert home.acme.bill(prompt) == COST, prompt
    assert await anna.money() == ("7", "0")


async def test_what_cannot_be_looked_up_is_refunded_at_its_deadline_and_never_sent_again(
    home: Home,
) -> None:
    anna = await home.person()
    home.acme.plan("a shipwreck", Plan(loses_answer=True))
    task = await anna.submit("text_to_image", prompt="a shipwreck", tier="standard")
    await anna.see(task, lambda seen: seen["outputs"][0]["status"] == "unknown")
    assert await anna.money() == ("9", "1")
    done = await anna.wait(task)
    assert (done["status"], done["error"]["code"]) == ("failed", "fate_unknown")
    assert done["finished_at"] >= done["deadline_at"]
    assert len(home.acme.of("a shipwreck")) == 1
    assert await anna.money() == ("10", "0")
    assert await home.losses(done) == home.acme.bill("a shipwreck") == COST
