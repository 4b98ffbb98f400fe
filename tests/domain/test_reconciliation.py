"""Reconciliation: whatever happened, what a provider bills is what the attempts say; and where it
is not, the report tells why.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from gesso.domain import reconciliation, usage
from gesso.domain.reconciliation import BadBill, BadSpan, Columns, Line, ReconciledDay, read_bill
from gesso.domain.tasks import Attempt, report
from gesso.domain.tasks.news import Intent, Postponed
from gesso.infra.db import Database
from tests.domain.history import History, pass_time
from tests.domain.shop import Shop, grip, open_shop

WEEKS = timedelta(days=100)


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def lived(shop: Shop) -> History:
    """Some days of orders, failures, cancellations and silent workers."""
    history = History(shop, seed=5)
    await history.begin()
    await history.live(6)
    pass_time(shop.db, timedelta(hours=25))
    await history.live(6)
    await history.end()
    async with shop.db.tx() as tx:  # nobody gave them names in this history
        for attempt in (await tx.scalars(select(Attempt))).all():
            named = update(Attempt).where(Attempt.id == attempt.id)
            sent = {"provider_job_id": f"j-{attempt.id}", "intent_at": attempt.created_at}
            await tx.execute(named.values(sent))
    return history


async def attempts(db: Database, provider: str) -> list[Attempt]:
    """Those that the provider knows of."""
    query = select(Attempt).where(
        Attempt.provider == provider, Attempt.provider_job_id.is_not(None)
    )
    async with db.view() as view:
        return list(await view.scalars(query.order_by(Attempt.id)))


def bill_of(told: list[Attempt]) -> str:
    """Its own account of them, as it would export it."""
    lines = [
        f"{each.provider_job_id},{Decimal(each.provider_cost) / 10**6},{each.ended_at:%Y-%m-%d}"
        for each in told
        if each.ended_at is not None
    ]
    return "\n".join(["job,usd,day", *lines])


async def days(db: Database) -> list[ReconciledDay]:
    today = db.now().date()
    async with db.view() as view:
        return list(await reconciliation.report(view, today - WEEKS, today, limit=999))


NAMES = Columns(id="job", cost="usd", at="day")


async def test_the_days_are_what_usage_counts(shop: Shop) -> None:
    await lived(shop)
    counted = await reconciliation.reconcile(shop.db)
    told = await days(shop.db)
    assert counted >= len({row.day for row in told}) > 1
    while (await usage.roll_up(shop.db, shop.db)).more:
        pass
    pass_time(shop.db, timedelta(minutes=10))
    await usage.roll_up(shop.db, shop.db)
    today = shop.db.now().date()
    async with shop.db.view() as view:
        question = usage.Question(today - WEEKS, today, [usage.By.DAY, usage.By.PROVIDER])
        groups = (await usage.report(view, question)).groups
    wanted = {
        (group.of[usage.By.DAY], group.of[usage.By.PROVIDER]): [
            group.measures[name] for name in ("charged", "provider_cost", "loss", "attempts")
        ]
        for group in groups
    }
    found = {
        (row.day, row.provider): [row.charged, row.provider_cost, row.loss, row.attempts]
        for row in told
    }
    assert found == {key: figures for key, figures in wanted.items() if any(figures)}
    assert sum(row.loss for row in told) > 0
    assert {row.billed for row in told} == {None}


async def test_a_bill_that_agrees_leaves_nothing_unexplained(shop: Shop) -> None:
    await lived(shop)
    await reconciliation.reconcile(shop.db)
    for provider in ("acme", "studio"):
        lines = read_bill(bill_of(await attempts(shop.db, provider)), NAMES)
        for _ in range(2):  # a bill may come twice
            await reconciliation.import_bill(shop.db, provider, lines, source="june.csv")
    told = [row for row in await days(shop.db) if row.provider in {"acme", "studio"}]
    assert {(row.difference, row.unexplained) for row in told} == {(0, 0)}
    for provider in ("acme", "studio"):
        ours = sum(each.provider_cost for each in await attempts(shop.db, provider))
        assert sum(row.billed or 0 for row in told if row.provider == provider) == ours


async def test_whatever_differs_is_told_with_its_reason(shop: Shop) -> None:
    await lived(shop)
    await reconciliation.reconcile(shop.db)
    ended = [each for each in await attempts(shop.db, "acme") if each.provider_cost]
    dearer, unbilled = ended[0], ended[1]
    stranger = Line("job:x", "x", dearer.ended_at.date(), 7)  # type: ignore[union-attr]
    lines = [
        Line(f"job:{each.provider_job_id}", each.provider_job_id, each.ended_at.date(), cost)
        for each in await attempts(shop.db, "acme")
        if each.id != unbilled.id and each.ended_at
        for cost in [each.provider_cost + (each.id == dearer.id) * 100]
    ]
    await reconciliation.import_bill(shop.db, "acme", [*lines, stranger], source="june.csv")
    rows = [row for row in await days(shop.db) if row.provider == "acme"]
    assert sum(row.unexplained for row in rows) == 3
    assert sum(row.difference or 0 for row in rows) == 100 + 7 - unbilled.provider_cost
    found = []
    async with shop.db.view() as view:
        for day in {row.day for row in rows}:
            found += await reconciliation.unexplained(view, day, limit=9)
    assert {(each.reason, each.provider_job_id, each.billed, each.ours) for each in found} == {
        ("no_attempt", "x", 7, None),
        ("other_cost", dearer.provider_job_id, dearer.provider_cost + 100, dearer.provider_cost),
        ("not_billed", unbilled.provider_job_id, None, unbilled.provider_cost),
    }


async def test_what_is_not_known_is_counted_until_it_is(shop: Shop) -> None:
    await shop.order()
    [job] = await shop.begin()
    await shop.write(report.intend, [Intent(grip(job))])
    await shop.write(report.lose, [Postponed(grip(job), 30)])
    await reconciliation.reconcile(shop.db)
    [row] = await days(shop.db)
    assert (row.unknown, row.attempts, row.charged) == (1, 0, 0)
    pass_time(shop.db, timedelta(days=3))
    await History(shop, seed=1).end()
    await reconciliation.reconcile(shop.db)
    [now] = await days(shop.db)
    assert (now.day - row.day, now.unknown, now.attempts) == (timedelta(days=3), 0, 1)


async def test_a_line_that_came_before_its_attempt_ended_counts_once(shop: Shop) -> None:
    await shop.order()
    [job] = await shop.begin()
    await shop.write(report.intend, [Intent(grip(job))])
    async with shop.db.tx() as tx:
        await tx.execute(update(Attempt).values(provider_job_id="j-1"))
        provider = await tx.scalar(select(Attempt.provider))
    assert provider is not None
    early = shop.db.now().date()
    line = Line("job:j-1", "j-1", early, 40_000)
    await reconciliation.import_bill(shop.db, provider, [line], source="a.csv")
    [row] = await days(shop.db)
    assert (row.day, row.billed, row.unexplained) == (early, 40_000, 1)
    await shop.write(report.lose, [Postponed(grip(job), 30)])
    pass_time(shop.db, timedelta(days=1))
    await reconciliation.reconcile(shop.db)
    pass_time(shop.db, timedelta(days=2))
    await History(shop, seed=1).end()
    async with shop.db.tx() as tx:  # its fate was found out by other means
        await tx.execute(update(ReconciledDay).values(unknown=0))
    await reconciliation.reconcile(shop.db)
    told = await days(shop.db)
    assert [(row.day - early, row.billed) for row in told if row.billed is not None] == [
        (timedelta(days=3), 40_000)
    ]


async def test_a_line_that_moves_to_another_day_leaves_the_first(shop: Shop) -> None:
    today = shop.db.now().date()
    for ago in (3, 1):
        line = Line("job:x", "x", today - timedelta(days=ago), 7)
        await reconciliation.import_bill(shop.db, "acme", [line], source="june.csv")
    told = [(today - row.day, row.billed) for row in await days(shop.db)]
    assert told == [(timedelta(days=1), 7)]


async def test_a_total_counts_and_is_matched_with_nothing(shop: Shop) -> None:
    today = shop.db.now().date()
    lines = read_bill(f"cost,at\n1.5,{today}\n0.25,{today}\n")
    assert await reconciliation.import_bill(shop.db, "acme", lines, source="total.csv") == 1
    [row] = await days(shop.db)
    assert (row.billed, row.difference, row.unexplained) == (1_750_000, 1_750_000, 0)
    async with shop.db.view() as view:
        with pytest.raises(BadSpan):
            await reconciliation.report(view, today, today - WEEKS, limit=9)


def test_bills_are_read_in_the_forms_that_they_have() -> None:
    day = date(2026, 6, 3)
    line = Line("job:a", "a", day, 1_250_000)
    for text in (
        "id,cost,at\na,1.25,2026-06-03\n",
        "id,cost,at,more\r\na,1.00,2026-06-03T01:00:00Z,x\r\na,0.25,2026-06-02T23:00:00-04:00,x\r\n",
        '[{"id": "a", "cost": 1.25, "at": "2026-06-03T23:59:59.9+00:00"}]',
        '{"object": "list", "data": [{"id": "a", "cost": "1.25", "at": 1780444800}]}',
    ):
        assert read_bill(text) == [line], text
    for text, words in {
        "id,cost,at\na,,2026-06-03": "Line 1 has no cost",
        "id,cost,at\na,-1,2026-06-03": "Line 1 has no cost",
        "id,cost,at\na,nan,2026-06-03": "Line 1 has no cost",
        "id,cost,at\na,1,2026-06-03\nb,1,yesterday": "Line 2 has no time",
        "id,cost,at\na,1,99999999999999999999": "Line 1 has no time",
        '[{"id": "a"}]': "no cost",
        "[1]": "no list of objects",
        '{"a": [], "b": []}': "no list of objects",
        "[" * 100_000: "no JSON",
        'id,cost,at\n"a,1': "no CSV",
    }.items():
        with pytest.raises(BadBill, match=words):
            read_bill(text)
    assert read_bill("id,cost,at\n") == []
