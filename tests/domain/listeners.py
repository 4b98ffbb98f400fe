"""Somebody who watches a stream, and the house that he watches."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from gesso.domain import events
from gesso.infra.bus.local import LocalBus
from gesso.infra.db import Database, View
from gesso.kit.ids import new_id

FAST = events.Rhythm(poll=0.05, heartbeat=60, recheck=60, life=600)
QUIET = events.Rhythm(poll=60, heartbeat=60, recheck=60, life=600)


@dataclass
class Messages:
    """What a browser makes of the bytes: whole messages; half a message is none."""

    last_id: str | None = None
    seen: list[dict[str, str]] = field(default_factory=list)
    about_the_stream: list[dict[str, str]] = field(default_factory=list)
    half: bytes = b""

    def take(self, data: bytes) -> None:
        *whole, self.half = (self.half + data).split(b"\n\n")
        for frame in whole:
            lines = [line.partition(": ") for line in frame.decode().splitlines()]
            message = {name: value for name, _, value in lines if name in ("id", "event", "data")}
            self.last_id = message.get("id", self.last_id)
            if message.get("event") in ("hello", "heartbeat", "bye"):
                self.about_the_stream.append(message)
            elif message:
                self.seen.append(message)

    def cut(self) -> None:
        self.half = b""

    @property
    def types(self) -> list[str]:
        return [message["event"] for message in self.seen]

    @property
    def numbers(self) -> list[int]:
        return [int(message["id"].partition(".")[2]) for message in self.seen if "id" in message]


class House:
    """A database with its bus and one owner's feed."""

    def __init__(self, db: Database, rhythm: events.Rhythm) -> None:
        self.db, self.bus, self.owner = db, LocalBus(), new_id()
        db.listen(self.bus.publish)
        self.feed = events.Feed(db, self.bus, rhythm, self._facts)
        self.facts: list[events.Transient] = []
        self.welcome = True

    async def _facts(self, _view: View, owners: Collection[UUID]) -> list[events.Transient]:
        return [fact for fact in self.facts if fact.owner_id in owners]

    async def say(
        self, *types: str, task_id: UUID | None = None, db: Database | None = None
    ) -> None:
        async with (db or self.db).tx() as tx:
            for type_ in types:
                events.record(tx, self.owner, type_, task_id=task_id)

    async def start(self, cursor: str | None = None, task_id: UUID | None = None) -> events.Start:
        async with self.db.view() as view:
            return await events.locate(view, self.owner, cursor, task_id=task_id)

    async def follow(
        self, cursor: str | None = None, task_id: UUID | None = None
    ) -> AsyncGenerator[bytes, None]:
        start = await self.start(cursor, task_id)

        async def is_welcome() -> bool:
            return self.welcome

        return self.feed.follow(start, is_welcome)

    async def read(
        self, until: int, cursor: str | None = None, task: UUID | None = None
    ) -> Messages:
        """The first messages of a stream; it must bring so many within ten seconds."""
        messages = Messages()
        async with asyncio.timeout(10), aclosing(await self.follow(cursor, task)) as frames:
            async for data in frames:
                messages.take(data)
                if len(messages.seen) >= until:
                    break
        return messages


async def reach(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.01)
