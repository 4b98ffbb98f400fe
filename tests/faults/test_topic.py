"""The topic while everything dies: other services hear of every event, in order, all the same."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gesso.app.beat import beating
from gesso.domain import events
from gesso.domain.events.tables import Event, Untold
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.kit.ids import public_id
from tests.domain.people import newcomer
from tests.domain.subscriber import Subscriber, subscribed
from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, serving
from tests.faults.provider import Outside
from tests.house.rabbit import Broker

EXCHANGE = "faults.events"


@pytest.mark.timeout(120)
async def test_every_event_is_heard_though_the_broker_and_the_server_are_killed(
    tmp_path: Path, database_url: str, outside: Outside, broker: Broker
) -> None:
    outside.works = (0.1, 1.0)
    key = await new_key(database_url)
    listener = Subscriber(broker.url, EXCHANGE, "faults.queue", keys=["#"])
    await asyncio.to_thread(listener.bind)
    settings = {
        "GESSO_ENGINE__LEASE": "2",
        "GESSO_BROKER__URL": broker.url,
        "GESSO_TOPIC__ENABLED": "true",
        "GESSO_TOPIC__EXCHANGE": EXCHANGE,
    }
    place = Place(tmp_path / "data", database_url, outside.url, settings)
    async with serving(place) as server, Client(key, server.url) as client:
        await client.order_many([f"owl {n}" for n in range(20)])
        await asyncio.to_thread(broker.kill)
        await client.order_many([f"cat {n}" for n in range(20)])
        starting = asyncio.create_task(asyncio.to_thread(broker.start))
        await client.order_many([f"dog {n}" for n in range(20)])
        await server.kill()
        await server.start()
        await starting
        await client.all_ended(within=40)
        statuses = await check_books(database_url, client.journal)
        log = await everything(database_url)
        heard = await listener.hear(len(log), seconds=30)
    assert statuses == {"completed": 60}
    assert listener.first_sights == {owner: sorted(seqs) for owner, seqs in numbers(log).items()}
    assert {each.place: each.key for each in heard} == log
    assert listener.repeats_begin_behind()
    await nothing_waits(database_url)


async def test_the_beat_tells_where_workers_do_the_work(
    tmp_path: Path, postgres_url: str, broker_url: str
) -> None:
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "database": {"url": postgres_url},
            "engine": {"kind": "celery"},
            "broker": {"url": broker_url},
            "topic": {"enabled": True, "exchange": "beat.events"},
        }
    )
    async with (
        subscribed(broker_url, "beat.events", "beat.queue") as listener,
        beating(settings) as house,
    ):
        anna = await newcomer(house.db)
        async with house.db.tx() as tx:
            events.record(tx, anna.id, "task.running")
        await listener.hear(1)
    (heard,) = listener.heard
    assert heard.body["owner_id"] == public_id("user", anna.id)
    assert heard.body["tenant_id"] == public_id("tenant", anna.tenant_id)


async def everything(url: str) -> dict[tuple[str, int], str]:
    """Every event that has to be told, by the log itself."""
    db = Database(url)
    async with db.view() as view:
        rows = await view.execute(
            select(Event.stream_id, Event.seq, Event.type).where(Event.type != "wallet.changed")
        )
        found = {(public_id("user", owner), seq): type_ for owner, seq, type_ in rows}
    await db.close()
    return found


def numbers(log: dict[tuple[str, int], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for owner, seq in log:
        found.setdefault(owner, []).append(seq)
    return found


async def nothing_waits(url: str) -> None:
    db = Database(url)
    async with asyncio.timeout(20):
        waiting = 1
        while waiting:
            await asyncio.sleep(0.05)
            async with db.view() as view:
                waiting = await view.scalar(select(func.count()).select_from(Untold)) or 0
    await db.close()
