"""What was parked, why, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class DeadLetter(Main):
    """One parking of one piece of work; parked again, it gets another letter."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        CheckConstraint("settlement in ('requeued', 'discarded', 'ended')", name="settlement"),
        CheckConstraint("(settlement is null) = (settled_at is null)", name="settled"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """What was parked: `job`, `run`, or a broker's `message`; its keeper knows what to do."""
    subject: Mapped[str]
    """Its id among its kind."""
    lane: Mapped[str]
    reason: Mapped[str]
    deliveries: Mapped[int] = mapped_column(SmallInteger)
    """How many took it up before."""
    facts: Mapped[dict[str, object]]
    parked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settlement: Mapped[str | None]


partial_index(
    "uq_dead_letter_open",
    DeadLetter.kind,
    DeadLetter.subject,
    where=text("settled_at is null"),
    unique=True,
)
