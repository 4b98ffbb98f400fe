"""Credits that expire: once, at their time, and never from under a task that is being paid."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from gesso.app.accounts import open_account
from gesso.domain import wallet
from gesso.domain.wallet import Freeze, Settlement
from gesso.domain.wallet.errors import BadExpiry
from gesso.domain.wallet.lots import open_lots, remaining
from gesso.infra.db import Database, moment
from gesso.kit.ids import new_id
from tests.domain.purse import Purse, breaches, write_task
from tests.domain.shop import crowd


def test_the_ledger_tells_what_is_left_of_every_lot(database_url: str) -> None:
    examples = 12 if database_url.startswith("sqlite") else 6
    profile = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        db, run = Database(database_url), runner.run
        try:
            # Anything that makes a machine will do; the annotation asks for a class.
            run_state_machine_as_test(lambda: Purse(db, run), settings=profile)  # type: ignore[arg-type]
        finally:
            run(db.close())


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def test_what_would_have_expired_is_not_granted(db: Database) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = await wallet.of_owner(tx, user.id)
        with pytest.raises(BadExpiry):
            await wallet.grant(tx, purse.id, 5, expires_at=moment(tx))


async def test_a_lot_is_counted_forward_when_it_is_far_behind_and_nothing_expires(
    db: Database,
) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = (await wallet.of_owner(tx, user.id)).id
        await wallet.grant(tx, purse, 10, expires_at=moment(tx) + timedelta(hours=1))
        for number in range(4):
            facts = {"reason": "wrong", "reference": f"a{number}"}
            await wallet.adjust(tx, purse, -2, actor_id=None, **facts)
    found = []
    for behind in (4, 3, 3):
        async with db.tx() as tx:
            carried = await wallet.carry(tx, behind=behind)
            (lot,) = await open_lots(tx, purse)
            found.append((carried, lot.remaining, lot.counted, lot.status))
    assert found == [
        (False, 10, 1, "open"), (True, 2, 5, "open"), (False, 2, 5, "open"),
    ]  # fmt: skip
    assert await breaches(db) == []


async def test_many_who_take_out_what_has_expired_take_it_once(db: Database) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org", amount=5)
        purse = (await wallet.of_owner(tx, user.id)).id
        await wallet.grant(tx, purse, 10, expires_at=moment(tx) + timedelta(hours=1))
    db._epoch += 7200

    async def sweep() -> int:
        async with db.tx() as tx:
            return await wallet.expire(tx, room=10)

    await crowd(sweep() for _ in range(10))
    assert await breaches(db) == []
    async with db.view() as view:
        found = await wallet.of_owner(view, user.id)
        kinds = [txn.kind for txn in await wallet.statement(view, purse, before=None, limit=9)]
    assert (found.posted, kinds) == (5, ["expire", "grant", "grant"])


@pytest.mark.parametrize(("captured", "gone"), [(10, 0), (4, 6), (0, 10)])
async def test_what_a_hold_keeps_is_spent_by_it_or_expires_with_it(
    db: Database, captured: int, gone: int
) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = (await wallet.of_owner(tx, user.id)).id
        for hours in (1, 9):
            await wallet.grant(tx, purse, 10, expires_at=moment(tx) + timedelta(hours=hours))
    wish = Freeze(user.tenant_id, purse, new_id(), "making", 10, "1")
    async with db.tx() as tx:
        balances = await wallet.lock_owners(tx, [user.id])
        assert await wallet.freeze(tx, balances, [wish]) == [True]
        await write_task(tx, user.id, wish)
    db._epoch += 2 * 3600
    async with db.tx() as tx:
        assert await wallet.expire(tx, room=9) == 1
    async with db.view() as view:
        found = await wallet.of_owner(view, user.id)
        assert (found.posted, found.held, found.covered) == (20, 10, 10)
    async with db.tx() as tx:
        await wallet.settle(tx, [Settlement(wish.task_id, "making", captured)])
    assert await breaches(db) == []
    async with db.view() as view:
        found = await wallet.of_owner(view, user.id)
        assert (found.posted, found.held, found.covered) == (10, 0, 0)
        kinds = [txn.kind for txn in await wallet.statement(view, purse, before=None, limit=1)]
        assert kinds == (["expire"] if gone else ["capture"])
        lots = await open_lots(view, purse)
        assert list((await remaining(view, purse, lots)).values()) == [10]


async def test_what_has_expired_cannot_be_frozen_however_late_it_is_taken_out(
    db: Database,
) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = (await wallet.of_owner(tx, user.id)).id
        await wallet.grant(tx, purse, 10, expires_at=moment(tx) + timedelta(hours=1))
    db._epoch += 7200
    async with db.tx() as tx:
        balances = await wallet.lock_owners(tx, [user.id])
        wish = Freeze(user.tenant_id, purse, new_id(), "making", 1, "1")
        assert await wallet.freeze(tx, balances, [wish]) == [False]
    async with db.view() as view:
        assert (await wallet.of_owner(view, user.id)).posted == 0
