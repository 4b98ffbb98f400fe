"""What arrived from providers, how far it was believed, and what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from gesso.infra.db import Main, partial_index
from gesso.work import DueRow

TRUSTS = ("signed", "hint")
"""Signed by the provider; or a reason to ask it, and nothing more."""
STATUSES = ("stored", "applied", "late", "foreign", "unreadable", "given_up")
"""Still to be applied; applied; about a submission that had ended; about another one than its
address; signed, and yet nonsense; not applied in a day.
"""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class Arrival(DueRow, Main):
    """One push of a provider, kept as it came; `finished_at` is when it was applied or put aside.

    It names what it is about by bare ids: it outlives them, and they know nothing of it.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        CheckConstraint(_one_of("trust", TRUSTS), name="trust"),
        CheckConstraint(_one_of("status", STATUSES), name="status"),
        CheckConstraint("(status = 'stored') = (finished_at is null)", name="ended"),
        UniqueConstraint("attempt_id", "key"),
    )

    provider: Mapped[str]
    attempt_id: Mapped[UUID]
    """The submission whose address it came to."""
    task_id: Mapped[UUID]
    key: Mapped[str]
    """What it has in common with its repeats, and with nothing else that came to this address."""
    trust: Mapped[str]
    status: Mapped[str]
    headers: Mapped[dict[str, object]]
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    error: Mapped[str | None]


partial_index("ix_inbox_due", Arrival.due_at, where=text("finished_at is null"))
partial_index("ix_inbox_ended", Arrival.finished_at, where=text("finished_at is not null"))
Index("ix_inbox_task", Arrival.task_id, Arrival.id)
