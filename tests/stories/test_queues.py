"""Queues: never more at a provider than allowed, in a fair order, and as operators say."""

import asyncio
import re
import time
from typing import Any

import pytest

from tests.house.person import until
from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_thousand_jobs_of_one_delay_anothers_first_by_one_slot(home: Home) -> None:
    anna, bert = await home.person(credits=1000), await home.person()
    async with home.queue("narrow", active=False):
        crowd = [
            await anna.submit("sketch", prompt="a thousand", tier="standard", count=count)
            for count in [64] * 15 + [40]
        ]
    assert await anna.money() == ("0", "1000")
    await until(lambda: len(home.acme.of("a thousand")) >= 3)
    task = await bert.submit("sketch", prompt="the other one", tier="standard")
    before = len(home.acme.of("a thousand"))
    await until(lambda: bool(home.acme.of("the other one")))
    order = home.acme.served
    ahead = order[: order.index("the other one")].count("a thousand") - before
    assert ahead <= 1
    await bert.wait(task)
    for each in crowd:
        await anna.ask("POST", f"/tasks/{each['id']}/cancel")
    for each in crowd:
        await anna.wait(each)
    done = len(home.acme.of("a thousand"))
    assert done < 100
    assert (await anna.money())[1] == "0"


async def test_no_more_are_at_a_provider_than_allowed_and_less_is_obeyed(home: Home) -> None:
    anna = await home.person(credits=30)
    acme, operator = home.acme, await home.person(0, role="operator")
    acme.plan("a bottleneck", *[Plan(seconds=0.3)] * 30)
    acme.peak.clear()
    async with home.queue("narrow", max_concurrency=4):
        task = await anna.submit("sketch", prompt="a bottleneck", tier="standard", count=30)
        await until(lambda: len(acme.of("a bottleneck")) >= 12)
        assert acme.peak["sketch"] == 4
        changed = await operator.ask("PATCH", "/queues/narrow", {"max_concurrency": 1})
        assert changed.body["max_concurrency"] == 1
        await until(lambda: acme.working("sketch") <= 1, seconds=5)
        acme.peak.clear()
        await until(lambda: len(acme.of("a bottleneck")) >= 18)
        assert acme.peak["sketch"] == 1
        await anna.ask("POST", f"/tasks/{task['id']}/cancel")
        await anna.wait(task)


async def test_a_paused_queue_keeps_everything_and_goes_on_later(home: Home) -> None:
    anna = await home.person()
    async with home.queue("narrow", active=False):
        task = await anna.submit("sketch", prompt="a pause", tier="standard", count=2)
        await asyncio.sleep(0.5)
        seen = await anna.task(task)
        assert (seen["status"], home.acme.of("a pause")) == ("queued", [])
        assert [piece["position"] for piece in seen["outputs"]] == [1, 2]
    assert (await anna.wait(task))["status"] == "completed"


@pytest.mark.parametrize("is_on", [True, False])
async def test_priority_counts_where_it_is_on(home: Home, *, is_on: bool) -> None:
    people = [await home.person() for _ in range(3)]
    name = "first class" if is_on else "one class"
    tasks = []
    async with home.queue("narrow", priority_enabled=is_on):
        async with home.queue("narrow", active=False):
            for priority, person in zip((0, 9, 5), people, strict=True):
                prompt = f"{name} {priority}"
                order = {"prompt": prompt, "tier": "standard", "priority": priority}
                tasks.append(await person.submit("sketch", **order))
            positions = [
                (await person.task(task))["outputs"][0]["position"]
                for person, task in zip(people, tasks, strict=True)
            ]
            assert positions == ([3, 1, 2] if is_on else [1, 2, 3])
        for person, task in zip(people, tasks, strict=True):
            await person.wait(task)
    served = [each.rpartition(" ")[2] for each in home.acme.served if each.startswith(name)]
    assert served == (["9", "5", "0"] if is_on else ["0", "9", "5"])


async def test_queues_are_for_operators(home: Home) -> None:
    anna = await home.person()
    for method, path, body in (
        ("GET", "/queues", None),
        ("PATCH", "/queues/narrow", {"active": False}),
    ):
        reply = await anna.ask(method, path, body)
        assert (reply.status, reply.body["scope"]) == (403, "operator")
    operator = await home.person(role="operator")
    for name, change, status in (
        ("nowhere", {"active": True}, 404),
        ("narrow", {}, 422),
        ("narrow", {"max_concurrency": -1}, 422),
        ("narrow", {"virtual_time": 0}, 422),
    ):
        assert (await operator.ask("PATCH", f"/queues/{name}", change)).status == status


async def test_many_who_look_at_the_queues_count_the_jobs_once_and_see_settings_at_once(
    home: Home,
) -> None:
    anna, operator = await home.person(), await home.person(0, role="operator")

    async def narrow() -> dict[str, Any]:
        listed = (await operator.ask("GET", "/queues")).body["items"]
        return next(queue for queue in listed if queue["name"] == "narrow")

    async def reads(outcome: str) -> float:
        told = (await operator.ask("GET", f"{home.url}/metrics")).content.decode()
        # Kept in this process, or in Redis where there is one.
        labels = rf'{{backend="\w+",namespace="queues",outcome="{outcome}"}}'
        counted = re.findall(rf"^gesso_cache_reads_total{labels} (\S+)$", told, re.MULTILINE)
        return sum(map(float, counted))

    begun, missed = time.monotonic(), await reads("miss")
    for _ in range(10):
        await asyncio.gather(*(narrow() for _ in range(4)))
    missed_now = await reads("miss")
    assert missed_now >= 1
    assert missed_now - missed <= time.monotonic() - begun + 1
    async with home.queue("narrow", max_concurrency=5, active=False):
        assert (await narrow())["max_concurrency"] == 5
        await operator.ask("PATCH", "/queues/narrow", {"max_concurrency": 6})
        assert (await narrow())["max_concurrency"] == 6
        task = await anna.submit("sketch", prompt="seen waiting", tier="standard")
        async with asyncio.timeout(10):
            while not (await narrow())["waiting"]:  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.1)
    await anna.wait(task)
