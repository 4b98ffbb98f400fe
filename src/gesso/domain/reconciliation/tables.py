"""Days by provider, in our books and on the provider's own bill; derived, but for the bill."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class BillLine(Main):
    """A line of a provider's own account of what was used, as it was imported.

    A line without `provider_job_id` is a day's total: it counts in sums, and is matched with
    nothing.
    """

    __tablename__ = "bill_line"
    __table_args__ = (
        CheckConstraint("cost >= 0", name="cost"),
        UniqueConstraint("provider", "reference"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str]
    reference: Mapped[str]
    """What it is called there; importing it again replaces it."""
    provider_job_id: Mapped[str | None]
    day: Mapped[date]
    """In UTC, by the provider's clock."""
    cost: Mapped[int]
    """In millionths of the provider's currency."""
    source: Mapped[str]
    """The name of the file that it came from."""
    imported_at: Mapped[datetime]


Index("ix_bill_line_day", BillLine.day, BillLine.provider)
partial_index(
    "ix_bill_line_job",
    BillLine.provider,
    BillLine.provider_job_id,
    where=BillLine.provider_job_id.is_not(None),
)


class ReconciledDay(Main):
    """What a day in UTC came to at one provider. `charged` is in micro-credits, the other sums in
    millionths of the provider's currency.
    """

    __tablename__ = "reconciled_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    charged: Mapped[int]
    """Captured of holds that were settled on this day, for pieces made there."""
    provider_cost: Mapped[int]
    """Of attempts that ended on this day."""
    loss: Mapped[int]
    """The part of it for which nothing was delivered."""
    attempts: Mapped[int]
    unknown: Mapped[int]
    """Attempts begun on this day whose fate is not known to this hour, or was never found out."""
    billed: Mapped[int | None]
    """What the provider says for the same attempts; none: nothing was imported."""
    difference: Mapped[int | None]
    """What it says beyond our own figure; below zero where it says less."""
    unexplained: Mapped[int]
    """Lines without an attempt of ours or with another cost, and attempts without a line."""
    counted_at: Mapped[datetime]
