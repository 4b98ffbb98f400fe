"""Reports that come when their owner is gone: heard while money hangs on them, and not after."""

import asyncio

import pytest
from sqlalchemy import func, select

from gesso.domain.inbox import Arrival
from gesso.domain.tasks.tables import Job, Task
from gesso.kit.ids import new_id, parse_id
from tests.house.person import Person
from tests.house.remains import found_in
from tests.providers.conftest import Trade
from tests.providers.reports import endless, send, sim

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def gone(trade: Trade, person: Person) -> str:
    """The receipt of somebody who has just left."""
    confirmed = (await person.ask("POST", "/me/erasure-confirmation")).body["confirmation"]
    headers = {"Gesso-Confirmation": confirmed}
    reply = await person.ask("DELETE", "/me", headers=headers)
    assert reply.status == 202, reply
    return str(reply.body["receipt"])


async def is_in(trade: Trade, receipt: str, *states: str) -> None:
    stranger = Person(trade.home.web, "", new_id())
    async with asyncio.timeout(60):
        while (await stranger.ask("GET", f"/erasures/{receipt}")).body["state"] not in states:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_late_report_brings_back_nothing(fal: Trade) -> None:
    anna, prompt = await fal.home.person(), f"late{new_id().hex}"
    task = await fal.order(anna, prompt)
    await anna.wait(task)
    (made,) = fal.simulator.of(prompt)
    body, headers = sim(fal).pushed(made)
    receipt = await gone(fal, anna)
    await is_in(fal, receipt, "erased")
    told = {"stored": True, "known": True}
    for copy in (body, body + b" ", body.replace(b"{", b"{ ", 1)):
        assert await send(fal, made.callback, copy, headers) == (200, told)
    assert await fal.simulator.push(made) == 200
    assert await found_in(fal.home, [prompt]) == {}
    async with fal.home.db.view() as view:
        task_id = parse_id("task", task["id"])
        kept = select(func.count()).select_from(Arrival).where(Arrival.task_id == task_id)
        assert await view.scalar(kept) == 0
        row = await view.get(Task, task_id)
        assert row is not None
        assert (row.status, row.meta, row.result) == ("completed", {}, None)


async def test_a_job_that_runs_is_settled_by_its_providers_word(fal: Trade) -> None:
    anna = await fal.home.person()
    task, _ = await endless(fal, anna, f"running{new_id().hex}")
    receipt = await gone(fal, anna)
    await is_in(fal, receipt, "erased")
    async with fal.home.db.view() as view:
        job = await view.scalar(select(Job).where(Job.task_id == parse_id("task", task["id"])))
    assert job is not None
    assert (job.status, job.meta, job.error_message) == ("cancelled", {}, None)
    await fal.home.inspect()
