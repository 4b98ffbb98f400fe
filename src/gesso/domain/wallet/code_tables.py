"""Redeem codes: batches of them, each code by its hash, who redeemed what, and wrong guesses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main


class CodeBatch(Main):
    """Codes that were made together and are worth the same. Micro-credits."""

    __tablename__ = "code_batch"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("count between 1 and 10000", name="count"),
        CheckConstraint("max_uses between 1 and 1000000", name="max_uses"),
        CheckConstraint("lasts_days is null or lasts_days between 1 and 3650", name="lasts"),
        CheckConstraint("status in ('active', 'disabled')", name="status"),
        UniqueConstraint("tenant_id", "key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str]
    amount: Mapped[int]
    count: Mapped[int]
    max_uses: Mapped[int]
    """How many people may redeem each of them; one person does so once."""
    expires_at: Mapped[datetime | None]
    """Until when they can be redeemed."""
    lasts_days: Mapped[int | None]
    """How many days the credits last once they were redeemed; None: for ever."""
    status: Mapped[str]
    key: Mapped[str | None]
    """The idempotency key of whoever made it."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]


class RedeemCode(Main):
    """A code that was shown once; only its SHA-256 stays (a random 100-bit secret needs no slow
    hash).
    """

    __tablename__ = "redeem_code"
    __table_args__ = (CheckConstraint("uses >= 0 and uses <= max_uses", name="uses"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("code_batch.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    uses: Mapped[int] = mapped_column(default=0)
    max_uses: Mapped[int]


class Redemption(Main):
    """Somebody's use of a code, and the grant that it became."""

    __tablename__ = "redemption"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    code_id: Mapped[UUID] = mapped_column(ForeignKey("redeem_code.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    txn_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_txn.id"), unique=True)
    key: Mapped[str | None]
    """The idempotency key under which it was asked for."""
    created_at: Mapped[datetime]


class CodeGuess(Main):
    """How often somebody, or somebody at an address, presented codes that nobody made."""

    __tablename__ = "code_guess"
    __table_args__ = (CheckConstraint("count >= 0", name="count"),)

    subject: Mapped[str] = mapped_column(primary_key=True)
    """`user:<id>` or `ip:<address>`."""
    since: Mapped[datetime]
    count: Mapped[int]
