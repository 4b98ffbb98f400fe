"""What a wallet looks like at the API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gesso.domain.wallet.statements import Day, Line, Period, Question, Standing, Sum
from gesso.domain.wallet.tables import Hold
from gesso.infra.web.instants import Instant
from gesso.kit.ids import parse_id, public_id
from gesso.kit.money import credits_text

Kind = Literal["grant", "freeze", "capture", "release", "reversal", "adjust", "loss", "expire"]
_NOBODYS = UUID(int=0)


class WalletOut(BaseModel):
    """A wallet in credits: `available` can be spent,
    `frozen` is held for tasks, `total` is both.
    """

    available: str
    frozen: str
    total: str
    rev: int
    as_of: str


class EntryOut(BaseModel):
    """One movement, numbered without gaps; `available_after` and `frozen_after` are the running
    balance.
    """

    seq: int
    kind: Kind
    available: str = Field(description="What it did to the credits that can be spent.")
    frozen: str = Field(description="What it did to the credits that are held.")
    available_after: str
    frozen_after: str
    task_id: str | None
    memo: str | None
    at: datetime


class StatementFilter(BaseModel):
    """`?kind&from&to&task_id` of a statement; `kind` may be given more than once."""

    model_config = ConfigDict(populate_by_name=True)

    kind: tuple[Kind, ...] = Field((), max_length=8, description="Of these kinds only.")
    since: Instant | None = Field(None, alias="from", description="From this instant on.")
    until: Instant | None = Field(None, alias="to", description="Before this instant.")
    task_id: str | None = Field(None, max_length=64, description="Of this task only.")

    def question(self) -> Question:
        """The same for the books; a task that cannot be there has no movements."""
        task_id = None
        if self.task_id is not None:
            task_id = parse_id("task", self.task_id) or _NOBODYS
        return Question(self.kind, self.since, self.until, task_id)


class BalanceOut(BaseModel):
    """What a wallet held at one point of its history."""

    available: str
    frozen: str
    total: str
    seq: int = Field(description="The last movement that is counted in; 0 before the first.")


class SumOut(BaseModel):
    """What the movements of a kind came to."""

    kind: Kind
    count: int
    available: str
    frozen: str


class StatementOut(BaseModel):
    """A period: `opening` and all its movements make `closing`. A filter by kind or task bears on
    `sums` alone.
    """

    opening: BalanceOut
    closing: BalanceOut
    sums: list[SumOut]


class HoldOut(BaseModel):
    """Credits that are frozen for one phase of a task."""

    id: str
    task_id: str
    phase: str
    amount: str
    price_version: str
    created_at: datetime


class DayOut(BaseModel):
    """A day in UTC, from its opening balance to its closing one."""

    day: date
    opening: BalanceOut
    closing: BalanceOut


class SeriesOut(BaseModel):
    """The balance by days in UTC, the oldest first; today's closing balance is that of now."""

    days: list[DayOut]


def entry_out(line: Line) -> EntryOut:
    """A movement as it is told."""
    return EntryOut(
        seq=line.seq,
        kind=line.kind,  # type: ignore[arg-type]  # checked by the database
        available=credits_text(line.posted - line.held),
        frozen=credits_text(line.held),
        available_after=credits_text(line.posted_after - line.held_after),
        frozen_after=credits_text(line.held_after),
        task_id=public_id("task", line.task_id) if line.task_id else None,
        memo=line.memo,
        at=line.at,
    )


def balance_out(standing: Standing) -> BalanceOut:
    """A balance as it is told."""
    return BalanceOut(
        available=credits_text(standing.posted - standing.held),
        frozen=credits_text(standing.held),
        total=credits_text(standing.posted),
        seq=standing.seq,
    )


def statement_out(told: Period, sums: Sequence[Sum]) -> StatementOut:
    """A period as it is told."""
    return StatementOut(
        opening=balance_out(told.opening),
        closing=balance_out(told.closing),
        sums=[
            SumOut(
                kind=each.kind,  # type: ignore[arg-type]  # checked by the database
                count=each.count,
                available=credits_text(each.posted - each.held),
                frozen=credits_text(each.held),
            )
            for each in sums
        ],
    )


def hold_out(hold: Hold) -> HoldOut:
    """A hold as it is told."""
    return HoldOut(
        id=public_id("hold", hold.id),
        task_id=public_id("task", hold.task_id),
        phase=hold.phase,
        amount=credits_text(hold.amount),
        price_version=hold.price_version,
        created_at=hold.created_at,
    )


def day_out(told: Day) -> DayOut:
    """A day as it is told."""
    return DayOut(
        day=told.day, opening=balance_out(told.opening), closing=balance_out(told.closing)
    )
