"""The feed: carries the log to everybody who watches, and holds no session while nothing happens.

A stream replays behind its cursor, then sleeps until the bus rings and reads again. Streams that
stand at the same place share one query. In case a ring is lost, or came from a process that has no
way to ring here, one look every two seconds asks how far all watched streams have come.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from gesso.domain.events.service import stream_topic
from gesso.domain.events.stream import TASK_ENDS, Place, Start, heads, read_after
from gesso.domain.events.transient import Board, Source
from gesso.domain.events.wire import (
    bye_frame,
    event_frame,
    heartbeat_frame,
    hello_frame,
    reset_frame,
    retry_frame,
)
from gesso.infra.bus import Bell, Bus
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.errors import TooMany

Welcome = Callable[[], Awaitable[bool]]
"""Whether the reader may still read: its key may have been revoked."""

_PAGE = 256
_READS = 2
"""Reads at a time: however many clients come back at once, the pool is there for those who work."""

_log = structlog.get_logger("gesso.events")


class TooManyStreams(TooMany):
    """More streams at once than one user may have; close one first."""

    code = "too_many_streams"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a stream does what it does, in seconds, and how many of them a user may have."""

    poll: float = 2.0
    heartbeat: float = 15.0
    recheck: float = 30.0
    life: float = 1800.0
    """Give or take a fifth, so that clients which came together do not come back together."""
    most: int = 32


@dataclass(frozen=True, slots=True)
class _Page:
    """Frames that belong together, ready to be sent, and what follows them."""

    data: bytes
    place: Place
    is_last: bool
    is_full: bool


class Feed:
    """All open streams of this process."""

    def __init__(
        self, db: Database, bus: Bus, rhythm: Rhythm | None = None, source: Source | None = None
    ) -> None:
        """`source` works out what is told beside the log."""
        self._db, self._bus, self._source = db, bus, source
        self._rhythm = rhythm or Rhythm()
        self._board = Board()
        self._seats: Counter[UUID] = Counter()
        self._turns = asyncio.Semaphore(_READS)
        self._asked: dict[Place, asyncio.Task[_Page]] = {}
        self._seen: dict[UUID, int] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    @property
    def open_streams(self) -> int:
        """How many clients are watching."""
        return self._seats.total()

    def close(self) -> None:
        """End every stream in good order; clients come back to whoever serves then."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.cancel()  # its next look would open the database again
        self._bus.ring([stream_topic(owner) for owner in self._seats])

    async def follow(self, start: Start, is_welcome: Welcome) -> AsyncGenerator[bytes, None]:
        """The stream's bytes; TooManyStreams comes before the first of them."""
        with self._seat(start.place.owner_id):
            yield _opening(start, self._rhythm.heartbeat)
            if start.is_over:
                yield bye_frame("over")
                return
            # Listening begins before the first read, so nothing can fall between the two.
            async with (
                self._bus.subscribe(stream_topic(start.place.owner_id)) as bell,
                aclosing(self._run(start.place, bell, is_welcome)) as frames,
            ):
                async for data in frames:
                    yield data

    async def _run(
        self, place: Place, bell: Bell, is_welcome: Welcome
    ) -> AsyncGenerator[bytes, None]:
        now = asyncio.get_running_loop().time
        pace, due, read = self._rhythm, True, 0
        ends = now() + pace.life * random.uniform(0.8, 1.2)  # noqa: S311
        beat, check = now() + pace.heartbeat, now() + pace.recheck
        while now() < ends and not self._closed.is_set():
            page = await self._page(place) if due else None
            data, place = (page.data, page.place) if page else (b"", place)
            # After the log, so that nobody is told of a place in line that a job has left.
            aside, read = self._board.behind(place.owner_id, place.task_id, read)
            if data or aside:
                yield data + (b"" if page and page.is_last else aside)
                beat = now() + pace.heartbeat
            if page and page.is_last:
                yield bye_frame("over")
                return
            if now() >= check:
                if not await self._is_welcome(is_welcome):
                    yield bye_frame("unwelcome")
                    return
                check = now() + pace.recheck
            if now() >= beat:
                yield heartbeat_frame(place.cursor)
                beat = now() + pace.heartbeat
            if page and page.is_full:
                continue
            is_away = due and page is None
            patience = max(0.0, min(beat, check, ends) - now())
            due = await bell.wait(min(patience, 1.0) if is_away else patience) or is_away
        yield bye_frame("closing" if self._closed.is_set() else "renew")

    async def _page(self, place: Place) -> _Page | None:
        """What follows a place; None while the database is away, which the stream outlives."""
        asked = self._asked.get(place)
        if asked is None:
            asked = self._asked[place] = asyncio.create_task(self._read(place))
            asked.add_done_callback(_fetch)
        try:
            # The client that asked first may leave; those who wait with it must get their answer.
            return await asyncio.shield(asked)
        except DatabaseAway:
            return None

    async def _read(self, place: Place) -> _Page:
        async with self._turns:
            # Who comes from here on may have been rung for something that this look will not see.
            del self._asked[place]
            async with self._db.view() as view:
                found = await read_after(view, place.owner_id, place.seq, _PAGE, place.task_id)
        return _Page(
            data=b"".join(event_frame(place.epoch, entry) for entry in found),
            place=place.behind(found[-1].seq) if found else place,
            is_last=place.task_id is not None and any(e.type in TASK_ENDS for e in found),
            is_full=len(found) == _PAGE,
        )

    async def _is_welcome(self, ask: Welcome) -> bool:
        try:
            return await ask()
        except DatabaseAway:
            return True  # what cannot be asked cannot be read either: nothing leaks meanwhile

    @contextmanager
    def _seat(self, owner_id: UUID) -> Iterator[None]:
        if self._seats[owner_id] >= self._rhythm.most:
            raise TooManyStreams(f"A user has at most {self._rhythm.most} streams at once.")
        self._seats[owner_id] += 1
        is_watched = self._watcher is not None and not self._watcher.done()
        if not is_watched and not self._closed.is_set():
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._seats[owner_id] -= 1
            if not self._seats[owner_id]:
                del self._seats[owner_id]
                self._seen.pop(owner_id, None)

    async def _watch(self) -> None:
        """Ring for streams that have grown unheard, as long as anybody watches."""
        while self._seats:
            await asyncio.sleep(self._rhythm.poll)
            try:
                async with self._db.view() as view:
                    found = await heads(view, self._seats)
                    facts = await self._source(view, list(self._seats)) if self._source else ()
            except DatabaseAway:
                _log.warning("event_log_away", streams=self.open_streams)
                continue
            grown = [owner for owner, seq in found.items() if self._seen.get(owner) != seq]
            self._seen.update((owner, found[owner]) for owner in grown if owner in self._seats)
            moved = self._board.post(facts, self._db.now())
            self._bus.ring([stream_topic(owner) for owner in {*grown, *moved}])
        self._board.post((), self._db.now())  # nobody is to be greeted with what was so once


def _opening(start: Start, heartbeat: float) -> bytes:
    """The frames before the first event; clients that lost us together come back apart."""
    frames = retry_frame(random.randint(1000, 3000))  # noqa: S311
    frames += hello_frame(start.place.cursor, heartbeat)
    if start.reset is not None:
        frames += reset_frame(start.reset, cursor=start.place.cursor)
    return frames


def _fetch(task: "asyncio.Task[_Page]") -> None:
    """Take an error that nobody waits for any more, or it would be logged as a fault."""
    with suppress(asyncio.CancelledError):
        task.exception()
