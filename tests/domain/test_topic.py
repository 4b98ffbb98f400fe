"""The topic: other services hear of every event, in its order, and none is forgotten."""

import asyncio
import itertools
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from gesso.domain import events
from gesso.domain.events.stream import read_after
from gesso.domain.events.tables import Untold
from gesso.domain.events.untold import Telling, claim_untold, settle
from gesso.infra.amqp import Publisher
from gesso.infra.branches import BrokerSettings
from gesso.infra.db import Database, View
from gesso.kit.ids import new_id, public_id
from gesso.work import Engine, Hands
from tests.domain.subscriber import Subscriber, subscribed
from tests.house.postgres import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "consume-events.md"
TENANT = UUID(int=1)
LEASE = timedelta(seconds=30)
_numbers = itertools.count()
Tell = Callable[[Database], Awaitable[Engine]]


async def tenants(_view: View, owners: Collection[UUID]) -> Mapping[UUID, UUID]:
    return dict.fromkeys(owners, TENANT)


async def operations(_view: View, tasks: Collection[UUID]) -> Mapping[UUID, str]:
    return dict.fromkeys(tasks, "text_to_image")


LABELS = events.Labels(tenants, operations)


@asynccontextmanager
async def opened(url: str, *, told: bool = True) -> AsyncIterator[Database]:
    database = Database(url)
    if told:
        events.keep_untold(database)
    yield database
    await database.close()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        async with database.tx() as tx:
            await events.ensure_epoch(tx)
        yield database


@pytest.fixture
async def listener(broker_url: str) -> AsyncIterator[Subscriber]:
    name = f"topic{next(_numbers)}"
    async with subscribed(broker_url, f"{name}.events", f"{name}.queue") as subscriber:
        yield subscriber


@pytest.fixture
async def tell(db: Database, listener: Subscriber) -> AsyncIterator[Tell]:
    """Begins to tell from a database to the listener's exchange."""
    async with AsyncExitStack() as stack:

        async def begin(there: Database) -> Engine:
            herald = await stack.enter_async_context(new_herald(there, listener.url, listener))
            engine = Engine([herald.duty()], Hands("here", most=4), tick=0.05)
            there.listen(engine.ring)
            await engine.start()
            stack.push_async_callback(engine.stop, patience=5)
            return engine

        yield begin


@asynccontextmanager
async def new_herald(db: Database, url: str, listener: Subscriber) -> AsyncIterator[events.Herald]:
    declare = [partial(events.declare_topic, listener.exchange)]
    async with db.view() as view:
        epoch = await events.epoch(view)
    async with Publisher(url, BrokerSettings(), declare=declare) as publisher:
        yield events.Herald(
            db, publisher, LABELS, epoch=epoch, exchange=listener.exchange, lease=LEASE
        )


async def say(db: Database, owner: UUID, *types: str, task_id: UUID | None = None) -> None:
    async with db.tx() as tx:
        for type_ in types:
            events.record(tx, owner, type_, task_id=task_id, index=0)


async def waiting(db: Database) -> int:
    """How many owners have something untold."""
    async with db.view() as view:
        return int(await view.scalar(select(func.count()).select_from(Untold)) or 0)


async def all_told(db: Database) -> None:
    async with asyncio.timeout(20):
        while await waiting(db):  # noqa: ASYNC110  # the last mark moves after the last message
            await asyncio.sleep(0.02)


async def test_a_message_is_the_event_of_the_log_and_says_whose_it_is(
    db: Database, listener: Subscriber, tell: Tell
) -> None:
    owner, task_id, job_id = new_id(), new_id(), new_id()
    async with db.tx() as tx:
        events.record(tx, owner, "task.queued", task_id=task_id, rev=1, seq="no such thing")
        events.record(tx, owner, "wallet.changed", available="9")
        events.record(tx, owner, "job.running", task_id=task_id, job_id=job_id, index=2)
    await tell(db)
    queued, running = await listener.hear(2)
    async with db.view() as view:
        life = await events.epoch(view)
        first = (await read_after(view, owner, 0, 1))[0]
    assert (queued.key, running.key) == ("task.queued", "job.running")
    assert queued.body == {
        "type": "task.queued",
        "at": first.at.isoformat().replace("+00:00", "Z"),
        "task_id": public_id("task", task_id),
        "job_id": None,
        "tenant_id": public_id("tenant", TENANT),
        "owner_id": public_id("user", owner),
        "seq": 1,
        "cursor": f"{life}.1",
        "rev": 1,
    }
    assert (running.body["seq"], running.body["index"]) == (3, 2)
    assert running.body["job_id"] == public_id("job", job_id)
    assert running.headers == {
        "tenant_id": public_id("tenant", TENANT),
        "owner_id": public_id("user", owner),
        "operation": "text_to_image",
    }
    assert running.properties["message_id"] == f"{public_id('user', owner)}.{life}.3"
    assert running.properties["content_type"] == "application/json"
    assert running.properties["type"] == "job.running"
    assert running.properties["delivery_mode"] == 2
    await all_told(db)


