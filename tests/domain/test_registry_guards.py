"""Runs against the database's own guards: legal steps only, whatever is done in whatever order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from gesso.domain import registry
from gesso.domain.registry import Run, Wish, register_task, report
from gesso.domain.registry.claim import begin, claim, release
from gesso.domain.registry.report import Again, End, Share
from gesso.domain.registry.rules import RUN_STEPS
from gesso.domain.registry.tables import RUN_STATUSES, TERMINAL
from gesso.infra.db import Database, Tx
from gesso.infra.errors import Conflict
from gesso.kit.ids import new_id
from gesso.work import MOST_LOST, Grip, Look
from tests.domain.test_tasks_guards import allows, ending, pairs, steps, tx

__all__ = ["tx"]

LEASE = timedelta(seconds=30)
NOW = datetime.now(UTC)


@register_task(name="walk.on", max_attempts=3)
async def walk_on() -> None:
    """Be walked on."""


FUNCTIONS = {walk_on.name: walk_on}


def row(**values: Any) -> dict[str, Any]:
    """A run about to be written."""
    plain = {
        "id": new_id(), "function": "walk.on", "queue": "default", "arguments": {},
        "status": "queued", "priority": 0, "alone": False, "attempt": 0, "max_attempts": 3,
        "fence": 1, "lost": 0, "due_at": NOW, "progress": 0.0, "created_at": NOW,
    }  # fmt: skip
    return {**plain, **values}


async def test_the_database_allows_the_steps_of_the_rules_and_no_other(tx: Tx) -> None:
    columns = ending(RUN_STATUSES)
    rows = {status: new_id() for status in RUN_STATUSES}
    for status, run_id in rows.items():
        await tx.execute(insert(Run).values(row(id=run_id, **columns[status])))
    assert await steps(tx, Run, rows, columns) == pairs(RUN_STEPS)
    assert [await allows(tx, Run, rows["queued"], fence=n) for n in (0, 1, 2)] == [
        False, True, True,
    ]  # fmt: skip
    assert not await allows(tx, Run, rows["completed"], attempt=1)


OPERATIONS = ("ask", "claim", "begin", "finish", "again", "advance", "renew", "cancel", "drop",
              "release", "requeue")  # fmt: skip


class Walk:
    """Takes one step after another, and knows which grips are good."""

    def __init__(self, db: Database, random: Random) -> None:
        self.db, self.random = db, random
        self.grips: list[Grip] = []
        self.seen: dict[UUID, tuple[str, int, int]] = {}

    async def step(self, name: str) -> None:
        """One step, and a look at every run after it."""
        async with self.db.tx() as tx:
            await getattr(self, f"_{name}")(tx)
        async with self.db.view() as view:
            for run in (await view.scalars(select(Run).where(Run.queue == "walk"))).all():
                self._look(run)

    def _look(self, run: Run) -> None:
        before = self.seen.get(run.id)
        if before is not None:
            status, fence, attempt = before
            assert run.fence >= fence
            assert run.attempt >= attempt
            assert status not in TERMINAL or before == (run.status, run.fence, run.attempt)
            assert run.status == status or run.status in RUN_STEPS[status]
        assert run.attempt <= run.max_attempts
        assert run.holder is None or run.status == "running"
        assert (run.finished_at is not None) == (run.status in TERMINAL)
        self.seen[run.id] = run.status, run.fence, run.attempt

    def _grip(self) -> list[Grip]:
        return [self.random.choice(self.grips)] if self.grips else []

    async def _is_good(self, tx: Tx, grip: Grip) -> bool:
        run = await registry.get(tx, grip.id)
        return run.fence == grip.fence and run.status == "running"

    async def _ask(self, tx: Tx) -> None:
        asked = await registry.ask(tx, walk_on, Wish(function="walk.on", arguments={}))
        await tx.execute(update(Run).where(Run.id == asked.run.id).values(queue="walk"))

    async def _claim(self, tx: Tx) -> None:
        holder = self.random.choice([None, "one", "another"])
        taken = await claim(tx, FUNCTIONS, Look(2, holder=holder), lease=LEASE)
        self.grips += [each.grip for each in taken]

    async def _begin(self, tx: Tx) -> None:
        await begin(tx, self._grip(), holder="third", lease=LEASE)

    async def _finish(self, tx: Tx) -> None:
        for grip in self._grip():
            good = await self._is_good(tx, grip)
            assert await report.finish(tx, [End(grip, "completed", result=[1])]) == [good]

    async def _again(self, tx: Tx) -> None:
        for grip in self._grip():
            good = await self._is_good(tx, grip)
            run = await registry.get(tx, grip.id)
            if run.attempt < run.max_attempts:
                assert await report.again(tx, [Again(grip, 0, "raised", "no")]) == [good]

    async def _advance(self, tx: Tx) -> None:
        for grip in self._grip():
            good = await self._is_good(tx, grip)
            assert await report.advance(tx, [Share(grip, self.random.random())]) == [good]

    async def _renew(self, tx: Tx) -> None:
        for grip in self._grip():
            run = await registry.get(tx, grip.id)
            good = await self._is_good(tx, grip) and run.cancel_requested_at is None
            assert await report.renew(tx, [grip], LEASE) == [good]

    async def _cancel(self, tx: Tx) -> None:
        for grip in self._grip():
            try:
                run = await registry.cancel(tx, grip.id)
                assert run.status == "cancelled" or run.cancel_requested_at is not None
            except Conflict:
                assert (await registry.get(tx, grip.id)).status in ("completed", "failed")

    async def _drop(self, tx: Tx) -> None:
        for grip in self._grip():
            past = NOW - timedelta(hours=1)
            write = update(Run).where(Run.id == grip.id, Run.status == "running")
            await tx.execute(write.values(due_at=past))

    async def _release(self, tx: Tx) -> None:
        await release(tx, self._grip(), holder=self.random.choice([None, "one"]))

    async def _requeue(self, tx: Tx) -> None:
        for grip in self._grip():
            run = await registry.get(tx, grip.id)
            parked = run.holder is None and run.lost >= MOST_LOST and run.finished_at is None
            try:
                await registry.RunKeeper().requeue(tx, str(grip.id))
            except Conflict:
                assert not parked
            else:
                assert parked


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(OPERATIONS), min_size=10, max_size=60),
    st.integers(0, 2**32),
)
def test_no_order_of_reports_breaks_a_run(database_url: str, names: list[str], seed: int) -> None:
    async def walk() -> None:
        db = Database(database_url)
        walker = Walk(db, Random(seed))
        try:
            for name in ("ask", "claim", *names):
                await walker.step(name)
            async with db.tx() as tx:
                await tx.execute(delete(Run))
        finally:
            await db.close()

    asyncio.run(walk())


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The database."""
    db = Database(database_url)
    yield db
    await db.close()


