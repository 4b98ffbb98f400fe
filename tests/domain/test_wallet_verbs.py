"""The wallet against a model of it: whatever is granted, frozen and settled, the books balance."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from gesso.app.accounts import open_account
from gesso.domain import audit, wallet
from gesso.domain.tasks.tables import Task
from gesso.domain.wallet import Freeze, Hold, LedgerEntry, LedgerTxn, Settlement, Wallet
from gesso.infra.db import Database, Tx, moment
from gesso.infra.errors import Invalid
from gesso.kit.ids import new_id
from tests.domain.world import LATER

T = TypeVar("T")
AMOUNTS = st.integers(1, 40)


class Books(RuleBasedStateMachine):
    """Two wallets, and what the model thinks is in them; every step is a real transaction."""

    def __init__(self, db: Database, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        super().__init__()
        self.db, self.run = db, run
        self.posted, self.held = [0, 0], [0, 0]
        self.open: dict[UUID, tuple[int, int]] = {}
        self.closed: list[UUID] = []
        self.references: set[str] = set()

    @initialize()
    def people(self) -> None:
        self.run(self._people())

    async def _people(self) -> None:
        async with self.db.tx() as tx:
            users = [await open_account(tx, f"{new_id()}@example.org") for _ in range(2)]
            self.wallets = [(await wallet.of_owner(tx, user.id)).id for user in users]
        self.users = users

    @rule(whose=st.integers(0, 1), amount=AMOUNTS, reference=st.sampled_from([None, "a", "b"]))
    def grant(self, whose: int, amount: int, reference: str | None) -> None:
        name = f"{self.wallets[0]}:{reference}" if reference else None
        is_new = self.run(self._grant(whose, amount, name))
        assert is_new is (name not in self.references)
        if is_new:
            self.posted[whose] += amount
        if name:
            self.references.add(name)

    async def _grant(self, whose: int, amount: int, name: str | None) -> bool:
        async with self.db.tx() as tx:
            return await wallet.grant(tx, self.wallets[whose], amount, reference=name)

    @rule(wishes=st.lists(st.tuples(st.integers(0, 1), AMOUNTS), min_size=1, max_size=6))
    def freeze(self, wishes: list[tuple[int, int]]) -> None:
        answers = self.run(self._freeze(wishes))
        for (whose, amount), (task_id, covered) in zip(wishes, answers, strict=True):
            assert covered is (amount <= self.posted[whose] - self.held[whose])
            if covered:
                self.held[whose] += amount
                self.open[task_id] = (whose, amount)

    async def _freeze(self, wishes: list[tuple[int, int]]) -> list[tuple[UUID, bool]]:
        async with self.db.tx() as tx:
            balances = await wallet.lock_owners(tx, [user.id for user in self.users])
            asked = [
                Freeze(
                    self.users[0].tenant_id, self.wallets[whose], new_id(), "making", amount, "1"
                )
                for whose, amount in wishes
            ]
            answers = await wallet.freeze(tx, balances, asked)
            for (whose, _), wish, covered in zip(wishes, asked, answers, strict=True):
                if covered:
                    await self._task(tx, whose, wish)
            return [(w.task_id, answer is True) for w, answer in zip(asked, answers, strict=True)]

    async def _task(self, tx: Tx, whose: int, wish: Freeze) -> None:
        """The task that a hold belongs to; as the wallet knows nothing of its state, it is any."""
        await tx.execute(
            insert(Task).values(
                id=wish.task_id, tenant_id=wish.tenant_id, owner_id=self.users[whose].id,
                wallet_id=wish.wallet_id, type="sketch", status="queued", phase="making", meta={},
                held=wish.amount, created_at=moment(tx), updated_at=moment(tx), deadline_at=LATER,
            )
        )  # fmt: skip

    @precondition(lambda self: self.open)
    @rule(data=st.data(), doubled=st.booleans())
    def settle(self, data: st.DataObject, *, doubled: bool) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.open)))
        whose, amount = self.open.pop(task_id)
        captured = data.draw(st.integers(0, amount))
        answers = self.run(self._settle(task_id, captured, times=1 + doubled))
        assert [(a.amount, a.captured, a.released) for a in answers] == [
            (amount, captured, amount - captured)
        ]
        self.posted[whose] -= captured
        self.held[whose] -= amount
        self.closed.append(task_id)

    @precondition(lambda self: self.closed)
    @rule(data=st.data(), captured=AMOUNTS)
    def settle_again(self, data: st.DataObject, captured: int) -> None:
        task_id = data.draw(st.sampled_from(self.closed))
        assert self.run(self._settle(task_id, captured)) == []

    @precondition(lambda self: self.open)
    @rule(data=st.data(), too_much=st.integers(1, 5))
    def settle_too_much(self, data: st.DataObject, too_much: int) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.open)))
        with pytest.raises(ValueError, match="more than was frozen"):
            self.run(self._settle(task_id, self.open[task_id][1] + too_much))

    async def _settle(self, task_id: UUID, captured: int, times: int = 1) -> list[wallet.Settled]:
        settled: list[wallet.Settled] = []
        for _ in range(times):
            async with self.db.tx() as tx:
                settled += await wallet.settle(tx, [Settlement(task_id, "making", captured)])
        return settled

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "wallets"):
            self.run(self._balance())

    async def _balance(self) -> None:
        async with self.db.view() as view:
            for place, wallet_id in enumerate(self.wallets):
                row = await view.get(Wallet, wallet_id)
                assert row is not None
                assert (row.posted, row.held) == (self.posted[place], self.held[place])
                for layer, figure in (("posted", row.posted), ("held", row.held)):
                    entries = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
                        LedgerEntry.account == f"wallet:{wallet_id}", LedgerEntry.layer == layer
                    )
                    assert int(await view.scalar(entries) or 0) == figure
                holds = select(func.coalesce(func.sum(Hold.amount), 0)).where(
                    Hold.wallet_id == wallet_id, Hold.status == "open"
                )
                assert int(await view.scalar(holds) or 0) == row.held

    def teardown(self) -> None:
        self.run(self._audit())

    async def _audit(self) -> None:
        async with self.db.view() as view:
            found = await audit.run(view)
        assert not [breach for breach in found if breach.check in OF_THE_LEDGER]


OF_THE_LEDGER = ("I01", "I02", "I03", "I03b", "I04", "I08")
"""The audit's checks of the books alone; the others ask for jobs too, and here are none."""


