"""A model of one wallet, told the plain way: a capture is taken out of a lot when it happens."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
"""When every example begins."""


@dataclass
class Batch:
    """A lot of the model: how much is left of it, and when it ends (in hours)."""

    ends: float
    number: int
    left: int


@dataclass
class Held:
    """A hold of the model, with what it keeps of lots that have expired, and its day's charge."""

    amount: int
    kept: list[int] = field(default_factory=list)
    counted: bool = False
    day: int = 0


@dataclass
class Naive:
    """One wallet, told the plain way: every capture is taken out of a lot at once."""

    hour: float = 0.0
    posted: int = 0
    lots: list[Batch] = field(default_factory=list)
    holds: dict[UUID, Held] = field(default_factory=dict)
    daily: int | None = None
    total: int | None = None
    spent: dict[int, int] = field(default_factory=dict)
    spent_total: int = 0

    @property
    def day(self) -> int:
        return (NOON + timedelta(hours=self.hour)).date().toordinal()

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values())

    @property
    def available(self) -> int:
        return self.posted - self.held

    @property
    def in_order(self) -> list[Batch]:
        return sorted(self.lots, key=lambda lot: (lot.ends, lot.number))

    def sweep(self) -> None:
        free = self.held - sum(sum(hold.kept) for hold in self.holds.values())
        for lot in self.in_order:
            if lot.ends > self.hour:
                continue
            keeps = min(lot.left, free)
            free -= keeps
            self.posted -= lot.left - keeps
            self.lots.remove(lot)
            for hold in self.holds.values():
                part = min(keeps, hold.amount - sum(hold.kept))
                keeps -= part
                if part:
                    hold.kept.append(part)

    def spend(self, amount: int) -> None:
        self.posted -= amount
        for lot in self.in_order:
            part = min(amount, lot.left)
            lot.left -= part
            amount -= part

    def settle(self, task_id: UUID, captured: int) -> None:
        hold = self.holds.pop(task_id)
        kept = min(sum(hold.kept), captured)
        self.posted -= sum(hold.kept)  # spent, or expired with the hold
        self.spend(captured - kept)
        if hold.counted:
            self.spent_total -= hold.amount - captured
            self.spent[hold.day] -= hold.amount - captured

    def count(self, amount: int) -> None:
        self.spent_total += amount
        self.spent[self.day] = self.spent.get(self.day, 0) + amount

    def allows(self, amount: int) -> bool:
        today = self.spent.get(self.day, 0)
        return (self.daily is None or today + amount <= self.daily) and (
            self.total is None or self.spent_total + amount <= self.total
        )
