"""What every crew promises its engine: what is claimed is done, once, or found again."""

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import MetaData, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gesso.infra.amqp import Publisher
from gesso.infra.branches import BrokerSettings
from gesso.infra.db import Database, insert_rows
from gesso.work import Duty, Engine, Hands, Look, Ticket
from gesso.work.celery import Bench, Dispatch, make_celery
from gesso.work.celery.topology import declare, queue_name
from gesso.work.crew import Crew
from tests.faults.proxy import Proxy

KIND = "chore"
MANY = 200
PATIENCE = 60.0
_numbers = itertools.count()


class Root(DeclarativeBase):
    metadata = MetaData()


class Chore(Root):
    """Something to be done on a lane. It has no lease: what a crew loses is lost for good."""

    __tablename__ = "chore"

    id: Mapped[int] = mapped_column(primary_key=True)
    lane: Mapped[str]
    state: Mapped[str] = mapped_column(default="due")
    claimed: Mapped[int] = mapped_column(default=0)
    put_back: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)


class Chores:
    """The toy duty, and its truth."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.duty: Duty[tuple[int, str]] = Duty(
            "chores", ("chores",), self._claim, self._do, kinds=(KIND,),
            ticket=lambda item: Ticket(item[1], KIND, str(item[0]), together=8),
            redeem=self._redeem, put_back=self._put_back,
        )  # fmt: skip

    async def _claim(self, look: Look) -> Sequence[tuple[int, str]]:
        open_ = Chore.state == "due", Chore.lane.not_in(look.closed)
        query = select(Chore).where(*open_).order_by(Chore.id).limit(look.room)
        async with self._db.tx() as tx:
            found = (await tx.scalars(query.with_for_update(skip_locked=True))).all()
            state = "travelling" if look.holder is None else "begun"
            await self._set(tx, [each.id for each in found], state=state, claimed=Chore.claimed + 1)
            return [(each.id, each.lane) for each in found]

    async def _redeem(self, claims: Sequence[str], _again: bool) -> Sequence[tuple[int, str]]:  # noqa: FBT001  # a Duty's own signature
        mine = Chore.id.in_(map(int, claims)), Chore.state == "travelling"
        async with self._db.tx() as tx:
            begin = update(Chore).where(*mine).values(state="begun")
            rows = await tx.execute(begin.returning(Chore.id, Chore.lane))
            return [(row.id, row.lane) for row in rows]

    async def _do(self, item: tuple[int, str]) -> None:
        async with self._db.tx() as tx:
            await self._set(tx, [item[0]], state="done", done=Chore.done + 1)

    async def _put_back(self, items: Sequence[tuple[int, str]]) -> None:
        async with self._db.tx() as tx:
            ids = [each for each, _ in items]
            await self._set(tx, ids, state="due", put_back=Chore.put_back + 1)

    async def _set(self, tx: Any, ids: Sequence[int], **values: Any) -> None:
        await tx.execute(update(Chore).where(Chore.id.in_(ids)).values(**values))

    async def add(self, lane: str, count: int) -> None:
        """So many chores more."""
        rows = [
            {"id": next(_numbers), "lane": lane, "state": "due"}
            | {"claimed": 0, "put_back": 0, "done": 0}
            for _ in range(count)
        ]
        async with self._db.tx() as tx:
            await insert_rows(tx, Chore, rows)

    async def count(self, *conditions: Any) -> int:
        """How many are so."""
        async with self._db.view() as view:
            query = select(func.count()).select_from(Chore).where(*conditions)
            return int(await view.scalar(query) or 0)

    async def reach(self, wanted: int, *conditions: Any) -> None:
        """Wait until so many are so."""
        async with asyncio.timeout(PATIENCE):
            while await self.count(*conditions) < wanted:  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.05)


@pytest.fixture
async def chores(postgres_url: str) -> AsyncIterator[Chores]:
    db = Database(postgres_url)
    async with db.tx() as tx:
        await (await tx.connection()).run_sync(Root.metadata.create_all)
    yield Chores(db)
    await db.close()


@pytest.fixture
def lanes() -> tuple[str, str]:
    """Two lanes that no other test has used."""
    number = next(_numbers)
    return f"red{number}", f"blue{number}"


@contextmanager
def reading(broker_url: str, database_url: str, lane: str) -> Iterator[None]:
    """Somebody at a bench who reads a lane, one message at a time, and acknowledges when done."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Sequence[Duty[Any]]]:
        db = Database(database_url)
        yield [Chores(db).duty]
        await db.close()

    bench, over = Bench(opening), threading.Event()

    def take(message: Any) -> None:
        arguments, *_ = json.loads(message.body)
        bench.perform(KIND, arguments[0], again=message.delivery_info["redelivered"])
        message.channel.basic_ack(message.delivery_tag)

    def read() -> None:
        with Connection(broker_url) as connection:
            channel: Any = connection.channel()
            channel.basic_qos(0, 1, a_global=False)
            channel.basic_consume(queue_name(lane), callback=take)
            while not over.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.2)

    with Connection(broker_url) as connection:
        declare(connection.channel(), [lane])
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join(10)
        bench.close()