async def test_twelve_writers_and_two_who_tell_forget_nothing_and_keep_the_order(
    db: Database, database_url: str, listener: Subscriber, tell: Tell
) -> None:
    """Half the writers, and one of those who tell, are another process."""
    owners = [new_id() for _ in range(3)]
    async with opened(database_url) as elsewhere:
        await tell(db)
        other = await tell(elsewhere)

        async def write(number: int) -> None:
            for _ in range(25):
                there = elsewhere if number % 2 else db
                await say(there, owners[number % 3], "job.progress", "wallet.changed", "task.done")

        await asyncio.gather(*[write(number) for number in range(12)])
        await listener.hear(12 * 25 * 2)
        await all_told(db)
        await other.stop(patience=5)
    expected = [n for n in range(1, 12 * 25 + 1) if n % 3 != 2]
    assert listener.first_sights == {public_id("user", owner): expected for owner in owners}


async def test_a_writer_in_the_middle_of_its_commit_is_waited_for(postgres_url: str) -> None:
    """Its event is not visible yet, and would be forgotten with the row."""
    owner = new_id()
    async with opened(postgres_url) as db:
        await say(db, owner, "task.queued")
        async with db.tx() as tx:
            (grip,) = await claim_untold(tx, room=9, lease=LEASE)
        async with db.view() as view:
            (found,) = await read_after(view, owner, grip.fence, 9)

        async def finish() -> None:
            async with db.tx() as tx:
                await settle(tx, [Telling(grip, found.seq, found.at)])

        async with db.tx() as tx:
            events.record(tx, owner, "task.running")
            await events.flush(tx)
            finishing = asyncio.create_task(finish())
            await asyncio.sleep(0.2)
            assert not finishing.done()
        await finishing
        async with db.view() as view:
            assert (await view.scalars(select(Untold.told))).all() == [1]


async def test_turned_on_it_begins_now_and_turned_off_it_keeps_what_is_untold(
    db: Database, database_url: str, listener: Subscriber, tell: Tell
) -> None:
    kept, new = new_id(), new_id()
    async with opened(database_url, told=False) as off:
        await say(off, kept, "task.queued")
        assert await waiting(db) == 0
        await say(db, kept, "task.running")
        await say(off, kept, "task.completed")
        await say(off, new, "task.queued")
    await tell(db)
    await listener.hear(2)
    await all_told(db)
    assert listener.first_sights == {public_id("user", kept): [2, 3]}


async def test_with_the_broker_away_events_wait_and_nobody_else_does(
    db: Database, listener: Subscriber, tell: Tell
) -> None:
    nowhere = f"amqp://guest:guest@127.0.0.1:{free_port()}//"
    owners = [new_id() for _ in range(20)]
    async with new_herald(db, nowhere, listener) as herald:
        engine = Engine([herald.duty()], Hands("here", most=4), tick=0.02)
        db.listen(engine.ring)
        await engine.start()
        for owner in owners:
            await say(db, owner, "task.queued", "task.running")
        await asyncio.sleep(0.3)
        untouched = select(Untold.stream_id).where(Untold.due_at == Untold.since)
        async with db.view() as view:
            assert set((await view.scalars(untouched)).all()) == set(owners)
        await engine.stop(patience=5)
    await tell(db)
    await listener.hear(40)
    assert set(map(tuple, listener.first_sights.values())) == {(1, 2)}
    await all_told(db)


async def test_a_long_silence_is_told_page_by_page(
    db: Database, listener: Subscriber, tell: Tell
) -> None:
    owner = new_id()
    await say(db, owner, *["job.progress"] * 700)
    await say(db, owner, *["wallet.changed"] * 300)
    await say(db, owner, "task.completed")
    await tell(db)
    await listener.hear(701)
    await all_told(db)
    assert listener.first_sights == {public_id("user", owner): [*range(1, 701), 1001]}
    assert len(listener.heard) == 701


async def test_the_consumer_of_the_guide_works(
    db: Database, listener: Subscriber, tell: Tell, tmp_path: Path
) -> None:
    program = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "listener.py").write_text(program[0])
    task_id = new_id()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        tmp_path / "listener.py",
        listener.url,
        env={**os.environ, "EXCHANGE": listener.exchange},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        await tell(db)
        async with asyncio.timeout(20):
            line = asyncio.create_task(process.stdout.readline())
            while not line.done():  # until its queue is bound
                async with db.tx() as tx:
                    cost = {"charged": "2.5"}
                    events.record(tx, new_id(), "task.running", task_id=task_id)
                    events.record(tx, new_id(), "task.completed", task_id=task_id, cost=cost)
                await asyncio.wait({line}, timeout=0.5)
    finally:
        process.kill()
        await process.wait()
    assert (await line).decode().split() == [public_id("task", task_id), "cost", "2.5"]
