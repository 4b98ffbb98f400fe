"""Streams end with the session that opened them, however its token came."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gesso.domain import events, sessions
from gesso.domain.tasks.routes import stream_routes
from gesso.infra.bus.local import LocalBus
from gesso.infra.db import Database
from tests.sessions.guesthouse import GuestHouse, Guests, open_guesthouse


@dataclass
class WatchedHouse(GuestHouse):
    """A guest house with a feed that asks often who is still welcome."""

    def __post_init__(self) -> None:
        super().__post_init__()
        bus = LocalBus()
        self.db.listen(bus.publish)
        self.feed = events.Feed(self.db, bus, events.Rhythm(poll=60, recheck=0.2))


@pytest.fixture
async def watched(database_url: str, tmp_path: Path) -> AsyncIterator[Guests]:
    """A guest house with streams."""
    db = Database(database_url)
    async with db.tx() as tx:
        await events.ensure_epoch(tx)
    async with open_guesthouse(WatchedHouse(db, folder=tmp_path), stream_routes) as guests:
        yield guests
    await db.close()


@pytest.mark.parametrize("way", ["bearer", "cookie"])
async def test_a_stream_ends_with_its_session(watched: Guests, way: str) -> None:
    anna = await watched.guest()
    opened = await watched.sign_in()
    token = opened["access_token"]
    headers = {
        "bearer": {"Authorization": f"Bearer {token}"},
        "cookie": {"Cookie": f"gesso-access={token}", "Sec-Fetch-Site": "cross-site"},
    }[way]
    async with watched.web.get("/api/v1/events", headers=headers) as stream:
        assert stream.status == 200
        assert b"retry" in await stream.content.readany()
        async with watched.db.tx() as tx:
            events.record(tx, anna.id, "task.running")
        assert b"task.running" in await stream.content.readany()
        async with watched.db.tx() as tx:
            assert await sessions.end_all(tx, anna.id, "revoked") == 1
        async with asyncio.timeout(5):
            assert b"session.ended" in await stream.content.read()
