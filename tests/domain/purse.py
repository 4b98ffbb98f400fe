"""A wallet beside a model of it that takes every capture out of a lot when it happens.

The wallet itself writes down no such thing: it works out at an expiry what was left. So both must
come to the same, whatever is done in between, however late anybody looks.
"""

import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import insert, select

from gesso.app.accounts import open_account
from gesso.domain import audit, wallet
from gesso.domain.tasks.tables import Task
from gesso.domain.wallet import Freeze, Refund, Settlement, Wallet
from gesso.domain.wallet.errors import NotCovered, NothingToRefund, SpendLimitReached
from gesso.domain.wallet.limit_tables import SpendLimit
from gesso.domain.wallet.lots import open_lots, remaining
from gesso.domain.wallet.setting import limit_user
from gesso.infra.db import Database, Tx, moment
from gesso.kit.ids import new_id
from tests.domain.naive import NOON, Batch, Held, Naive
from tests.domain.world import LATER

AMOUNTS = st.integers(1, 30)
OF_CREDITS = ("I01", "I02", "I03", "I03b", "I04", "I08", "I17", "I23", "I23b", "I23c", "I24", "I26")
"""The audit's checks that need no jobs."""


async def write_task(tx: Tx, owner_id: UUID, wish: Freeze) -> None:
    """The task that a hold belongs to; as the wallet knows nothing of its state, it is any."""
    await tx.execute(
        insert(Task).values(
            id=wish.task_id, tenant_id=wish.tenant_id, owner_id=owner_id,
            wallet_id=wish.wallet_id, type="sketch", status="queued", phase="making", meta={},
            held=wish.amount, created_at=moment(tx), updated_at=moment(tx), deadline_at=LATER,
        )
    )  # fmt: skip


async def sweep(db: Database) -> int:
    """Take out what has expired; of how many wallets it was."""
    async with db.tx() as tx:
        return await wallet.expire(tx, room=1000)


async def breaches(db: Database) -> list[str]:
    """Which promises about credits are broken."""
    async with db.view() as view:
        return [each.check for each in await audit.run(view) if each.check in OF_CREDITS]


