"""What somebody may spend, what they have spent of it, and who pays from a shared wallet."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main

KINDS = ("own", "user", "tenant", "key", "member")


class SpendLimit(Main):
    """The most that a subject may spend a day (UTC) and in all, counted from when it was first set.

    What is frozen counts as spent until it comes free again. Micro-credits.
    """

    __tablename__ = "spend_limit"
    __table_args__ = (
        CheckConstraint("kind in ('own', 'user', 'tenant', 'key', 'member')", name="kind"),
        CheckConstraint("daily is null or daily >= 0", name="daily"),
        CheckConstraint("total is null or total >= 0", name="total"),
        CheckConstraint("spent_today >= 0 and spent_total >= 0", name="spent"),
        UniqueConstraint("kind", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[str]
    """`own` is a user's of themselves, `user` an operator's for a user; a member's subject is the
    membership.
    """
    subject_id: Mapped[UUID]
    daily: Mapped[int | None]
    total: Mapped[int | None]
    day: Mapped[date] = mapped_column(Date)
    """The day of `spent_today`."""
    spent_today: Mapped[int] = mapped_column(default=0)
    spent_total: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class LimitCharge(Main):
    """A hold that counts against a limit, and on which day it does."""

    __tablename__ = "limit_charge"

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("hold.id"), primary_key=True)
    limit_id: Mapped[UUID] = mapped_column(ForeignKey("spend_limit.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    day: Mapped[date] = mapped_column(Date)


class WalletMember(Main):
    """Somebody who pays, or has paid, from a shared wallet."""

    __tablename__ = "wallet_member"
    __table_args__ = (UniqueConstraint("wallet_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    is_manager: Mapped[bool] = mapped_column(default=False)
    """Managers see who spent what, and are told when the wallet is low."""
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """Since when they may not pay from it any more; what they have spent stays theirs to see."""
