"""How many tasks somebody may have under way: never one more, and seldom a query."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event

from gesso.domain import tasks
from gesso.domain.tasks.ceiling import TooManyTasks
from tests.domain.shop import Shop, open_shop


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def test_orders_that_come_together_find_room_for_as_many_as_there_is(shop: Shop) -> None:
    shop.ceiling = tasks.Ceiling(3)
    answers = await asyncio.gather(*(shop.ask() for _ in range(8)))
    refused = [answer for answer in answers if isinstance(answer, TooManyTasks)]
    assert len(refused) == 5
    assert await shop.money() == (10, 3)


async def test_two_processes_find_the_same_room(shop: Shop) -> None:
    ceilings = [tasks.Ceiling(3), tasks.Ceiling(3)]
    answers = []
    for number in range(6):
        shop.ceiling = ceilings[number % 2]
        answers.append(await shop.ask())
    assert [isinstance(answer, TooManyTasks) for answer in answers] == [False] * 3 + [True] * 3


async def test_what_ends_makes_room(shop: Shop) -> None:
    shop.ceiling = tasks.Ceiling(1)
    await shop.order()
    assert isinstance(await shop.ask(), TooManyTasks)
    [job] = await shop.begin()
    await shop.deliver(job)
    await shop.order()
    assert isinstance(await shop.ask(), TooManyTasks)


async def test_an_order_that_is_repeated_needs_no_room(shop: Shop) -> None:
    shop.ceiling = tasks.Ceiling(1)
    await shop.order(key="once")
    assert isinstance(await shop.ask(key="once"), tasks.Replayed)
    assert isinstance(await shop.ask(key="twice"), TooManyTasks)


async def test_nobody_is_counted_who_cannot_be_near(shop: Shop) -> None:
    await shop.order()
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    engine = shop.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    counts = []
    for ceiling in (None, tasks.Ceiling(0), tasks.Ceiling(1000)):
        shop.ceiling = ceiling
        sent.clear()
        await shop.order()
        counts.append(len(sent))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] == counts[2]
