"""A snapshot and the stream behind it: together they tell everything, without a hole."""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientTimeout

from gesso.domain.tasks.rules import JOB_STEPS, TASK_STEPS
from tests.domain.listeners import Messages
from tests.house.person import ENDS, Person
from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Screen:
    """What a client shows: a list that was read once, and every message since."""

    as_of: str
    tasks: dict[str, tuple[str, int]]
    steps: list[str] = field(default_factory=list)

    def take(self, message: dict[str, str]) -> None:
        """Apply a message if it is newer than what is shown; an impossible step is a hole."""
        data: dict[str, Any] = json.loads(message["data"])
        if not message["event"].startswith("task.") or "status" not in data:
            return
        status, rev = self.tasks.get(data["task_id"], (None, 0))
        if data["rev"] <= rev:
            return
        if status is None:
            assert data["status"] == "queued", data
        elif data["status"] != status:
            assert data["status"] in TASK_STEPS[status], (status, data)
        self.tasks[data["task_id"]] = (data["status"], data["rev"])
        self.steps.append(data["status"])


async def look(person: Person) -> Screen:
    """A screen as it is opened now."""
    page = (await person.ask("GET", "/tasks?limit=100")).body
    return Screen(
        page["as_of"], {task["id"]: (task["status"], task["rev"]) for task in page["items"]}
    )


async def test_a_screen_that_is_opened_at_any_moment_shows_the_truth_in_the_end(home: Home) -> None:
    anna = await home.person(credits=60)
    screens: list[Screen] = [await look(anna)]
    ids = []
    for number in range(12):
        home.acme.plan(
            f"join {number}", *([Plan(fails="content_policy")] if number % 4 == 3 else [])
        )
        kind = "text_to_3d" if number % 6 == 5 else "text_to_image"
        ids.append((await anna.submit(kind, prompt=f"join {number}", tier="fast"))["id"])
        screens.append(await look(anna))
        await asyncio.sleep(0.05)
    still = (*ENDS, "awaiting_selection")
    for task_id in ids:
        seen = await anna.see({"id": task_id}, lambda now: now["status"] in still)
        if seen["status"] == "awaiting_selection":
            await anna.ask("POST", f"/tasks/{task_id}/cancel")
        screens.append(await look(anna))
    truth = (await look(anna)).tasks
    assert {status for status, _ in truth.values()} == {"completed", "failed", "cancelled"}
    for screen in screens:
        messages = await until_the_truth(anna, screen, truth)
        numbers = messages.numbers
        assert numbers == sorted(set(numbers))
    assert screens[0].steps.count("queued") == 12
    assert screens[-1].steps == []


async def until_the_truth(
    person: Person, screen: Screen, truth: dict[str, tuple[str, int]]
) -> Messages:
    """Follow the stream behind a screen until it shows what is so; a hole would forbid that."""
    url = f"/api/v1/events?after={screen.as_of}"
    key = {"Authorization": f"Bearer {person.key}"}
    messages, taken = Messages(), 0
    wanted = {task_id: status for task_id, (status, _) in truth.items()}
    async with (
        asyncio.timeout(10),
        person.web.get(url, headers=key, timeout=ClientTimeout(total=None)) as answer,
    ):
        while {task_id: status for task_id, (status, _) in screen.tasks.items()} != wanted:
            messages.take(await answer.content.readany())
            for message in messages.seen[taken:]:
                screen.take(message)
            taken = len(messages.seen)
    assert "reset" not in messages.types
    return messages


async def test_a_tasks_own_stream_tells_its_life_and_ends_with_it(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a diary", Plan(fails="gpu_lost"))
    task = await anna.submit("text_to_image", prompt="a diary", count=2, tier="fast")
    key = {"Authorization": f"Bearer {anna.key}"}
    messages = Messages()
    async with (
        asyncio.timeout(20),
        home.web.get(f"/api/v1/tasks/{task['id']}/events", headers=key) as answer,
    ):
        async for chunk in answer.content.iter_any():
            messages.take(chunk)
    told = [json.loads(m["data"]) | {"event": m["event"]} for m in messages.seen]
    assert [e["event"] for e in told if e["event"].startswith("task.")] == [
        "task.queued", "task.running", "task.completed",
    ]  # fmt: skip
    for index in (0, 1):
        steps = [e["status"] for e in told if e.get("index") == index and "status" in e]
        assert steps[-1] == "completed"
        for before, after in pairwise(steps):
            # Admission is told by the job's arrival at its provider.
            assert after in JOB_STEPS[before] or after in JOB_STEPS["submitting"], steps
    revs = [e["rev"] for e in told if e["event"].startswith("task.")]
    assert revs == sorted(set(revs))
    assert told[-1]["cost"] == {"held": "2", "charged": "2", "released": "0"}
