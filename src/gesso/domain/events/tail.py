"""The tail: what happens to everybody, as it happens, for those who run the house.

It is for watching and not for counting on: the log has no order over all owners, so the tail is
told by the bus whose streams have grown, and reads the ends of these. Where more happens than
anybody could read, the rest is left out and said to be.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gesso.domain.events.feed import TooManyStreams
from gesso.domain.events.tables import Event, Stream
from gesso.infra.bus import Bus
from gesso.infra.db import Database, DatabaseAway, rowset

_TOPIC: Final = "stream:"
_SEATS: Final = 64
_EVERY: Final = 0.5
"""Seconds between looks."""
_OWNERS: Final = 100
"""Whose streams are read at a look; those of others are left out."""
_DEEP: Final = 20
"""Events of one stream that are read at a look."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was seen at one look, the oldest first, and how many streams were left out."""

    events: Sequence[Any]
    left_out: int


class Tail:
    """Watches the ends of all streams while anybody follows."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._followers: set[asyncio.Queue[Batch]] = set()
        self._rung: set[UUID] = set()
        self._read: dict[UUID, int] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._seats = 0
        self.is_closed = False
        bus.listen(self._hear)

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A place for one stream of the console; TooManyStreams where all are taken."""
        if self._seats >= _SEATS:
            raise TooManyStreams(f"The console has at most {_SEATS} streams at once.")
        self._seats += 1
        try:
            yield
        finally:
            self._seats -= 1

    async def follow(self) -> AsyncGenerator[Batch, None]:
        """What happens from here on; a follower who is slow misses batches."""
        line: asyncio.Queue[Batch] = asyncio.Queue(maxsize=8)
        self._followers.add(line)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            while True:
                yield await line.get()
        finally:
            self._followers.discard(line)

    def close(self) -> None:
        """Look no more, and have all streams of the console end."""
        self.is_closed = True
        if self._watcher is not None:
            self._watcher.cancel()

    def _hear(self, topics: frozenset[str]) -> None:
        if self._followers:
            names = [topic.removeprefix(_TOPIC) for topic in topics if topic.startswith(_TOPIC)]
            self._rung.update(UUID(name) for name in names)

    async def _watch(self) -> None:
        while self._followers:
            await asyncio.sleep(_EVERY)
            rung, self._rung = self._rung, set()
            owners = sorted(rung)[:_OWNERS]
            if not owners:
                continue
            try:
                found = await self._look(owners)
            except DatabaseAway:
                continue
            batch = Batch(found, len(rung) - len(owners))
            for line in self._followers:
                if not line.full():
                    line.put_nowait(batch)
        self._read.clear()

    async def _look(self, owners: Sequence[UUID]) -> list[Any]:
        """The ends of these streams, as far as they were not seen before."""
        async with self._db.view() as view:
            v = rowset(view, id=(Stream.id, owners))
            query = (
                select(
                    Event.stream_id, Event.seq, Event.type, Event.task_id, Event.job_id,
                    Event.data, Event.at,
                )
                .join(Stream, Stream.id == Event.stream_id)
                .join(v, v.c.id == Stream.id)
                .where(Event.seq > Stream.seq - _DEEP)
                .order_by(Event.at, Event.stream_id, Event.seq)
            )  # fmt: skip
            rows = (await view.execute(query)).all()
        first = {owner: self._read.get(owner) for owner in owners}
        for row in rows:
            self._read[row.stream_id] = max(row.seq, self._read.get(row.stream_id, 0))
        return [row for row in rows if self._is_new(row, first[row.stream_id])]

    def _is_new(self, row: Any, read: int | None) -> bool:
        """Of a stream that was not looked at before, what has just been written counts as new."""
        if read is not None:
            return bool(row.seq > read)
        return bool((self._db.now() - row.at).total_seconds() < 4 * _EVERY)
