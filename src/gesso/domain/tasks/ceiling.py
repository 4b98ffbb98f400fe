"""The ceiling: how many tasks may be under way at the same time that one wallet pays for.

They are counted under the lock on the wallet, so no two orders can both be the last one. Counting
is seldom needed: every task freezes credits, and every movement of a wallet has a number, so there
are at most as many tasks under way as there were when they were counted, and movements since.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select, text

from gesso.domain import wallet
from gesso.domain.tasks.refusals import NOTHING_MOVED
from gesso.domain.tasks.tables import Task
from gesso.infra.db import Tx
from gesso.infra.errors import TooMany

_MOST_KNOWN = 10_000


class TooManyTasks(TooMany):
    """The user has as many tasks under way as anybody may have; some must end first."""

    code = "too_many_tasks"
    retry_after = 5


class Asked(Protocol):
    """An order, as far as it matters here."""

    @property
    def task_id(self) -> UUID:
        """What it will be called."""


class Ceiling:
    """What one process knows of how near everybody is to it; 0: there is none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[UUID, tuple[int, int]] = {}
        """By wallet: how many there were, and the number of its last movement then."""

    async def refusals(
        self, tx: Tx, purses: Mapping[UUID, wallet.Balance], orders: Sequence[Asked]
    ) -> dict[UUID, TooManyTasks]:
        """Which of these find no room, by their task's id, where each adds one more to those that
        its purse pays for; the purses, by task, are locked.
        """
        if not self._most:
            return {}
        balances = {purse.wallet_id: purse for purse in purses.values()}
        wanted = Counter(purses[order.task_id].wallet_id for order in orders)
        doubtful = [
            balances[purse]
            for purse, number in wanted.items()
            if self._at_most(balances[purse]) + number > self._most
        ]
        if not doubtful:
            return {}
        await self._count(tx, doubtful)
        free = {purse: self._most - self._at_most(balances[purse]) for purse in wanted}
        refused = {}
        for order in orders:
            purse = purses[order.task_id].wallet_id
            free[purse] -= 1
            if free[purse] < 0:
                refused[order.task_id] = TooManyTasks(
                    "You have as many tasks under way as you may have; some must end first.",
                    money=NOTHING_MOVED,
                )
        return refused

    def _at_most(self, balance: wallet.Balance) -> int:
        """How many are under way, or fewer."""
        count, seq = self._known.get(balance.wallet_id, (0, 0))
        return count + max(0, balance.seq - seq)

    async def _count(self, tx: Tx, balances: Sequence[wallet.Balance]) -> None:
        query = (
            select(Task.wallet_id, func.count())
            .where(Task.wallet_id.in_([each.wallet_id for each in balances]))
            .where(text("finished_at is null"))
            .group_by(Task.wallet_id)
        )
        found = dict(list(await tx.execute(query)))
        for balance in balances:
            self._known.pop(balance.wallet_id, None)
            while len(self._known) >= _MOST_KNOWN:
                self._known.pop(next(iter(self._known)))
            self._known[balance.wallet_id] = found.get(balance.wallet_id, 0), balance.seq