@contextmanager
def a_loop() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """One event loop for all steps of all examples."""
    with asyncio.Runner() as runner:
        yield runner.run


def test_the_books_balance_whatever_is_done(database_url: str) -> None:
    examples = 15 if database_url.startswith("sqlite") else 6
    profile = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with a_loop() as run:
        db = Database(database_url)
        try:
            # Anything that makes a machine will do; the annotation asks for a class.
            run_state_machine_as_test(lambda: Books(db, run), settings=profile)  # type: ignore[arg-type]
        finally:
            run(db.close())


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def test_a_grant_is_something_and_not_the_moon(db: Database) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = await wallet.of_owner(tx, user.id)
        for amount in (0, -1, 10**15 + 1):
            with pytest.raises(Invalid):
                await wallet.grant(tx, purse.id, amount)
        assert await wallet.grant(tx, purse.id, 10**15)


@pytest.mark.parametrize(
    "figures", [{"posted": -1}, {"held": 1}, {"held": -1}, {"posted": 1, "held": 2}]
)
async def test_the_database_itself_refuses_an_overdraft(
    db: Database, figures: dict[str, int]
) -> None:
    async with db.tx() as tx:
        user = await open_account(tx, "anna@example.org")
        purse = await wallet.of_owner(tx, user.id)
    with pytest.raises(DBAPIError, match=r"(?i)check"):
        async with db.tx() as tx:
            await tx.execute(update(Wallet).where(Wallet.id == purse.id).values(**figures))


@pytest.mark.parametrize("entity", [LedgerTxn, LedgerEntry])
@pytest.mark.parametrize("verb", ["update", "delete"])
async def test_what_is_written_in_the_ledger_stays(db: Database, entity: Any, verb: str) -> None:
    async with db.tx() as tx:
        await open_account(tx, "anna@example.org", amount=5)
    table = entity.__table__
    values = {"memo": "corrected"} if entity is LedgerTxn else {"amount": 0}
    change = table.delete() if verb == "delete" else table.update().values(values)
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.tx() as tx:
            await tx.execute(change)
