"""Workers that end or fall asleep in mid-work: what that costs, and that it is not paid twice."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import func, select, text

from gesso.domain.events.tables import Event
from gesso.domain.tasks.tables import Attempt, Job, Task
from gesso.domain.wallet.tables import LedgerEntry
from tests.faults.books import Holding, books, check_books, in_hand, new_key
from tests.faults.client import Client
from tests.faults.process import Place
from tests.faults.provider import Outside
from tests.faults.stack import Member, Stack, stack_at
from tests.house.postgres import tell

log = structlog.get_logger()

IS_LONG = int(os.environ.get("GESSO_FAULT_ROUNDS", "4")) >= 10
LEASE = 30 if IS_LONG else 4
"""Seconds; the default, where there is time for it."""
SLACK = 10
"""Seconds more than the design allows, for machines that tests share."""


@pytest.fixture
def place(wide_place: Place) -> Place:
    """Where a distributed stack works, with leases of this length."""
    return at_lease(wide_place, LEASE)


def at_lease(place: Place, seconds: int) -> Place:
    """The place with leases of another length."""
    return replace(place, settings={**place.settings, "GESSO_ENGINE__LEASE": str(seconds)})


@asynccontextmanager
async def at_work(
    place: Place, outside: Outside, *, workers: int, orders: int = 40
) -> AsyncIterator[tuple[Stack, Client]]:
    """A stack whose workers have submissions in hand to which the provider answers late."""
    outside.answers = (2.0, 3.0)
    key = await new_key(place.database_url)
    async with (
        stack_at(place, workers=workers) as stack,
        Client(key, stack.servers[0].url) as client,
    ):
        await client.order_many([f"owl {n}" for n in range(orders)])
        yield stack, client


async def held_by(worker: Member, url: str) -> list[Holding]:
    """What the processes of this worker have sent out and wait for."""
    pids = {child.pid for child in worker.children}
    return [each for each in await in_hand(url) if each.pid in pids]


async def reach(condition: Callable[[], Awaitable[bool]], *, within: float) -> float:
    """Wait until it is so; the seconds that it took."""
    begun = time.monotonic()
    while not await condition():
        if time.monotonic() - begun > within:
            raise AssertionError(f"it did not come about within {within} seconds")
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def caught(worker: Member, url: str) -> list[Holding]:
    """Put the worker to sleep in a moment in which it waits for the provider; what it holds."""
    async with asyncio.timeout(30):
        while True:
            if await held_by(worker, url):
                worker.sleep()
                if held := [h for h in await held_by(worker, url) if h.status == "submitting"]:
                    return held
                worker.wake()
            await asyncio.sleep(0.02)


async def everything(url: str) -> tuple[object, ...]:
    """All that a worker could have written, in a form that shows the smallest change."""
    async with books(url) as db, db.view() as view:
        jobs = select(Job.id, Job.status, Job.fence, Job.rev, Job.holder, Job.due_at)
        tasks = select(Task.id, Task.status, Task.rev)
        tries = select(Attempt.id, Attempt.outcome, Attempt.ended_at, Attempt.provider_job_id)
        kept = [
            tuple(sorted(map(str, await view.execute(query)))) for query in (jobs, tasks, tries)
        ]
        counts = [
            await view.scalar(select(func.count()).select_from(table))
            for table in (Event, LedgerEntry)
        ]
        return (*kept, *counts)


@pytest.mark.timeout(240)
async def test_a_worker_that_wakes_after_its_lease_writes_nothing(
    place: Place, outside: Outside
) -> None:
    async with at_work(place, outside, workers=2) as (stack, client):
        sleeper, url = stack.workers[0], place.database_url
        held = {each.job for each in await caught(sleeper, url)}

        async def is_taken_over() -> bool:
            return not held & {each.job for each in await held_by(sleeper, url)}

        cost = await reach(is_taken_over, within=LEASE + 5 + SLACK)
        await client.all_ended(within=90)
        before = await everything(url)
        sleeper.wake()
        awake = ("work_given_up", "lease_lost", "claims_passed_over", "work_failed")

        async def is_awake() -> bool:
            return any(word in sleeper.told() for word in awake)

        await reach(is_awake, within=30)
        await asyncio.sleep(3)
        after = await everything(url)
        statuses = await check_books(url, client.journal)
    log.info("taken_over", lease=LEASE, seconds=round(cost, 1), jobs=len(held))
    assert after == before
    assert statuses == {"completed": 40}
    assert outside.bill == Counter(client.journal.values())


async def cost_of(
    worker: Member, client: Client, death: Callable[[int], object], *, orders: int
) -> float:
    """How much later so many orders end when this befalls who has one of them in hand, in
    seconds.
    """
    took = []
    for name in ("warm", "well", "hurt"):
        begun = time.monotonic()
        await client.order_many([f"{name} {n}" for n in range(orders)])
        if name == "hurt":
            held = await caught(worker, worker.place.database_url)
            worker.wake()
            death(held[0].pid)
        await client.all_ended(within=80)
        took.append(time.monotonic() - begun)
    return took[2] - took[1]


@pytest.mark.timeout(180)
async def test_a_childs_death_costs_seconds_and_no_lease(
    wide_place: Place, outside: Outside
) -> None:
    place = at_lease(wide_place, 30)
    async with at_work(place, outside, workers=1, orders=1) as (stack, client):
        [worker] = stack.workers
        cost = await cost_of(worker, client, worker.kill_a_child, orders=1)
        statuses = await check_books(place.database_url, client.journal)
    log.info("child_replaced", cost=round(cost, 1))
    assert cost < 5 + SLACK
    assert statuses == {"completed": 4}
    assert outside.bill == Counter(client.journal.values())


@pytest.mark.timeout(180)
async def test_a_workers_death_costs_a_lease_at_most(wide_place: Place, outside: Outside) -> None:
    place = at_lease(wide_place, 30)
    async with at_work(place, outside, workers=2, orders=1) as (stack, client):
        worker = stack.workers[0]
        cost = await cost_of(worker, client, lambda _: worker.kill(), orders=8)
        statuses = await check_books(place.database_url, client.journal)
    log.info("worker_survived", cost=round(cost, 1))
    assert cost < 35 + SLACK
    assert statuses == {"completed": 25}
    assert outside.bill == Counter(client.journal.values())


@pytest.mark.timeout(240)
async def test_a_worker_told_to_stop_hands_over_what_it_cannot_end(
    wide_place: Place, outside: Outside
) -> None:
    settings = {"GESSO_ENGINE__CELERY": '{"worker_soft_shutdown_timeout": 2}'}
    place = at_lease(replace(wide_place, settings={**wide_place.settings, **settings}), 30)
    note_drops(place.database_url)
    async with at_work(place, outside, workers=1, orders=1) as (stack, client):
        outside.answers = (60.0, 60.0)
        async with nothing_admitted(place.database_url):  # so that they come in one message
            await client.order_many([f"elk {n}" for n in range(12)])
        await client.order_many(["nap"], type="text_to_video", seconds=8)
        [leaver] = stack.workers
        pids = {child.pid for child in leaver.children}

        async def is_busy() -> bool:
            held = Counter(each.pid for each in await in_hand(place.database_url))
            return held.keys() == pids and held.total() >= 8

        await reach(is_busy, within=30)
        begun = time.monotonic()
        code = await asyncio.to_thread(leaver.terminate)
        took = time.monotonic() - begun
        left = [each for each in await in_hand(place.database_url) if each.pid in pids]
        outside.answers = (0.0, 0.1)
        leaver.launch()
        cost = await client.all_ended(within=60)
        dropped = await drops(place.database_url)
        statuses = await check_books(place.database_url, client.journal)
    log.info("stopped", seconds=round(took, 1), ended=round(cost, 1), code=code)
    assert (code, left, dropped) == (0, [], 0)
    assert took < 2 + 8 + SLACK
    assert statuses == {"completed": 14}
    assert {prompt for prompt, count in outside.bill.items() if count > 1} == set()


@asynccontextmanager
async def nothing_admitted(url: str) -> AsyncIterator[None]:
    """Keep what is ordered while the block runs in its line, and let it go at once after."""
    set_active = "update queue set active = {} where name = 'outside'"
    await asyncio.to_thread(tell, url.replace("+asyncpg", ""), set_active.format("false"))
    yield
    await asyncio.to_thread(tell, url.replace("+asyncpg", ""), set_active.format("true"))


def note_drops(url: str) -> None:
    """Have the database note whenever it is said that a process dropped a job."""
    tell(
        url.replace("+asyncpg", ""),
        "create table drops (job uuid)",
        """create function note_drop() returns trigger language plpgsql as
        'begin insert into drops values (new.id); return new; end'""",
        """create trigger note_drop after update on job for each row
        when (new.lost > old.lost) execute function note_drop()""",
    )


async def drops(url: str) -> int:
    """How often it was said."""
    async with books(url) as db, db.view() as view:
        return int(await view.scalar(text("select count(*) from drops")) or 0)
