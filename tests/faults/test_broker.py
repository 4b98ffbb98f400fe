"""The publisher and a broker that dies, is full, is forgotten or falls silent: every call ends in
time and tells the truth, and the event loop never stands still.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import amqp
import pytest

from gesso.infra.amqp import BrokerAway, Message, Publisher, Unroutable
from gesso.infra.branches import BrokerSettings
from gesso.infra.db import Database
from tests.faults.proxy import Proxy
from tests.house.person import until
from tests.house.postgres import free_port
from tests.house.rabbit import Broker

QUEUE = "post"
PATIENCE = 1.5
SLACK = 1.5
"""What a loaded machine may add to a wait."""
AT_ONCE = 0.4
LONGEST_PAUSE = 0.7
"""Seconds; a loop that waited for the broker would stand still for the whole patience."""
AWAY = "broker_unavailable"


def declare(channel: Any) -> None:
    channel.queue_declare(QUEUE, durable=True, auto_delete=False)


def letters(*bodies: object, to: str = QUEUE) -> list[Message]:
    return [Message("", to, str(body).encode()) for body in bodies]


def collect(channel: Any) -> list[str]:
    """Everything in the queue, which is empty then."""
    found = []
    while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
        body = message.body
        found.append(body if isinstance(body, str) else bytes(body).decode())
    return found


@asynccontextmanager
async def publishing(url: str) -> AsyncIterator[Publisher]:
    """A publisher with an empty queue; the loop must not have stood still meanwhile."""
    settings = BrokerSettings(timeout=PATIENCE, heartbeat=2)
    pauses: list[float] = []
    async with Publisher(url, settings, declare=[declare]) as publisher:
        watching = asyncio.create_task(note_pauses(pauses))
        yield publisher
        watching.cancel()
    assert max(pauses, default=0) < LONGEST_PAUSE


async def note_pauses(pauses: list[float]) -> None:
    """Note how long the loop does not come round, again and again."""
    while True:
        begun = time.monotonic()
        await asyncio.sleep(0.005)
        pauses.append(time.monotonic() - begun)


@pytest.fixture
async def publisher(broker: Broker) -> AsyncIterator[Publisher]:
    async with publishing(broker.url) as publisher:
        await publisher.call(lambda channel: channel.queue_purge(QUEUE))
        yield publisher


async def fate(
    publisher: Publisher, messages: Sequence[Message], *, within: float = PATIENCE + SLACK
) -> str:
    """What came of it, in time."""
    begun, kind = time.monotonic(), "confirmed"
    try:
        await publisher.publish(messages)
    except BrokerAway as error:
        kind = error.kind
    assert time.monotonic() - begun < within
    return kind


async def is_well(publisher: Publisher, seconds: float = 20) -> bool:
    """Whether it finds back by itself."""
    async with asyncio.timeout(seconds):
        while await fate(publisher, letters("are you there?")) != "confirmed":  # noqa: ASYNC110  # tries
            await asyncio.sleep(0.1)
    return await publisher.trouble() is None


async def is_in_trouble(publisher: Publisher) -> None:
    """Wait until it says so."""
    async with asyncio.timeout(15):
        while await publisher.trouble() is None:  # noqa: ASYNC110  # it is a question
            await asyncio.sleep(0.02)


async def test_what_is_confirmed_is_in_the_queue_in_order(publisher: Publisher) -> None:
    await publisher.publish(letters(*range(1000)))
    await asyncio.gather(*[publisher.publish(letters(n)) for n in range(1000, 1100)])
    assert await publisher.call(collect) == [str(n) for n in range(1100)]


async def test_a_message_keeps_its_headers_and_properties(publisher: Publisher) -> None:
    properties = {
        "content_type": "text/plain",
        "content_encoding": "utf-8",
        "priority": 3,
        "message_id": "a-1",
        "timestamp": 1767323045,
    }
    headers = {"n": 1, "text": "ü", "nothing": None}
    await publisher.publish([Message("", QUEUE, b"hi", headers=headers, properties=properties)])
    got = await publisher.call(lambda channel: channel.basic_get(QUEUE, no_ack=True))
    assert got.properties.pop("application_headers") == headers
    assert got.properties == {**properties, "delivery_mode": 2}


@pytest.mark.parametrize("wrong", [{"headers": {"x": object()}}, {"properties": {"timestamp": ""}}])
async def test_a_message_that_cannot_be_sent_is_its_senders_trouble_alone(
    publisher: Publisher, wrong: Any
) -> None:
    good, bad = fate(publisher, letters(1)), publisher.publish([Message("", QUEUE, b"", **wrong)])
    kinds = await asyncio.gather(good, bad, return_exceptions=True)
    assert kinds[0] == "confirmed"
    assert isinstance(kinds[1], Exception)
    assert not isinstance(kinds[1], BrokerAway)
    assert await fate(publisher, letters(2)) == "confirmed"


async def test_a_message_that_no_queue_takes_is_an_error_and_costs_no_other(
    publisher: Publisher,
) -> None:
    lost = letters("lost", to="nowhere")
    fates = await asyncio.gather(
        fate(publisher, letters(1, 2)),
        fate(publisher, [*letters(3), *lost, *letters(4)]),
        fate(publisher, letters(5)),
    )
    assert list(fates) == ["confirmed", "message_unroutable", "confirmed"]
    with pytest.raises(Unroutable):
        await publisher.publish(lost)
    await publisher.publish([Message("", "nowhere", b"", mandatory=False)])
    assert await publisher.call(collect) == ["1", "2", "3", "4", "5"]


async def test_an_exchange_that_is_not_there_is_an_error_and_the_next_call_is_well(
    publisher: Publisher,
) -> None:
    assert await fate(publisher, [Message("none", "x", b"")]) == AWAY
    assert await is_well(publisher)


async def test_a_full_queue_refuses_and_the_caller_hears_it(publisher: Publisher) -> None:
    limits = {"x-max-length": 2, "x-overflow": "reject-publish"}
    await publisher.call(lambda channel: channel.queue_declare("small", arguments=limits))
    fates = [await fate(publisher, letters("a letter", to="small")) for _ in range(5)]
    assert fates.count(AWAY) >= 2
    assert fates[0] == "confirmed"


async def test_a_call_brings_its_result_or_its_error(publisher: Publisher) -> None:
    await publisher.publish(letters(*range(7)))
    (_, depth, _) = await publisher.call(lambda channel: channel.queue_declare(QUEUE, passive=True))
    assert depth == 7
    with pytest.raises(amqp.NotFound):
        await publisher.call(lambda channel: channel.queue_declare("none", passive=True))
    with pytest.raises(ZeroDivisionError):
        await publisher.call(lambda _: 1 // 0)
    assert await fate(publisher, letters(8)) == "confirmed"


async def test_nothing_is_published_inside_a_transaction(
    publisher: Publisher, sqlite_url: str
) -> None:
    db = Database(sqlite_url)
    async with db.tx():
        with pytest.raises(RuntimeError, match="transaction"):
            await publisher.publish(letters(1))
    await db.close()


async def test_a_broker_that_is_not_there_is_refused_at_once() -> None:
    async with publishing(f"amqp://guest:guest@127.0.0.1:{free_port()}//") as publisher:
        for _ in range(3):
            assert await fate(publisher, letters(1), within=AT_ONCE) == AWAY
        assert await publisher.trouble() == "The broker is away."
        with pytest.raises(BrokerAway):
            await publisher.call(collect)


@pytest.mark.parametrize("end", [Broker.kill, Broker.wipe])
async def test_a_broker_that_is_killed_in_the_middle_loses_nothing_that_it_confirmed(
    broker: Broker, publisher: Publisher, end: Any
) -> None:
    sent: list[str] = []

    async def send() -> None:
        while True:
            sent.append(await fate(publisher, letters(len(sent))))
            await asyncio.sleep(0.001)

    senders = asyncio.create_task(send())
    await until(lambda: len(sent) > 200)
    await asyncio.to_thread(end, broker)
    await until(lambda: sent[-1] != "confirmed")
    before = len(sent)
    await asyncio.to_thread(broker.start)
    await until(lambda: sent[-1] == "confirmed")
    senders.cancel()
    confirmed = [str(n) for n, kind in enumerate(sent) if kind == "confirmed"]
    kept = await publisher.call(collect)
    if end is Broker.wipe:
        confirmed = [n for n in confirmed if int(n) > before]
    assert set(confirmed) <= set(kept)
    assert sorted(kept, key=int) == kept
    assert await is_well(publisher)


async def test_a_full_disk_at_the_broker_is_told_and_not_waited_for(
    broker: Broker, publisher: Publisher
) -> None:
    await asyncio.to_thread(broker.raise_alarm)
    assert await fate(publisher, letters(1)) == AWAY
    assert await fate(publisher, letters(2), within=AT_ONCE) == AWAY
    assert "alarm" in str(await publisher.trouble())
    with pytest.raises(BrokerAway):
        await publisher.call(collect)
    await asyncio.to_thread(broker.calm)
    assert await is_well(publisher)
    # What was sent before the broker said that it takes nothing came in with its first breath.
    assert (await publisher.call(collect))[0] == "1"


async def test_silence_is_waited_for_no_longer_than_was_said(broker: Broker) -> None:
    async with Proxy(broker.url).open() as network, publishing(network.url) as publisher:
        assert await is_well(publisher)
        network.turn("silent")
        thousands = [fate(publisher, letters(*range(1000))) for _ in range(11)]
        late = asyncio.gather(*thousands)
        await asyncio.sleep(0.05)
        assert await fate(publisher, letters(1), within=AT_ONCE) == AWAY  # too many wait
        assert set(await late) == {AWAY}
        await is_in_trouble(publisher)
        assert await fate(publisher, letters(1), within=AT_ONCE) == AWAY
        network.turn("fair")
        assert await is_well(publisher)


async def test_silence_in_the_middle_of_a_call_ends_it(broker: Broker) -> None:
    async with Proxy(broker.url).open() as network, publishing(network.url) as publisher:
        network.turn("silent")
        begun = time.monotonic()
        with pytest.raises(BrokerAway):
            await publisher.call(collect)
        assert time.monotonic() - begun < PATIENCE + SLACK
        network.turn("fair")
        assert await is_well(publisher)


async def test_an_idle_line_through_which_nothing_comes_is_noticed_by_its_heartbeat(
    broker: Broker,
) -> None:
    async with Proxy(broker.url).open() as network, publishing(network.url) as publisher:
        assert await publisher.trouble() is None
        network.turn("silent")
        await is_in_trouble(publisher)
        network.turn("fair")
        assert await is_well(publisher)
