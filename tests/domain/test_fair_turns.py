"""Fair turns while others have rows of the line in hand: what is passed over keeps its turn, and
nobody else's turn suffers.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gesso.app.accounts import open_account
from gesso.domain.identity import Caller, Role
from gesso.domain.tasks.admit import admit
from gesso.domain.tasks.finish import lock_tasks
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.domain.shop import LEASE, Shop, open_shop


@pytest.fixture
async def shop(postgres_url: str) -> AsyncIterator[Shop]:
    """On PostgreSQL: SQLite has one writer, and nothing is ever passed over."""
    async with open_shop(postgres_url) as shop:
        yield shop


async def newcomer(shop: Shop) -> Shop:
    """The same shop for somebody else."""
    async with shop.db.tx() as tx:
        user = await open_account(tx, "bert@example.org", amount=10 * CREDIT)
    caller = Caller(user.id, user.tenant_id, Role.USER, frozenset(), new_id())
    return replace(shop, caller=caller)


async def test_a_task_that_is_passed_over_does_not_send_a_newcomer_behind_all_of_it(
    shop: Shop,
) -> None:
    held = await shop.order(count=4)
    other = await shop.order(count=4)
    async with shop.db.tx() as tx:
        await lock_tasks(tx, {held})
        [first] = await shop.write(admit, "image", room=1, lease=LEASE)
    assert first.task_id == other
    theirs = await (await newcomer(shop)).order()
    following = await shop.write(admit, "image", room=2, lease=LEASE)
    assert theirs in {job.task_id for job in following}
