"""The bookkeeping of the topic: whoever tells and dies in whatever order, nothing is missed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gesso.domain import audit, events
from gesso.domain.events.stream import read_after
from gesso.domain.events.tables import Untold
from gesso.domain.events.untold import Telling, claim_untold, settle
from gesso.domain.events.wire import Entry
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from gesso.work import Grip

NO_LEASE = timedelta(0)
"""Whoever takes a row takes it from another one."""
PAGE = 2

STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 1)),
    st.tuples(st.just("take"), st.integers(0, 2)),
    st.tuples(st.just("publish"), st.integers(0, 2)),
    st.tuples(st.just("settle"), st.integers(0, 2)),
    st.tuples(st.just("die"), st.integers(0, 2)),
)


@dataclass
class Teller:
    """One who tells, and how far he has come with what he took."""

    taken: list[tuple[Grip, list[Entry]]] = field(default_factory=list)
    published: list[Telling] = field(default_factory=list)


@dataclass
class Scene:
    """Two owners, three who tell, and what the world has heard."""

    db: Database
    owners: list[UUID] = field(default_factory=lambda: [new_id(), new_id()])
    tellers: list[Teller] = field(default_factory=lambda: [Teller() for _ in range(3)])
    heard: list[tuple[UUID, int]] = field(default_factory=list)
    said: dict[UUID, int] = field(default_factory=dict)

    async def say(self, number: int) -> None:
        owner = self.owners[number]
        self.said[owner] = self.said.get(owner, 0) + 1
        async with self.db.tx() as tx:
            events.record(tx, owner, "task.running")

    async def take(self, number: int) -> None:
        async with self.db.tx() as tx:
            grips = await claim_untold(tx, room=9, lease=NO_LEASE)
        async with self.db.view() as view:
            pages = [await read_after(view, grip.id, grip.fence, PAGE) for grip in grips]
        self.tellers[number].taken += zip(grips, pages, strict=True)

    async def publish(self, number: int) -> None:
        teller = self.tellers[number]
        for grip, page in teller.taken:
            self.heard += [(grip.id, entry.seq) for entry in page]
            teller.published.append(Telling(grip, page[-1].seq, page[-1].at))
        teller.taken.clear()

    async def settle(self, number: int) -> None:
        tellings = {each.grip.id: each for each in self.tellers[number].published}
        self.tellers[number].published.clear()
        if tellings:
            async with self.db.tx() as tx:
                await settle(tx, list(tellings.values()))

    async def die(self, number: int) -> None:
        self.tellers[number] = Teller()

    async def untold(self) -> list[UUID]:
        async with self.db.view() as view:
            return list((await view.scalars(select(Untold.stream_id))).all())

    async def end(self) -> None:
        """Let one who tells do all that is left."""
        await self.die(0)
        while await self.untold():
            for step in (self.take, self.publish, self.settle):
                await step(0)


@asynccontextmanager
async def new_scene(url: str) -> AsyncIterator[Scene]:
    db = Database(url)
    events.keep_untold(db)
    yield Scene(db)
    await db.close()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=24))
def test_in_whatever_order_they_tell_and_die_all_is_heard_in_order(
    sqlite_url: str, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        async with new_scene(sqlite_url) as scene:
            for name, number in steps:
                await getattr(scene, name)(number)
                async with scene.db.view() as view:
                    assert await audit.run(view) == []
            await scene.end()
            for owner in scene.owners:
                firsts = dict.fromkeys(seq for heard, seq in scene.heard if heard == owner)
                assert list(firsts) == list(range(1, scene.said.get(owner, 0) + 1))

    asyncio.run(play())


async def test_who_lost_his_row_moves_no_mark_back(database_url: str) -> None:
    async with new_scene(database_url) as scene:
        for _ in range(5):
            await scene.say(0)
        await scene.take(0)
        await scene.publish(0)
        for _ in range(2):
            for step in (scene.take, scene.publish, scene.settle):
                await step(1)
        await scene.settle(0)
        async with scene.db.view() as view:
            assert (await view.scalars(select(Untold.told))).all() == [4]
        await scene.end()
        assert [seq for _, seq in scene.heard] == [1, 2, 1, 2, 3, 4, 5]
