"""Live events: every one exactly once, however often the line breaks, wherever one begins."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from sqlalchemy import delete

from gesso.domain import events
from gesso.domain.events.tables import Epoch, Event
from gesso.infra.db import Database
from gesso.kit.ids import new_id, parse_id
from tests.domain.listeners import FAST, QUIET, House, Messages, reach


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


async def test_every_event_once_with_twelve_writers_and_a_line_that_breaks(
    db: Database, database_url: str
) -> None:
    """Half the writers are another process: their rings never reach this one's bus."""
    house, elsewhere, fate = House(db, FAST), Database(database_url), random.Random(7)
    total = 12 * 25 * 2

    async def write(number: int) -> None:
        for _ in range(25):
            await house.say("job.progress", "job.done", db=elsewhere if number % 2 else db)
            await asyncio.sleep(fate.random() * 0.01)

    async def watch(messages: Messages) -> int:
        cuts = 0
        while len(messages.seen) < total:
            start = await house.follow(messages.last_id or first.place.cursor)
            async with aclosing(start) as frames:
                async for data in frames:
                    if fate.random() < 0.3:
                        messages.take(data[: fate.randrange(len(data))])
                        messages.cut()
                        cuts += 1
                        break
                    messages.take(data)
                    if len(messages.seen) >= total:
                        break
        return cuts

    first = await house.start()
    readers = [Messages() for _ in range(3)]
    try:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            watching = [group.create_task(watch(messages)) for messages in readers]
            for number in range(12):
                group.create_task(write(number))
    finally:
        await elsewhere.close()
    for messages in readers:
        assert messages.numbers == list(range(1, total + 1))
    assert min(task.result() for task in watching) > 3
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a queue pool


async def test_a_long_replay_comes_page_by_page_without_a_gap(house: House) -> None:
    start = await house.start()
    await house.say(*["job.progress"] * 600)
    assert (await house.read(600, start.place.cursor)).numbers == list(range(1, 601))


async def test_without_a_cursor_only_what_is_new_is_told(house: House) -> None:
    await house.say("task.queued")
    frames = await house.follow()
    messages = Messages()
    async with asyncio.timeout(10), aclosing(frames):
        messages.take(await anext(frames))
        await house.say("task.running")
        messages.take(await anext(frames))
    assert messages.types == ["task.running"]


async def test_a_message_tells_what_when_and_of_whom(house: House) -> None:
    task_id, job_id = new_id(), new_id()
    start = await house.start()
    async with house.db.tx() as tx:
        events.record(
            tx, house.owner, "job.failed", task_id=task_id, job_id=job_id,
            at="never", error="line one\nline two", index=2,
        )  # fmt: skip
    (message,) = (await house.read(1, start.place.cursor)).seen
    data = json.loads(message["data"])
    assert (message["event"], message["id"]) == ("job.failed", f"{start.place.epoch}.1")
    assert (data["type"], data["index"], data["error"]) == ("job.failed", 2, "line one\nline two")
    assert (parse_id("task", data["task_id"]), parse_id("job", data["job_id"])) == (task_id, job_id)
    assert data["at"].endswith("Z")


async def test_nobody_reads_anothers_stream(house: House, db: Database) -> None:
    other = House(db, QUIET)
    start = await house.start()
    await other.say("task.queued")
    await house.say("task.running")
    assert (await house.read(1, start.place.cursor)).types == ["task.running"]


async def test_a_task_is_told_from_its_beginning_to_its_end(house: House) -> None:
    task_id = new_id()
    await house.say("task.queued", "task.running", task_id=task_id)
    await house.say("task.queued", task_id=new_id())
    reading = asyncio.create_task(house.read(99, task=task_id))
    await reach(lambda: house.feed.open_streams == 1)
    await house.say("wallet.changed")
    await house.say("task.completed", task_id=task_id)
    messages = await reading  # it ends by itself, for there are no 99 messages
    assert messages.types == ["task.queued", "task.running", "task.completed"]
    assert (await house.start(messages.last_id, task_id)).is_over
    assert not (await house.start(None, task_id)).is_over
    again = await house.read(99, messages.last_id, task_id)
    assert again.types == []


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ("nonsense", "unknown_cursor"),
        ("abc.-1", "unknown_cursor"),
        ("abc.1", "other_epoch"),
        ("{epoch}.9", "ahead_of_log"),
        ("{epoch}.0", "too_old"),
    ],
)
async def test_a_cursor_that_cannot_be_continued_is_a_reset(
    house: House, cursor: str, reason: str
) -> None:
    task_id = new_id()
    await house.say("task.queued", "task.running", "task.running", task_id=task_id)
    async with house.db.tx() as tx:
        await tx.execute(delete(Event).where(Event.seq == 1))
        epoch = await events.epoch(tx)
    mine = await house.read(1, cursor.format(epoch=epoch))
    told = json.loads(mine.seen[0]["data"])
    assert (mine.types, mine.last_id) == (["reset"], None)
    assert (told["reason"], told["cursor"]) == (reason, f"{epoch}.3")
    # A task's log is short: its reader gets what is left of it.
    assert (await house.read(3, cursor.format(epoch=epoch), task_id)).numbers == [2, 3]


async def test_a_cursor_at_the_edge_of_what_is_kept_goes_on(house: House) -> None:
    await house.say("task.queued", "task.running")
    async with house.db.tx() as tx:
        await tx.execute(delete(Event).where(Event.seq == 1))
        epoch = await events.epoch(tx)
    assert (await house.start(f"{epoch}.1")).reset is None
    assert (await house.start(f"{epoch}.2")).reset is None


async def test_the_epoch_lives_as_long_as_its_database(house: House) -> None:
    async with house.db.tx() as tx:
        before = await events.epoch(tx)
        await events.ensure_epoch(tx)
        assert await events.epoch(tx) == before
        await tx.execute(delete(Epoch))
        with pytest.raises(LookupError):
            await events.epoch(tx)
        await events.ensure_epoch(tx)
        assert await events.epoch(tx) != before


async def test_a_snapshot_joins_the_stream_without_a_hole(house: House) -> None:
    await house.say("task.queued")
    async with house.db.view() as view:
        as_of = await events.as_of(view, house.owner)
        stranger = await events.as_of(view, new_id())
    await house.say("task.running")
    assert (await house.read(1, as_of)).types == ["task.running"]
    assert stranger.endswith(".0")