@asynccontextmanager
async def dispatching(url: str, lanes: Sequence[str], chores: Chores) -> AsyncIterator[Engine]:
    """An engine whose crew sends to these lanes."""
    make = [partial(declare, lanes=lanes)]
    async with Publisher(url, BrokerSettings(timeout=4), declare=make) as publisher:
        crew = Dispatch(publisher, make_celery(url, None, lanes), lanes)
        async with working(crew, chores, crew.watch()) as engine:
            yield engine


@asynccontextmanager
async def working(crew: Crew, chores: Chores, *beside: Any) -> AsyncIterator[Engine]:
    engine = Engine([chores.duty], crew, tick=0.2)
    await engine.start(*beside)
    try:
        yield engine
    finally:
        await engine.stop(patience=5)


async def test_hands_do_everything_once(chores: Chores, lanes: tuple[str, str]) -> None:
    for lane in lanes:
        await chores.add(lane, MANY)
    async with working(Hands("me", most=7), chores) as engine:
        await chores.reach(2 * MANY, Chore.done > 0)
        assert await engine.trouble() is None
    assert await chores.count(Chore.done == 1, Chore.claimed == 1) == 2 * MANY


async def test_what_is_dispatched_is_done_once(
    chores: Chores, lanes: tuple[str, str], broker_url: str, postgres_url: str
) -> None:
    for lane in lanes:
        await chores.add(lane, MANY)
    red, blue = lanes
    with (
        reading(broker_url, postgres_url, red),
        reading(broker_url, postgres_url, red),
        reading(broker_url, postgres_url, blue),
    ):
        async with dispatching(broker_url, lanes, chores) as engine:
            await chores.reach(2 * MANY, Chore.done > 0)
            assert await engine.trouble() is None
    assert await chores.count(Chore.done == 1, Chore.claimed == 1) == 2 * MANY


async def test_two_engines_do_not_do_it_twice(
    chores: Chores, lanes: tuple[str, str], broker_url: str, postgres_url: str
) -> None:
    await chores.add(lanes[0], MANY)
    with reading(broker_url, postgres_url, lanes[0]):
        async with (
            dispatching(broker_url, lanes, chores),
            dispatching(broker_url, lanes, chores),
        ):
            await chores.reach(MANY, Chore.done > 0)
    assert await chores.count(Chore.done == 1, Chore.claimed == 1) == MANY


async def test_what_cannot_travel_is_put_back_and_done_later(
    chores: Chores, lanes: tuple[str, str], broker_url: str, postgres_url: str
) -> None:
    with reading(broker_url, postgres_url, lanes[0]):
        async with (
            Proxy(broker_url).open() as proxy,
            dispatching(proxy.url, lanes, chores) as engine,
        ):
            await chores.add(lanes[0], 8)
            await chores.reach(8, Chore.done > 0)
            proxy.turn("silent")
            await chores.add(lanes[0], 8)
            engine.ring(frozenset({"chores"}))
            await chores.reach(8, Chore.put_back > 0)
            proxy.turn("cut")
            await asyncio.sleep(0.5)
            assert await engine.trouble()
            proxy.turn("fair")
            await chores.reach(16, Chore.done > 0)
    assert await chores.count(Chore.done == 1) == 16


async def test_a_lane_that_nobody_reads_is_left_alone_until_somebody_does(
    chores: Chores, lanes: tuple[str, str], broker_url: str, postgres_url: str
) -> None:
    red, blue = lanes
    for lane in lanes:
        await chores.add(lane, MANY)
    with reading(broker_url, postgres_url, red):
        async with dispatching(broker_url, lanes, chores) as engine:
            await chores.reach(MANY, Chore.done > 0)
            assert await engine.trouble() == f"no worker reads {blue}"
            assert await chores.count(Chore.lane == blue, Chore.claimed == 0) == MANY
            with reading(broker_url, postgres_url, blue):
                await chores.reach(2 * MANY, Chore.done > 0)
                assert await engine.trouble() is None
    assert await chores.count(Chore.done == 1, Chore.claimed == 1) == 2 * MANY
