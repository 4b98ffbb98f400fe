"""Streams as neighbours: what they hold, share, refuse and survive."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from gesso.domain import events
from gesso.infra.bus.local import LocalBus
from gesso.infra.db import Database
from gesso.kit.ids import new_id, public_id
from tests.domain.listeners import FAST, QUIET, House, Messages, reach

BELL = "stream:anna"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.tx() as tx:
        await events.ensure_epoch(tx)
    yield database
    await database.close()


@pytest.fixture
def house(db: Database) -> House:
    return House(db, QUIET)


async def test_a_bell_rung_many_times_is_heard_once() -> None:
    bus = LocalBus()
    async with bus.subscribe(BELL) as bell:
        for _ in range(3):
            bus.publish([BELL, "stream:bea"])
        assert await bell.wait(1)
        assert not await bell.wait(0.01)


async def test_a_ring_reaches_everybody_who_listens_and_nobody_else() -> None:
    bus = LocalBus()
    async with bus.subscribe(BELL) as one, bus.subscribe(BELL) as two, bus.subscribe("x") as other:
        bus.publish({BELL})
        heard = [await bell.wait(0.01) for bell in (one, two, other)]
    assert heard == [True, True, False]


async def test_a_ring_before_the_wait_is_not_lost_and_one_after_the_end_is() -> None:
    bus = LocalBus()
    async with bus.subscribe(BELL) as bell:
        pass
    bus.publish([BELL])
    assert not await bell.wait(0.01)


async def test_a_hundred_idle_streams_hold_no_connection(db: Database) -> None:
    house = House(db, events.Rhythm(poll=60, heartbeat=60, most=100))
    streams = [await house.follow() for _ in range(100)]
    waiting = [asyncio.create_task(_second(frames)) for frames in streams]
    await reach(lambda: house.feed.open_streams == 100)
    await asyncio.sleep(0.3)
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a queue pool
    await house.say("task.queued")
    assert all(b"task.queued" in data for data in await asyncio.gather(*waiting))
    for frames in streams:
        await frames.aclose()
    assert house.feed.open_streams == 0


async def _second(frames: AsyncGenerator[bytes, None]) -> bytes:
    await anext(frames)
    return await anext(frames)


async def test_streams_at_one_place_share_one_query(house: House) -> None:
    queries = []

    @event.listens_for(house.db.engine.sync_engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM event" in statement:
            queries.append(statement)

    streams = [await house.follow() for _ in range(32)]
    waiting = [asyncio.create_task(_second(frames)) for frames in streams]
    await reach(lambda: house.feed.open_streams == 32)
    await asyncio.sleep(0.3)
    queries.clear()
    await house.say("task.queued")
    assert all(b"task.queued" in data for data in await asyncio.gather(*waiting))
    assert len(queries) <= 2
    for frames in streams:
        await frames.aclose()


async def test_a_user_has_so_many_streams_and_room_again_after_one_is_closed(db: Database) -> None:
    house, neighbour = House(db, events.Rhythm(most=2)), House(db, QUIET)
    one, two, three = [await house.follow() for _ in range(3)]
    await anext(one)
    await anext(two)
    with pytest.raises(events.TooManyStreams):
        await anext(three)
    assert len(await anext(await neighbour.follow())) > 0
    await one.aclose()
    assert len(await anext(await house.follow())) > 0


async def test_a_silent_stream_shows_that_it_lives(db: Database) -> None:
    house = House(db, events.Rhythm(heartbeat=0.05))
    async with asyncio.timeout(10), aclosing(await house.follow()) as frames:
        assert (await anext(frames)).startswith(b"retry: ")
        for _ in range(2):
            beat = await anext(frames)
            assert beat.startswith(b"event: heartbeat\ndata: ")
            assert b"\nid:" not in beat


async def test_a_stream_says_where_it_begins_before_anything_else(house: House) -> None:
    await house.say("task.queued", "task.running")
    async with asyncio.timeout(10), aclosing(await house.follow()) as frames:
        opening = Messages()
        opening.take(await anext(frames))
    (hello,) = opening.about_the_stream
    assert hello["event"] == "hello"
    assert "id" not in hello
    told = json.loads(hello["data"])
    assert told["cursor"].endswith(".2")
    assert told["heartbeat"] == QUIET.heartbeat


async def test_how_things_stand_is_told_when_it_changes_and_has_no_place_in_the_log(
    db: Database,
) -> None:
    house, task = House(db, FAST), new_id()

    def stands(ahead: int) -> list[events.Transient]:
        return [events.Transient(house.owner, "job.position", task, {"ahead": ahead})]

    house.facts = stands(3)
    messages = Messages()
    async with asyncio.timeout(10), aclosing(await house.follow()) as frames:
        async for data in frames:
            messages.take(data)
            if len(messages.seen) == 1:
                await asyncio.sleep(0.2)  # several looks, at which nothing is new
                house.facts = stands(2)
            if len(messages.seen) == 2:
                break
    assert [json.loads(message["data"])["ahead"] for message in messages.seen] == [3, 2]
    assert messages.numbers == []
    assert messages.last_id is None


async def test_of_a_task_that_is_followed_only_its_own_place_is_told(db: Database) -> None:
    house, mine, other = House(db, FAST), new_id(), new_id()
    house.facts = [
        events.Transient(house.owner, "job.position", task, {"ahead": 1}) for task in (other, mine)
    ]
    messages = await house.read(1, task=mine)
    (told,) = [json.loads(message["data"]) for message in messages.seen]
    assert told["task_id"] == public_id("task", mine)


@pytest.mark.parametrize(
    ("rhythm", "reason"),
    [(events.Rhythm(life=0.1), "renew"), (events.Rhythm(recheck=0.1), "unwelcome")],
)
async def test_a_stream_ends_when_it_is_old_or_its_key_is_revoked(
    db: Database, rhythm: events.Rhythm, reason: str
) -> None:
    house = House(db, rhythm)
    house.welcome = False
    async with asyncio.timeout(10), aclosing(await house.follow()) as frames:
        (bye,) = [data async for data in frames][1:]
    assert f'"reason":"{reason}"'.encode() in bye
    assert house.feed.open_streams == 0


async def test_all_streams_end_in_good_order_when_the_house_closes(house: House) -> None:
    reading = [asyncio.create_task(house.read(99)) for _ in range(3)]
    await reach(lambda: house.feed.open_streams == 3)
    house.feed.close()
    assert [messages.seen for messages in await asyncio.gather(*reading)] == [[], [], []]


async def test_a_stream_outlives_an_outage_of_the_database(postgres_url: str) -> None:
    db, operator = Database(postgres_url), Database(postgres_url)
    async with db.tx() as tx:
        await events.ensure_epoch(tx)
    house = House(db, QUIET)
    reading = asyncio.create_task(house.read(2))
    await reach(lambda: house.feed.open_streams == 1)
    await house.say("task.queued")
    async with operator.view() as view:
        others = "datname = current_database() and pid <> pg_backend_pid()"
        await view.execute(
            text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}")
        )
    await house.say("task.running", db=operator)
    house.bus.publish([events.stream_topic(house.owner)])
    assert (await reading).types == ["task.queued", "task.running"]
    await db.close()
    await operator.close()


@asynccontextmanager
async def answering(
    house: House, send: Callable[[Any], Any], leave: asyncio.Event, patience: float = 5
) -> AsyncIterator["asyncio.Task[None]"]:
    """One request, as a server makes it; `leave` is when the client goes away."""

    async def receive() -> dict[str, object]:
        await leave.wait()
        return {"type": "http.disconnect"}

    answer = events.EventStream(await house.follow(), patience=patience)
    serving = asyncio.create_task(answer({"type": "http"}, receive, send))
    try:
        async with asyncio.timeout(10):
            yield serving
    finally:
        serving.cancel()


async def test_a_client_that_leaves_is_forgotten_at_once(house: House) -> None:
    leave, sent = asyncio.Event(), []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with answering(house, send, leave) as serving:
        await reach(lambda: len(sent) == 2)
        assert house.feed.open_streams == 1
        leave.set()
        await serving
    assert house.feed.open_streams == 0
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert b"content-length" not in headers


async def test_a_client_that_takes_nothing_is_cut(house: House) -> None:
    stuck = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await stuck.wait()

    async with answering(house, send, asyncio.Event(), patience=0.1) as serving:
        await serving
    assert house.feed.open_streams == 0


async def test_a_refusal_comes_before_the_first_byte(db: Database) -> None:
    house, sent = House(db, events.Rhythm(most=0)), []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with answering(house, send, asyncio.Event()) as serving:
        with pytest.raises(events.TooManyStreams):
            await serving
    assert sent == []