async def test_a_run_that_takes_down_five_is_parked_and_an_operator_decides(db: Database) -> None:
    async with db.tx() as tx:
        run = (await registry.ask(tx, walk_on, Wish(function="walk.on", arguments={}))).run
    for lost in range(MOST_LOST):
        async with db.tx() as tx:
            (taken,) = await claim(tx, FUNCTIONS, Look(9, holder="dead"), lease=LEASE)
            assert taken.attempt == 1
            await tx.execute(update(Run).values(due_at=NOW))
        async with db.view() as view:
            assert (await registry.get(view, run.id)).lost == lost
    async with db.tx() as tx:
        assert await claim(tx, FUNCTIONS, Look(9, holder="dead"), lease=LEASE) == []
    async with db.view() as view:
        parked = await registry.get(view, run.id)
    assert (parked.status, parked.lost, parked.holder) == ("retrying", MOST_LOST, None)
    async with db.tx() as tx:
        assert await claim(tx, FUNCTIONS, Look(9, holder="next"), lease=LEASE) == []
        await registry.RunKeeper().requeue(tx, str(run.id))
    async with db.tx() as tx:
        (taken,) = await claim(tx, FUNCTIONS, Look(9, holder="next"), lease=LEASE)
        assert await report.finish(tx, [End(taken.grip, "completed")]) == [True]


async def test_what_is_discarded_has_failed(db: Database) -> None:
    async with db.tx() as tx:
        values = row(status="retrying", lost=MOST_LOST, due_at=NOW + timedelta(days=999))
        await tx.execute(insert(Run).values(values))
        await registry.RunKeeper().discard(tx, str(values["id"]))
    async with db.view() as view:
        run = await registry.get(view, values["id"])
    assert (run.status, run.error_code) == ("failed", "discarded")


async def test_a_run_whose_function_is_gone_waits_and_fails_in_the_end(db: Database) -> None:
    async with db.tx() as tx:
        values = row(function="walk.gone", max_attempts=2)
        await tx.execute(insert(Run).values(values))
    statuses = []
    for _ in range(3):
        async with db.tx() as tx:
            assert await claim(tx, FUNCTIONS, Look(9), lease=LEASE) == []
            run = await registry.get(tx, values["id"])
            statuses.append((run.status, run.attempt, run.error_code))
            await tx.execute(update(Run).where(Run.finished_at.is_(None)).values(due_at=NOW))
    assert statuses == [
        ("retrying", 1, "unknown_function"),
        ("retrying", 2, "unknown_function"),
        ("failed", 2, "unknown_function"),
    ]


async def test_closed_lanes_are_left_alone(db: Database) -> None:
    async with db.tx() as tx:
        await tx.execute(insert(Run).values(row(queue="media")))
        assert await claim(tx, FUNCTIONS, Look(9, closed={"media"}), lease=LEASE) == []
        assert len(await claim(tx, FUNCTIONS, Look(9, closed={"image"}), lease=LEASE)) == 1


async def test_many_who_claim_at_once_take_each_run_once(database_url: str) -> None:
    houses = [Database(database_url) for _ in range(4)]
    houses = houses[:1] * 4 if houses[0].is_sqlite else houses
    async with houses[0].tx() as tx:
        await tx.execute(insert(Run).values([row(alone=n % 2 == 0) for n in range(40)]))

    async def take(db: Database) -> list[UUID]:
        taken = []
        for _ in range(6):
            async with db.tx() as tx:
                taken += await claim(tx, FUNCTIONS, Look(5, holder="me"), lease=LEASE)
        return [each.grip.id for each in taken]

    taken = [each for some in await asyncio.gather(*map(take, houses)) for each in some]
    assert len(taken) == len(set(taken)) == 21
    async with houses[0].view() as view:
        alone = select(Run.id).where(Run.alone, Run.status == "running")
        assert len((await view.scalars(alone)).all()) == 1
    for db in set(houses):
        await db.close()
