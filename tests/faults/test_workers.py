"""The distributed stack: whatever dies, whatever it takes along, a task ends and is paid once."""

import asyncio
import itertools
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import select

from gesso.app.keepers import keepers
from gesso.domain import deadletters, tasks
from gesso.domain.catalog import load_catalog
from gesso.domain.deadletters import DeadLetter
from tests.faults.books import books, check_books, new_key
from tests.faults.client import Client
from tests.faults.plugin import POISON
from tests.faults.process import Place
from tests.faults.provider import Outside
from tests.faults.stack import Stack, stack_at

ROUNDS = int(os.environ.get("GESSO_FAULT_ROUNDS", "4"))


@pytest.fixture
def place(wide_place: Place) -> Place:
    """Where a distributed stack works."""
    return wide_place


@pytest.mark.timeout(120 + 30 * ROUNDS)
async def test_whichever_process_dies_nothing_is_lost_or_sent_twice(
    place: Place, outside: Outside
) -> None:
    key = await new_key(place.database_url)
    async with (
        stack_at(place, workers=2) as stack,
        Client(key, stack.servers[0].url) as client,
    ):
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(60)]))
        for victim in itertools.islice(itertools.cycle(["child", "worker", "beat", "api"]), ROUNDS):
            await asyncio.sleep(random.uniform(0.5, 1.5))
            await kill(stack, victim)
        await ordering
        await client.all_ended(within=90)
        statuses = await check_books(place.database_url, client.journal)
    assert statuses == {"completed": 60}
    assert outside.bill == Counter(client.journal.values())


async def kill(stack: Stack, victim: str) -> None:
    """kill -9 of one process, and a successor where nobody else sees to that."""
    if victim == "child":
        random.choice(stack.workers).kill_a_child()
    elif victim == "api":
        await stack.servers[0].kill()
        await stack.servers[0].start()
    else:
        member = stack.beat if victim == "beat" else random.choice(stack.workers)
        member.kill()
        member.launch()


@pytest.mark.timeout(180)
async def test_what_kills_its_workers_is_parked_and_the_others_do_not_notice(
    place: Place, outside: Outside, tmp_path: Path
) -> None:
    antidote = tmp_path / "antidote"
    place = Place(
        place.data_dir,
        place.database_url,
        outside.url,
        {**place.settings, POISON: str(antidote)},
    )
    key = await new_key(place.database_url)
    async with stack_at(place) as stack, Client(key, stack.servers[0].url) as client:
        [poisoned] = await client.order_many(["poison"], type="text_to_video", tier="fast")
        await client.order_many([f"owl {n}" for n in range(20)])
        letter = await parked(place.database_url)
        await client.order_many([f"elk {n}" for n in range(20)])
        await outside.has_taken(40)
        antidote.touch()
        await requeue(place.database_url, letter.id)
        await client.all_ended(within=60)
        statuses = await check_books(place.database_url, client.journal)
    assert letter.deliveries == 5
    assert statuses == {"completed": 41}
    assert poisoned in client.journal


async def parked(url: str, *, within: float = 90) -> DeadLetter:
    """The one dead letter, once there is one."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        async with books(url) as db, db.view() as view:
            found = (await view.scalars(select(DeadLetter))).all()
        if found:
            [letter] = found
            return letter
        await asyncio.sleep(0.3)
    raise AssertionError("nothing was parked")


async def requeue(url: str, letter_id: Any) -> None:
    """As an operator does."""
    known = keepers(tasks.Menu({}, load_catalog([])))
    async with books(url) as db, db.tx() as tx:
        await deadletters.requeue(tx, known, letter_id)


async def test_a_message_that_nobody_understands_is_parked_and_settled(place: Place) -> None:
    async with stack_at(place, workers=1):
        publish(place.settings["GESSO_BROKER__URL"], "outside", task="gesso.nonsense")
        letter = await parked(place.database_url)
        assert (letter.kind, letter.lane, letter.facts["task"]) == (
            "message",
            "outside",
            "gesso.nonsense",
        )
        await requeue(place.database_url, letter.id)
        async with books(place.database_url) as db, db.view() as view:
            assert (await deadletters.find(view, letter.id)).settlement == "requeued"


def publish(broker_url: str, lane: str, *, task: str) -> None:
    """Send a task of this name to a lane."""
    with Celery(broker=broker_url) as celery, celery.producer_pool.acquire() as producer:
        celery.send_task(task, args=([],), exchange="gesso", routing_key=lane, producer=producer)
