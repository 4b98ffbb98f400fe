"""Whoever waits is told where, how long, and what the order would be in for."""

import asyncio
import json
from typing import Any

import pytest

from tests.domain.listeners import Messages
from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def placed(person: Person, task: dict[str, Any], *, times: int) -> list[dict[str, Any]]:
    """What the stream tells of a task's place, as often as that."""
    messages, found = Messages(), list[dict[str, Any]]()
    headers = {"Authorization": f"Bearer {person.key}"}
    async with (
        asyncio.timeout(30),
        person.web.get("/api/v1/events", headers=headers) as answer,
    ):
        async for data in answer.content.iter_any():
            messages.take(data)
            told = [json.loads(m["data"]) for m in messages.seen if m["event"] == "job.position"]
            found = [each for each in told if each["task_id"] == task["id"]]
            if len(found) >= times:
                break
    return found


async def test_a_waiting_task_is_told_its_place_by_the_stream_and_by_itself(home: Home) -> None:
    anna = await home.person(credits=30)
    async with home.queue("instant", active=False):
        first, second = [
            await anna.submit("sketch", prompt=f"line {n}", tier="fast") for n in range(2)
        ]
        (told,) = await placed(anna, second, times=1)
        (piece,) = (await anna.task(second))["outputs"]
        assert told["ahead"] == piece["position"] - 1
        assert told["jobs"] == [
            {
                "job_id": piece["job_id"],
                "index": 0,
                "rev": piece["rev"],
                "position": told["ahead"] + 1,
            }
        ]
        assert (told["wait"], piece["wait"]) == (None, None)  # nobody knows how long a pause is
        order = {"type": "sketch", "prompt": "one more", "tier": "fast"}
        quoted = await anna.ask("POST", "/tasks/estimate", order)
        assert quoted.body["ahead"] >= 2
        assert quoted.body["wait"] is None
    for task in (first, second):
        await anna.wait(task)


async def test_an_estimate_tells_how_long_such_work_takes(home: Home) -> None:
    anna = await home.person(credits=30)
    await anna.make("sketch", prompt="so that something is known", tier="fast")
    async with asyncio.timeout(30):
        while True:
            order = {"type": "sketch", "prompt": "how long", "tier": "fast"}
            quoted = (await anna.ask("POST", "/tasks/estimate", order)).body
            if quoted["takes"] is not None:
                break
            await asyncio.sleep(0.5)
    assert 0 <= quoted["takes"]["low"] <= quoted["takes"]["high"]
    assert 0 <= quoted["wait"]["low"] <= quoted["wait"]["high"]
    assert quoted["ahead"] == 0
