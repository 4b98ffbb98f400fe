"""Erasures: whose account is being ended, and how far that has come.

The row outlives the account: it is the tombstone by which whatever arrives late is known to be
about somebody who is gone.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Select, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, View, partial_index

STATES: Final = ("asked", "settled", "erased")
"""Nobody comes in any more and what runs is stopped; everything has ended and is paid for, and what
it says is being taken out; nothing is left but figures.
"""


class Erasure(Main):
    """The end of one account. `step` is what is done next; each is safe to do again."""

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("state in ('asked', 'settled', 'erased')", name="state"),
        CheckConstraint("(state = 'asked') = (settled_at is null)", name="settled"),
        CheckConstraint("(state = 'erased') = (finished_at is not null)", name="finished"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    state: Mapped[str]
    step: Mapped[str]
    asked_by: Mapped[str]
    """`self`, `cli`, or the id of the operator who did."""
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, object]]
    """How many of what was erased, by step."""


partial_index("ix_erasure_open", Erasure.asked_at, where=text("finished_at is null"))


async def is_leaving(view: View, user_id: UUID) -> bool:
    """Whether this account is being ended, or has been."""
    return await view.scalar(_of(user_id)) is not None


async def is_gone(view: View, user_id: UUID) -> bool:
    """Whether nothing that happens can concern this account any more: all it ran has ended."""
    return await view.scalar(_of(user_id).where(Erasure.state != "asked")) is not None


def _of(user_id: UUID) -> Select[UUID]:
    # A bare `exists()` names no mapped class, and a tenant's session refuses what it cannot hold.
    return select(Erasure.id).where(Erasure.user_id == user_id)
