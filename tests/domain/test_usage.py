"""Usage agrees with the books to the micro-credit, whatever happened, whenever it was counted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from gesso.domain import usage
from gesso.domain.tasks import Attempt, Job, Task
from gesso.domain.usage import BadRange, By, Question
from gesso.domain.usage.counting import _attempts, _money, _pieces, _tasks
from gesso.domain.usage.latency import COLUMNS, quantile
from gesso.domain.usage.rolling import LAG
from gesso.domain.usage.tables import WHOLE_DAY, Rollup
from gesso.domain.wallet import Hold, LedgerEntry, LedgerTxn
from gesso.infra.db import Database, DatabaseAway, View
from gesso.infra.db.migrate import bring_up
from tests.domain.history import History, pass_time
from tests.domain.shop import Shop, open_shop
from tests.faults.proxy import Proxy

Facts = Counter[tuple[str, date, str, str]]
"""Measure, day, operation, provider or nothing → how much."""
MONEY = ("charged", "released")
TASKS = ("completed", "failed", "cancelled", "expired")
PLACES = [
    ("sqlite", "main"),
    ("postgres", "main"),
    ("postgres", "mariadb"),
    ("sqlite", "mariadb"),
    ("postgres", "sqlite"),
    ("sqlite", "postgres"),
]


@pytest.fixture(params=PLACES, ids="-".join)
async def places(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[Shop, Database]]:
    """A shop, and where its usage is kept."""
    of_main, of_usage = request.param
    async with open_shop(request.getfixturevalue(f"{of_main}_url")) as shop:
        if of_usage == "main":
            yield shop, shop.db
            return
        url = request.getfixturevalue(f"{of_usage}_url")
        await bring_up(url, bind="analytics")
        analytics = Database(url)
        yield shop, analytics
        await analytics.close()


@pytest.fixture
async def shop(postgres_url: str) -> AsyncIterator[Shop]:
    async with open_shop(postgres_url) as shop:
        yield shop


async def catch_up(main: Database, analytics: Database) -> int:
    """Roll up until there is no more; how many steps it took."""
    steps = 1
    while (await usage.roll_up(main, analytics)).more:
        steps += 1
    return steps


async def told(analytics: Database, *by: By) -> usage.Report:
    today = datetime.now().astimezone().date()
    question = Question(today - timedelta(days=100), today + timedelta(days=200), by)
    async with analytics.view() as view:
        return await usage.report(view, question)


async def counted(analytics: Database) -> Facts:
    """What the rollups say."""
    facts: Facts = Counter()
    for group in (await told(analytics, By.DAY, By.OPERATION, By.PROVIDER)).groups:
        day, operation, provider = (group.of[each] for each in (By.DAY, By.OPERATION, By.PROVIDER))
        for name, amount in group.measures.items():
            whose = "" if name in (*MONEY, *TASKS) else provider
            facts[name, day, operation, whose] += amount
    return facts


async def true(main: Database) -> Facts:
    """What the ledger, the tasks, their jobs and attempts say, row by row."""
    async with main.view() as view:
        tasks = {task.id: task for task in await view.scalars(select(Task))}
        jobs = {job.id: job for job in await view.scalars(select(Job))}
        attempts = (await view.scalars(select(Attempt))).all()
        money = await moved(view, {attempt.id: attempt.provider for attempt in attempts})
    facts: Facts = Counter()
    for name, at, task_id, provider, amount in money:
        facts[name, at.date(), tasks[task_id].type, provider] += amount
    for task in tasks.values():
        if task.finished_at:
            facts[task.status, task.finished_at.date(), task.type, ""] += 1
    for attempt in attempts:
        if attempt.ended_at:
            what = tasks[jobs[attempt.job_id].task_id].type
            end = (attempt.ended_at.date(), what, attempt.provider)
            facts["attempts", *end] += attempt.intent_at is not None
            facts["provider_cost", *end] += attempt.provider_cost
    for job in jobs.values():
        if job.finished_at and job.status == "completed":
            facts["pieces", job.finished_at.date(), tasks[job.task_id].type, job.provider] += 1
    return facts


async def moved(
    view: View, providers: dict[UUID, str]
) -> list[tuple[str, datetime, UUID, str, int]]:
    """What the ledger has charged, given back and lost: measure, when, task, provider, amount."""
    amounts = {hold.id: hold.amount for hold in await view.scalars(select(Hold))}
    entries: Counter[tuple[UUID, str]] = Counter()
    for entry in await view.scalars(select(LedgerEntry).where(LedgerEntry.layer == "posted")):
        entries[entry.txn_id, entry.account.removeprefix("sys:").partition(":")[0]] += entry.amount
    found = []
    for move in await view.scalars(select(LedgerTxn).where(LedgerTxn.task_id.is_not(None))):
        assert move.task_id
        if move.kind in ("capture", "release"):
            assert move.hold_id
            charged = -entries[move.id, "wallet"]
            found.append(("charged", move.at, move.task_id, "", charged))
            released = amounts[move.hold_id] - charged
            found.append(("released", move.at, move.task_id, "", released))
        elif move.kind == "loss":
            provider = providers[UUID(str(move.reference).partition(":")[2])]
            lost = entries[move.id, "provider_loss"]
            found.append(("loss", move.at, move.task_id, provider, lost))
    return found


def without_latency(facts: Facts) -> dict[Any, int]:
    return {key: n for key, n in facts.items() if n and not key[0].startswith("took")}


async def test_the_figures_are_those_of_the_books(
    places: tuple[Shop, Database], request: pytest.FixtureRequest
) -> None:
    shop, analytics = places
    history = History(shop, PLACES.index(request.node.callspec.params["places"]))
    await history.begin()
    for _ in range(6):
        await history.live(4)
        pass_time(shop.db, timedelta(hours=7))
        if history.dice.randrange(3):  # the counting, by two at once, falls where it falls
            await asyncio.gather(catch_up(shop.db, analytics), catch_up(shop.db, analytics))
    await history.end()
    pass_time(shop.db, LAG + timedelta(minutes=1))
    await catch_up(shop.db, analytics)
    truth = without_latency(await true(shop.db))
    assert {name for name, *_ in truth} >= {*MONEY, "attempts", "provider_cost", "loss", "pieces"}
    assert len({day for _, day, *_ in truth}) > 1
    assert without_latency(await counted(analytics)) == truth
    totals = (await told(analytics)).totals
    assert sum(totals[column] for column in COLUMNS) == totals["pieces"] > 5
    async with analytics.view() as view:
        unfolded = select(Rollup.day).where(Rollup.slice > WHOLE_DAY).distinct()
        assert len((await view.scalars(unfolded)).all()) <= 1  # days that are over are added up
    await usage.roll_back(analytics, min(day for _, day, *_ in truth) + timedelta(days=1))
    assert without_latency(await counted(analytics)) != truth
    await catch_up(shop.db, analytics)
    assert without_latency(await counted(analytics)) == truth


async def test_counting_twice_changes_nothing(places: tuple[Shop, Database]) -> None:
    shop, analytics = places
    await shop.order(count=2)
    for job in await shop.begin():
        await shop.refuse(job)
    for _ in range(3):
        await catch_up(shop.db, analytics)
        report = await told(analytics)
        assert (report.totals["failed"], report.totals["released"]) == (1, 2_000_000)
        assert report.complete_to is not None
        assert report.complete_to < shop.db.now() - LAG + timedelta(seconds=5)
        pass_time(shop.db, timedelta(minutes=3))


async def test_what_commits_late_is_counted(shop: Shop, mariadb_url: str) -> None:
    await bring_up(mariadb_url, bind="analytics")
    analytics = Database(mariadb_url)
    await shop.order()
    [job] = await shop.begin()
    async with shop.db.tx() as holding:
        await holding.execute(text("select 1 from task for update"))
        refusing = asyncio.create_task(shop.refuse(job))
        while not await shop.blocked():  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.02)
        pass_time(shop.db, LAG - timedelta(minutes=1))
        await catch_up(shop.db, analytics)
        assert (await told(analytics)).totals["failed"] == 0
    await refusing
    pass_time(shop.db, timedelta(days=2))
    await catch_up(shop.db, analytics)
    assert (await told(analytics)).totals["failed"] == 1
    await analytics.close()


async def test_a_bind_that_was_away_goes_on_where_it_stopped(shop: Shop, mariadb_url: str) -> None:
    await bring_up(mariadb_url, bind="analytics")
    history = History(shop, 7)
    await history.begin()
    async with Proxy(mariadb_url).open() as network:
        analytics = Database(network.url)
        await history.live(5)
        await usage.roll_up(shop.db, analytics)
        network.turn("cut")
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await usage.roll_up(shop.db, analytics)
            await history.live(3)
        await history.end()
        network.turn("fair")
        with suppress(DatabaseAway):  # a connection of before
            await usage.roll_up(shop.db, analytics)
        pass_time(shop.db, LAG + timedelta(minutes=1))
        await catch_up(shop.db, analytics)
        assert without_latency(await counted(analytics)) == without_latency(await true(shop.db))
        await analytics.close()


@pytest.mark.parametrize("query", [_tasks, _money, _attempts, _pieces])
async def test_counting_reads_what_has_ended_and_nothing_else(shop: Shop, query: Any) -> None:
    """With every other way made dear, PostgreSQL finds one that scans no table."""
    now = shop.db.now()
    async with shop.db.tx() as tx:
        await tx.execute(text("set local enable_seqscan = off"))
        connection = await tx.connection()
        asked = query(now, now + timedelta(minutes=10)).compile(dialect=connection.dialect)
        values = tuple(asked.params[name] for name in asked.positiontup)
        plan = [line for (line,) in await connection.exec_driver_sql(f"explain {asked}", values)]
    assert not [line for line in plan if "Seq Scan" in line], plan
    assert [line for line in plan if "_ended" in line], plan


@pytest.mark.parametrize(
    ("counts", "share", "seconds"),
    [
        ([], 0.5, None),
        ([0] * 12, 0.5, None),
        ([10, 0, 0], 0.5, 0.5),
        ([0, 4, 4], 0.75, 3.5),
        ([0] * 11 + [3], 0.95, 1800.0),
        ([1] * 12, 1.0, 1800.0),
    ],
)
def test_a_quantile_is_interpolated(counts: list[int], share: float, seconds: float | None) -> None:
    assert quantile(counts, share) == seconds


@pytest.mark.parametrize(("days", "is_good"), [(-1, False), (0, True), (365, True), (366, False)])
async def test_a_range_has_an_end(shop: Shop, days: int, *, is_good: bool) -> None:
    since = date(2026, 1, 1)
    async with shop.db.view() as view:
        asking = usage.report(view, Question(since, since + timedelta(days=days), (By.DAY,)))
        if is_good:
            assert (await asking).groups == []
        else:
            with pytest.raises(BadRange):
                await asking
