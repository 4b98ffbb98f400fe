"""Routing: where one target fails another one delivers, at the price that was quoted."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gesso.providers import Failed, Refused
from tests.house.person import Person
from tests.house.world import Ground, Home, open_home
from tests.simulators.twins import Anna, Bert, Locked

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = {
    "max_concurrency": 4,
    "timeout_seconds": 600,
    "backoff_first": 0.05,
    "backoff_cap": 0.2,
}
TWINS = [
    {"provider": "anna", "model": "sketch", "provider_cost": 0.01},
    {"provider": "bert", "model": "sketch", "queue": "berts", "provider_cost": 0.01},
]
SKETCH = {"makes": "sketch", "queue": "annas", "unit": "picture"}
TOKENS = {
    "input_token": 1,
    "output_token": 5,
    "per_tokens": 1000,
    "bounds": {"input_tokens": 1000, "output_tokens": 400},
}
CATALOG: dict[str, Any] = {
    "version": "twins-1",
    "queues": {"annas": QUEUE, "berts": QUEUE},
    "models": [
        {**SKETCH, "id": "twins/fast", "tiers": ["fast"], "price": 1, "targets": TWINS},
        {**SKETCH, "id": "locked/high", "tiers": ["high"], "price": 9, "provider": "locked",
         "model": "sketch"},
        {**SKETCH, "id": "berts/high", "tiers": ["high"], "price": 2, "provider": "bert",
         "model": "high"},
        {**SKETCH, "id": "annas/standard", "tiers": ["standard"], "price": 3, "provider": "anna",
         "model": "standard", "fallback": ["berts/high"]},
        {**SKETCH, "id": "annas/metered", "tiers": ["standard"], "price": TOKENS,
         "provider": "anna", "model": "metered",
         "examples": [
             {"price": 3, "most": 3},
             {"usage": {"input_tokens": 100, "output_tokens": 20}, "price": 0.2, "most": 3},
         ]},
    ],
}  # fmt: skip
BUSY = Refused("overloaded", "Too much to do.", again=True)


@pytest_asyncio.fixture(loop_scope="session")
async def twins(database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    """A house with targets that can be put into moods, and in order when the story is over."""
    for each in (Anna, Bert, Locked):
        each.asked.clear()
    catalog = tmp_path / "twins.yaml"
    catalog.write_text(json.dumps(CATALOG))
    plugins = ("tests.simulators.plugin", "tests.simulators.twins")
    routing = {"explore": 0, "rest": 3, "speed": 0}
    ground = Ground(database_url)
    async with open_home(
        ground, tmp_path, plugins=plugins, catalog=catalog, routing=routing
    ) as home:
        yield home
        await home.inspect()


async def made_by(person: Person, task: dict[str, Any]) -> list[list[str]]:
    """Who tried each job, in order."""
    jobs = await person.jobs(task)
    return [[attempt["provider"] for attempt in job["attempts"]] for job in jobs]


async def test_a_target_that_is_down_is_left_and_the_other_delivers_everything(
    twins: Home,
) -> None:
    anna = await twins.person(credits=128)
    order = {"prompt": "an outage", "tier": "fast", "count": 64}
    with Anna.being(BUSY):
        tasks = [await anna.submit("sketch", **order) for _ in range(2)]
        for task in tasks:
            done = await anna.wait(task, seconds=200)
            assert (done["status"], done["cost"]["charged"]) == ("completed", "64"), done["error"]
            tried = await made_by(anna, task)
            assert all(each in (["bert"], ["anna", "bert"]) for each in tried), tried
    assert Bert.heard("an outage") == 128
    assert len(Anna.asked) + len(Bert.asked) <= 128 * 1.1


async def test_it_is_asked_again_once_it_has_recovered(twins: Home) -> None:
    anna = await twins.person(credits=500)
    with Anna.being(BUSY):
        await anna.make("sketch", prompt="down", tier="fast", count=8)
    async with asyncio.timeout(60):
        while Anna.heard("up again") < 5:
            await anna.make("sketch", prompt="up again", tier="fast")


async def test_an_operator_sees_why_and_an_owner_only_what(twins: Home) -> None:
    operator, anna = await twins.person(5, role="operator"), await twins.person(5)
    with Anna.being(BUSY):
        tasks = [await each.make("sketch", prompt="why", tier="fast") for each in (operator, anna)]
    (seen,) = await operator.jobs(tasks[0])
    routing = seen["metadata"]["trace"]["routing"]
    assert (routing["target"], routing["why"]) == ("bert:sketch", "next")
    assert routing["tried"] == [{"target": "anna:sketch", "code": "overloaded", "again": True}]
    states = {row["target"]: row["state"] for row in routing["candidates"]}
    assert states == {"anna:sketch": "tried", "bert:sketch": "open"}
    assert (seen["provider"], seen["queue"]) == ("bert", "berts")
    (hers,) = await anna.jobs(tasks[1])
    assert "trace" not in hers["metadata"]


@pytest.mark.parametrize(
    "mood",
    [
        Refused("content_policy", "Not that."),
        Refused("invalid_input", "Not so.", again=True),
        Failed("content_policy", "Not that.", cost=5000),
    ],
)
async def test_a_users_own_fault_goes_nowhere_else(twins: Home, mood: Refused | Failed) -> None:
    anna = await twins.person()
    with Anna.being(mood):
        done = await anna.make("sketch", prompt="a fault", tier="fast")
    assert (done["status"], done["cost"]["charged"]) == ("failed", "0")
    assert Bert.asked == []


@pytest.mark.parametrize(
    "mood",
    [
        Refused("unknown_model", "It is gone."),
        Refused("rate_limited", "Slowly.", again=True, after=3600),
        Failed("provider_error", "It broke.", again=True),
    ],
)
async def test_a_providers_or_a_keys_fault_goes_elsewhere_at_once(
    twins: Home, mood: Refused | Failed
) -> None:
    anna = await twins.person()
    with Anna.being(mood):
        done = await anna.make("sketch", prompt="elsewhere", tier="fast")
    assert (done["status"], done["cost"]["charged"]) == ("completed", "1")


async def test_what_failed_and_was_billed_is_not_made_a_second_time(twins: Home) -> None:
    anna = await twins.person()
    with Anna.being(Failed("provider_error", "It broke.", cost=5000)):
        done = await anna.make("sketch", prompt="billed", tier="fast")
    assert done["status"] == "failed"
    assert (Bert.asked, await twins.losses(done)) == ([], 5000)


async def test_an_unknown_fate_never_moves(twins: Home) -> None:
    anna = await twins.person()
    with Anna.being("lost"):
        task = await anna.submit("sketch", prompt="lost", tier="fast")
        await anna.see(task, lambda now: now["outputs"][0]["status"] == "unknown")
        await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    await anna.make("sketch", prompt="another", tier="fast")
    assert (Anna.heard("lost"), Bert.heard("lost")) == (1, 0)
    assert (await anna.task(task))["outputs"][0]["status"] == "unknown"


async def test_another_entry_is_fallen_back_on_at_the_price_that_was_quoted(twins: Home) -> None:
    anna = await twins.person()
    with Anna.being(BUSY):
        done = await anna.make("sketch", prompt="a spare", tier="standard")
    assert (done["status"], done["cost"]["charged"]) == ("completed", "3")
    assert [order.model for order in Bert.asked] == ["high"]
    (job,) = await anna.jobs(done)
    assert job["metadata"]["model"] == "annas/standard"


async def test_without_another_target_it_is_tried_again_at_the_same(twins: Home) -> None:
    anna = await twins.person()
    with Bert.being(BUSY):
        done = await anna.make("sketch", prompt="alone", model="berts/high")
    assert (done["status"], done["error"]["code"]) == ("failed", "overloaded")
    assert await made_by(anna, done) == [["bert"] * 3]


async def test_nobody_without_a_credential_is_offered_but_who_is_named(twins: Home) -> None:
    anna = await twins.person(credits=20)
    done = await anna.make("sketch", prompt="a door", tier="high")
    assert (done["status"], done["cost"]["charged"], Locked.asked) == ("completed", "2", [])
    named = await anna.make("sketch", prompt="a door", model="locked/high")
    assert (named["status"], named["error"]["code"]) == ("failed", "no_credential")
    assert (await anna.money(), Locked.asked) == (("18", "0"), [])


async def test_a_model_is_named_beside_the_tier(twins: Home) -> None:
    anna = await twins.person()
    done = await anna.make("sketch", prompt="by name", tier="fast", model="berts/high")
    assert (done["cost"]["charged"], done["params"]["model"]) == ("2", "berts/high")
    assert "model" not in (await anna.make("sketch", prompt="by tier", tier="fast"))["params"]
    for wrong in ("nobody/knows", "studio/film", "x" * 101, ""):
        order = {"type": "sketch", "prompt": "by name", "model": wrong}
        for path in ("/tasks", "/tasks/estimate"):
            refused = await anna.ask("POST", path, order)
            assert refused.status == 422, wrong
    assert (refused.code, "berts/high" in refused.body["models"]) == ("unknown_model", True)
    estimate = await anna.ask("POST", "/tasks/estimate", {**order, "model": "berts/high"})
    assert estimate.body["held"] == "2"


@pytest.mark.parametrize(
    ("usage", "charged"),
    [
        ({"input_tokens": 100, "output_tokens": 20}, "0.2"),
        ({"input_tokens": 7, "output_tokens": 1, "seconds": 9}, "0.012"),
        ({"input_tokens": 0, "output_tokens": 0}, "0"),
        ({"input_tokens": 10**9, "output_tokens": 10**9}, "3"),
        ({"output_tokens": 20}, "1.1"),
        ({"input_tokens": -5, "output_tokens": -5}, "3"),
        ({}, "3"),
    ],
)
async def test_what_is_metered_is_frozen_at_its_most_and_charged_as_used(
    twins: Home, usage: dict[str, int], charged: str
) -> None:
    anna = await twins.person(credits=3)
    Anna.usage = usage
    task = await anna.submit("sketch", prompt="a meter", model="annas/metered")
    assert task["cost"]["held"] == "3"
    done = await anna.wait(task)
    assert (done["status"], done["cost"]["charged"]) == ("completed", charged)
    (job,) = await anna.jobs(done)
    assert (job["price"], job["charge"]) == ("3", charged)


async def test_jobs_that_wait_are_sent_elsewhere_when_their_target_is_left(twins: Home) -> None:
    anna = await twins.person(credits=40)
    with Anna.being(BUSY):
        async with twins.queue("annas", active=False):
            task = await anna.submit("sketch", prompt="a crowd", tier="fast", count=40)
            assert {job["provider"] for job in await anna.jobs(task)} == {"anna"}
        assert (await anna.wait(task, seconds=60))["status"] == "completed"
    assert (Bert.heard("a crowd"), Anna.heard("a crowd") <= 12) == (40, True)
