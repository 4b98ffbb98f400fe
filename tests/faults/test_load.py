"""The distributed stack under load: everything ends, is told once, and stays within limits."""

import asyncio
import os
import time
from collections import Counter

import pytest
import structlog

from gesso.domain.identity import Role
from tests.faults.books import check_books, event_ids, new_key
from tests.faults.client import Client, Watcher
from tests.faults.process import Place
from tests.faults.provider import Outside
from tests.faults.stack import Stack, stack_at

log = structlog.get_logger()

IS_LONG = int(os.environ.get("GESSO_FAULT_ROUNDS", "4")) >= 10
TASKS = 1000 if IS_LONG else 100
JOBS = 500 if IS_LONG else 120


@pytest.mark.timeout(900 if IS_LONG else 240)
async def test_two_servers_and_three_workers_finish_everything_and_tell_it_once_in_order(
    wide_place: Place, outside: Outside
) -> None:
    key = await new_key(wide_place.database_url)
    async with (
        stack_at(wide_place, servers=2, workers=3) as stack,
        Client(key, *(server.url for server in stack.servers)) as client,
    ):
        watcher = Watcher(client)
        watching = asyncio.create_task(watcher.watch())
        begin, begun = await watcher.started(), time.monotonic()
        await client.order_many([f"owl {n}" for n in range(TASKS)])
        ordered = time.monotonic() - begun
        await client.all_ended(within=400 if IS_LONG else 90)
        ended = time.monotonic() - begun
        log.info("all_ended", tasks=TASKS, ordered=round(ordered, 1), ended=round(ended, 1))
        statuses = await check_books(wide_place.database_url, client.journal)
        written = await event_ids(wide_place.database_url, begin)
        await watcher.heard(written[-1])
        watching.cancel()
        leaving = [asyncio.to_thread(worker.terminate) for worker in stack.workers]
        codes = await asyncio.gather(*leaving)
    assert statuses == {"completed": TASKS}
    assert outside.bill == Counter(client.journal.values())
    assert [message["id"] for message in watcher.messages] == written
    assert codes == [0, 0, 0]


@pytest.mark.timeout(900 if IS_LONG else 240)
async def test_five_workers_keep_a_queues_limit_together_and_obey_a_lower_one(
    wide_place: Place, outside: Outside
) -> None:
    key = await new_key(wide_place.database_url)
    async with (
        stack_at(wide_place, workers=5, concurrency=1) as stack,
        Client(key, stack.servers[0].url) as client,
    ):
        await limit(wide_place, stack, 7)
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(JOBS)]))
        await outside.has_taken(JOBS // 2, within=200)
        with_seven = outside.most_at_once
        await limit(wide_place, stack, 3)
        await asyncio.sleep(5)
        outside.most_at_once = 0
        left = JOBS - outside.bill.total()
        await ordering
        await client.all_ended(within=400)
        statuses = await check_books(wide_place.database_url, client.journal)
    assert (with_seven, outside.most_at_once) == (7, 3)
    assert left >= 12  # so that the lower limit had something to limit
    assert statuses == {"completed": JOBS}
    assert outside.bill == Counter(client.journal.values())


async def limit(place: Place, stack: Stack, most: int) -> None:
    """Have no more than so many at the provider outside, as an operator does, and none in a hurry:
    most of them wait long.
    """
    email = f"operator{most}@example.com"
    key = await new_key(place.database_url, credits=0, email=email, role=Role.OPERATOR)
    async with Client(key, stack.servers[0].url) as operator:
        body = {"max_concurrency": most, "timeout_seconds": 3600}
        status, told = await operator.ask("PATCH", "/api/v1/queues/outside", json=body)
        assert (status, told["max_concurrency"]) == (200, most)
