"""Whoever runs the house sees what is stuck, since when, and whose money hangs on it."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.domain.listeners import Messages
from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOUSES = ("/jobs", "/holds", "/overview", "/overview/events")


async def listed(operator: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        reply = await operator.ask("GET", path, params={"limit": "50", **query, **cursor})
        assert reply.status == 200, reply
        found += reply.body["items"]
        if reply.body["next_cursor"] is None:
            return found
        cursor = {"cursor": reply.body["next_cursor"]}


async def test_a_waiting_job_is_seen_with_its_owner_and_its_money(
    home: Home, operator: Person
) -> None:
    anna = await home.person(credits=10)
    async with home.queue("narrow", active=False):
        task = await anna.submit("sketch", prompt="stuck")
        (piece,) = task["outputs"]
        rows = await listed(operator, "/jobs", queue="narrow", status="queued")
        (row,) = [row for row in rows if row["task_id"] == task["id"]]
        assert (row["id"], row["price"], row["operation"]) == (piece["job_id"], "1", "sketch")
        one = (await operator.ask("GET", f"/jobs/{row['id']}")).body
        assert (one["task_id"], one["owner_id"]) == (task["id"], row["owner_id"])
        assert one["attempts"] == []
        holds = await listed(operator, "/holds")
        (hold,) = [hold for hold in holds if hold["task_id"] == task["id"]]
        assert (hold["amount"], hold["spender_id"]) == ("1", row["owner_id"])
        assert await listed(operator, "/jobs", queue="narrow", older_than_seconds="86400") == []
        assert task["id"] not in {
            hold["task_id"] for hold in await listed(operator, "/holds", older_than_seconds="600")
        }
        queue = await narrow(operator, lambda now: now["waiting"] >= 1)
        assert Decimal(queue["frozen"]) >= 1
        assert queue["oldest_at"] is not None
        assert queue["drains_in"] is None  # it stands still
    await anna.wait(task)
    assert task["id"] not in {row["task_id"] for row in await listed(operator, "/jobs")}
    assert (await operator.ask("GET", f"/jobs/{piece['job_id']}")).body["status"] == "completed"


async def narrow(operator: Person, condition: Any) -> dict[str, Any]:
    """The queue of this name once it is so; what is counted may be a second old."""
    async with asyncio.timeout(20):
        while True:
            queues = (await operator.ask("GET", "/queues")).body["items"]
            queue = next(each for each in queues if each["name"] == "narrow")
            if condition(queue):
                return dict(queue)
            await asyncio.sleep(0.2)


async def test_the_console_follows_counters_and_events(home: Home, operator: Person) -> None:
    anna = await home.person(credits=10)
    messages, headers = Messages(), {"Authorization": f"Bearer {operator.key}"}
    task: dict[str, Any] | None = None
    seen: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(60),
        home.web.get("/api/v1/overview/events?tail=true", headers=headers) as answer,
    ):
        assert answer.content_type == "text/event-stream"
        async for data in answer.content.iter_any():
            messages.take(data)
            if task is None and messages.types:
                task = await anna.submit("sketch", prompt="for the tail", tier="fast")
            batches = [json.loads(m["data"]) for m in messages.seen if m["event"] == "ops.events"]
            seen = [event for batch in batches for event in batch["events"]]
            if task and ("task.completed", task["id"]) in [(e["type"], e["task_id"]) for e in seen]:
                break
    assert task is not None
    told = [event["seq"] for event in seen if event["task_id"] == task["id"]]
    assert told == sorted(set(told))
    counters = json.loads(next(m["data"] for m in messages.seen if m["event"] == "ops.counters"))
    overview = (await operator.ask("GET", "/overview")).body
    assert set(overview) | {"type"} == set(counters)
    assert {"count", "amount", "oldest_at"} == set(overview["holds"])
    assert "id" not in messages.seen[0]


@pytest.mark.parametrize("path", HOUSES)
async def test_it_is_closed_to_everybody_else(home: Home, path: str) -> None:
    anna = await home.person()
    reply = await anna.ask("GET", path)
    assert (reply.status, reply.code, reply.body["scope"]) == (403, "missing_scope", "operator")
    elsewhere = await home.person(0, role="operator", tenant="elsewhere")
    reply = await elsewhere.ask("GET", path)
    assert (reply.status, reply.code) == (403, "house_only")
