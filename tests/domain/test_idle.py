"""A house in which nothing is to be done: whoever looks finds nothing, and rings nobody for it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gesso.domain.registry import work as registry_work
from gesso.domain.tasks.work import Desk
from gesso.work import Look
from tests.domain.shop import LEASE, Shop, open_shop


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def test_a_look_that_finds_nothing_rings_nobody(shop: Shop) -> None:
    rung: list[str] = []
    shop.db.listen(rung.extend)
    tasks = Desk(shop.db, shop.menu, lease=LEASE, holder="somebody")
    runs = registry_work.Desk(shop.db, {}, lease=timedelta(seconds=30), holder="somebody")
    look = Look(8, frozenset(), holder="somebody")
    assert await tasks.claim_due(look) == []
    assert await tasks.admit("image", look, 8) == []
    assert await runs.claim(look) == []
    await runs.fire(look)
    assert rung == []
