"""Another service that listens to the topic."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import kombu


@dataclass
class Heard:
    """One message as it came."""

    key: str
    body: dict[str, Any]
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, int]:
        """Whose it is and where it stands."""
        return self.body["owner_id"], self.body["seq"]


@dataclass
class Subscriber:
    """A durable queue that is bound to what it wants, and all that came into it so far."""

    url: str
    exchange: str
    queue: str
    keys: Sequence[str] = ("task.#", "job.#")
    heard: list[Heard] = field(default_factory=list)

    def bind(self) -> None:
        """Make the queue; what is told from now on waits in it."""
        exchange = kombu.Exchange(self.exchange, "topic", durable=True)
        with kombu.Connection(self.url) as connection:
            for key in self.keys:
                queue = kombu.Queue(self.queue, exchange, routing_key=key, durable=True)
                queue(connection.default_channel).declare()

    def listen(self) -> None:
        """Take in all that waits in the queue."""
        with kombu.Connection(self.url) as connection:
            channel: Any = connection.default_channel
            while (message := channel.basic_get(self.queue, no_ack=True)) is not None:
                key = message.delivery_info["routing_key"]
                body = json.loads(message.body)
                properties = dict(message.properties)
                headers = properties.pop("application_headers", {})
                self.heard.append(Heard(key, body, headers, properties))

    async def hear(self, count: int, *, seconds: float = 30) -> list[Heard]:
        """Everything, once so many different ones have come."""
        try:
            async with asyncio.timeout(seconds):
                while len({each.place for each in self.heard}) < count:
                    await asyncio.to_thread(self.listen)
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"{len(self.heard)} of {count} came") from error
        return self.heard

    @property
    def first_sights(self) -> dict[str, list[int]]:
        """The numbers of each owner as they were first seen."""
        found: dict[str, list[int]] = {}
        for owner, seq in dict.fromkeys(each.place for each in self.heard):
            found.setdefault(owner, []).append(seq)
        return found

    def repeats_begin_behind(self) -> bool:
        """Whether whatever came after a step back was every event from there on."""
        last: dict[str, int] = {}
        seen: dict[str, list[int]] = {}
        for owner, seq in (each.place for each in self.heard):
            known = seen.setdefault(owner, [])
            before = last.get(owner)
            if seq not in known:
                known.append(seq)
            if before is not None and before in known and seq > before:
                between = [n for n in known if before < n < seq]
                if between:
                    return False
            last[owner] = seq
        return True


@asynccontextmanager
async def subscribed(url: str, exchange: str, queue: str) -> AsyncIterator[Subscriber]:
    """A subscriber whose queue and exchange are gone afterwards."""
    subscriber = Subscriber(url, exchange, queue)
    await asyncio.to_thread(subscriber.bind)
    yield subscriber
    await asyncio.to_thread(_forget, subscriber)


def _forget(subscriber: Subscriber) -> None:
    with kombu.Connection(subscriber.url) as connection:
        channel: Any = connection.default_channel
        channel.queue_delete(subscriber.queue)
        channel.exchange_delete(subscriber.exchange)
