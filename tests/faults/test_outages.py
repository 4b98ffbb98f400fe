"""The distributed stack while its servers are hurt: orders go on, and everything ends once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place
from tests.faults.provider import Outside
from tests.faults.proxy import Proxy
from tests.faults.stack import Stack, celery_settings, stack_at
from tests.house.rabbit import Broker
from tests.house.redis import RedisServer

log = structlog.get_logger()

PATIENT = 0.5
"""Seconds within which 99 of 100 orders are answered on a machine that tests share; the design asks
for 0.15 on a quiet one.
"""


def place_at(tmp_path: Path, database: str, outside: Outside, broker: str, **more: str) -> Place:
    """A distributed stack's place on servers of the tests' own."""
    settings = celery_settings(broker) | more
    return Place(tmp_path / "data", database, outside.url, settings)


async def run_through(
    place: Place, outside: Outside, hurt: Callable[[], None], mend: Callable[[], None]
) -> None:
    """Order under load while something is hurt and mended; everything must end, and once."""
    key = await new_key(place.database_url)
    async with stack_at(place) as stack, Client(key, stack.servers[0].url) as client:
        ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(60)]))
        await asyncio.sleep(1.0)
        await asyncio.to_thread(hurt)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(mend)
        await ordering
        await client.all_ended(within=90)
        statuses = await check_books(place.database_url, client.journal)
    assert statuses == {"completed": 60}
    assert outside.bill == Counter(client.journal.values())
    assert set(client.statuses) == {200, 202}


@pytest.mark.timeout(180)
async def test_a_broker_and_a_redis_that_are_wiped_at_once_cost_delay_alone(
    tmp_path: Path,
    postgres_url: str,
    broker: Broker,
    redis_server: RedisServer,
    outside: Outside,
) -> None:
    place = place_at(tmp_path, postgres_url, outside, broker.url, GESSO_REDIS__URL=redis_server.url)

    def hurt() -> None:
        broker.wipe()
        redis_server.kill()

    def mend() -> None:
        redis_server.start()
        broker.start()

    await run_through(place, outside, hurt, mend)


@pytest.mark.timeout(180)
async def test_queues_that_vanish_under_living_connections_are_made_anew(
    tmp_path: Path, postgres_url: str, broker: Broker, outside: Outside
) -> None:
    place = place_at(tmp_path, postgres_url, outside, broker.url)
    await run_through(place, outside, lambda: delete_queues(broker), lambda: None)


def delete_queues(broker: Broker) -> None:
    """Delete every lane while workers read it."""
    import amqp  # late: the client library of the extra `celery`

    host = broker.url.rpartition("@")[2].partition("/")[0]
    with amqp.Connection(host, "guest", "guest") as connection:
        for lane in ("outside", "media", "image", "wide", "naps", "video", "model3d", "poison"):
            connection.channel().queue_delete(f"gesso.{lane}")


@pytest.mark.timeout(180)
async def test_connections_to_postgresql_that_break_are_outlived(
    tmp_path: Path, postgres_url: str, broker_url: str, outside: Outside
) -> None:
    async with Proxy(postgres_url).open() as proxy:
        place = place_at(tmp_path, proxy.url, outside, broker_url)
        key = await new_key(postgres_url)
        async with stack_at(place) as stack, Client(key, stack.servers[0].url) as client:
            ordering = asyncio.create_task(client.order_many([f"owl {n}" for n in range(60)]))
            await asyncio.sleep(1.0)
            proxy.turn("cut")
            await asyncio.sleep(3.0)
            proxy.turn("fair")
            await ordering
            await client.all_ended(within=90)
            statuses = await check_books(postgres_url, client.journal)
    assert statuses == {"completed": 60}
    assert outside.bill == Counter(client.journal.values())
    assert set(client.statuses) <= {200, 202, 503}


async def p99(stack: Stack, key: str, stem: str) -> float:
    """The time within which 99 of 100 orders were answered, in seconds."""
    async with Client(key, stack.servers[0].url) as client:
        took = []
        for number in range(100):
            began = time.monotonic()
            await client.order(f"{stem} {number}")
            took.append(time.monotonic() - began)
        assert set(client.statuses) == {202}
    return sorted(took)[98]


@pytest.mark.timeout(240)
async def test_orders_are_answered_as_quickly_while_the_broker_is_away(
    tmp_path: Path, postgres_url: str, broker: Broker, outside: Outside
) -> None:
    key = await new_key(postgres_url)
    async with Proxy(broker.url).open() as proxy:
        place = place_at(tmp_path, postgres_url, outside, proxy.url)
        async with stack_at(place) as stack:
            figures = {"well": await p99(stack, key, "well")}
            await asyncio.to_thread(broker.raise_alarm)
            figures["alarm"] = await p99(stack, key, "alarm")
            await asyncio.to_thread(broker.calm)
            proxy.turn("silent")
            figures["silent"] = await p99(stack, key, "silent")
            proxy.turn("cut")
            figures["down"] = await p99(stack, key, "down")
            proxy.turn("fair")
            async with Client(key, stack.servers[0].url) as client:
                await client.all_ended(within=120)
            statuses = await check_books(postgres_url, ())
    log.info("orders_answered", p99={name: round(took, 3) for name, took in figures.items()})
    assert statuses == {"completed": 400}
    assert max(figures.values()) < PATIENT