class Purse(RuleBasedStateMachine):
    """A wallet and its model; every step is a real transaction, at an hour that only we move."""

    def __init__(self, db: Database, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        super().__init__()
        self.db, self.run, self.model = db, run, Naive()
        self.charged: dict[UUID, int] = {}
        self.numbers = 0

    @initialize()
    def somebody(self) -> None:
        self.run(self._somebody())

    async def _somebody(self) -> None:
        self.db._epoch = NOON.timestamp() - time.monotonic()
        async with self.db.tx() as tx:
            self.user = await open_account(tx, f"{new_id()}@example.org")
            self.purse = (await wallet.of_owner(tx, self.user.id)).id
            self.start = moment(tx)

    @rule(amount=AMOUNTS, hours=st.sampled_from([None, 3, 5, 9]))
    def grant(self, amount: int, hours: int | None) -> None:
        self.run(self._grant(amount, hours))
        self.numbers += 1
        self.model.posted += amount
        if hours is not None:
            self.model.lots.append(Batch(self.model.hour + hours, self.numbers, amount))

    async def _grant(self, amount: int, hours: int | None) -> None:
        async with self.db.tx() as tx:
            # To the hour of the model, whatever the real clock did in between.
            at = self.start + timedelta(hours=self.model.hour + hours) if hours else None
            await wallet.grant(tx, self.purse, amount, expires_at=at)

    @rule(amount=AMOUNTS)
    def freeze(self, amount: int) -> None:
        self.model.sweep()
        task_id, answer = self.run(self._freeze(amount))
        if amount > self.model.available:
            assert answer is False
        elif not self.model.allows(amount):
            assert isinstance(answer, SpendLimitReached)
        else:
            assert answer is True
            counts = self.model.daily is not None or self.model.total is not None
            self.model.holds[task_id] = Held(amount, counted=counts, day=self.model.day)
            if counts:
                self.model.spent_total += amount
                self.model.spent[self.model.day] = self.model.spent.get(self.model.day, 0) + amount

    async def _freeze(self, amount: int) -> tuple[UUID, bool | SpendLimitReached]:
        wish = Freeze(
            self.user.tenant_id, self.purse, new_id(), "making", amount, "1",
            spender_id=self.user.id,
        )  # fmt: skip
        async with self.db.tx() as tx:
            balances = await wallet.lock_owners(tx, [self.user.id])
            (answer,) = await wallet.freeze(tx, balances, [wish])
            if answer is True:
                await write_task(tx, self.user.id, wish)
        return wish.task_id, answer

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.model.holds)))
        captured = data.draw(st.integers(0, self.model.holds[task_id].amount))
        self.run(self._settle(task_id, captured))
        self.model.settle(task_id, captured)
        if captured:
            self.charged[task_id] = captured

    async def _settle(self, task_id: UUID, captured: int) -> None:
        async with self.db.tx() as tx:
            await wallet.settle(tx, [Settlement(task_id, "making", captured)])

    @rule(hours=st.sampled_from([1, 4, 24]))
    def wait(self, hours: int) -> None:
        self.db._epoch += hours * 3600
        self.model.hour += hours

    @rule()
    def sweep(self) -> None:
        self.run(self._sweep())
        self.model.sweep()

    async def _sweep(self) -> None:
        await sweep(self.db)

    @rule()
    def carry(self) -> None:
        self.run(self._carry())

    async def _carry(self) -> None:
        # What is left stays the same, as the comparison sees; and one call counts a wallet whole.
        async with self.db.tx() as tx:
            while await wallet.carry(tx, behind=0):
                pass

    @rule(amount=AMOUNTS, down=st.booleans())
    def adjust(self, amount: int, *, down: bool) -> None:
        self.model.sweep()
        change = -amount if down else amount
        if change + self.model.available < 0:
            with pytest.raises(NotCovered):
                self.run(self._adjust(change))
            self.run(self._sweep())  # what was refused did not happen, nor what expired with it
            return
        self.run(self._adjust(change))
        if down:
            self.model.spend(amount)
        else:
            self.model.posted += amount

    async def _adjust(self, amount: int) -> None:
        async with self.db.tx() as tx:
            facts = {"reason": "a test", "reference": str(new_id())}
            await wallet.adjust(tx, self.purse, amount, actor_id=None, **facts)

    @precondition(lambda self: self.charged)
    @rule(data=st.data(), amount=st.one_of(st.none(), AMOUNTS))
    def refund(self, data: st.DataObject, amount: int | None) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.charged)))
        left = self.charged[task_id]
        if not 0 < (amount or left) <= left:
            with pytest.raises(NothingToRefund):
                self.run(self._refund(task_id, amount))
            return
        assert self.run(self._refund(task_id, amount)) == (amount or left)
        self.charged[task_id] -= amount or left
        self.model.posted += amount or left

    async def _refund(self, task_id: UUID, amount: int | None) -> int:
        async with self.db.tx() as tx:
            wish = Refund(task_id, self.user.tenant_id, str(new_id()), amount, "a test", None)
            return (await wallet.reverse(tx, wish)).amount

    @rule(daily=st.sampled_from([None, 40]), total=st.sampled_from([None, 80]))
    def limit(self, daily: int | None, total: int | None) -> None:
        self.run(self._limit(daily, total))
        self.model.daily, self.model.total = daily, total

    async def _limit(self, daily: int | None, total: int | None) -> None:
        async with self.db.tx() as tx:
            await limit_user(tx, self.user.id, ("own", self.user.id), daily=daily, total=total)

    @invariant()
    def both_come_to_the_same(self) -> None:
        if hasattr(self, "purse"):
            self.run(self._compare())

    async def _compare(self) -> None:
        model = self.model
        async with self.db.view() as view:
            row = await view.get(Wallet, self.purse)
            assert row is not None
            kept = sum(sum(hold.kept) for hold in model.holds.values())
            assert (row.posted, row.held, row.covered) == (model.posted, model.held, kept)
            lots = await open_lots(view, self.purse)
            left = await remaining(view, self.purse, lots)
            assert [left[lot.id] for lot in lots] == [lot.left for lot in model.in_order]
            limit = await view.scalar(
                select(SpendLimit).where(SpendLimit.subject_id == self.user.id)
            )
            if limit is not None:
                assert limit.spent_total == model.spent_total

    def teardown(self) -> None:
        self.run(self._audit())

    async def _audit(self) -> None:
        assert await breaches(self.db) == []
