"""Wallets, what is frozen in them, and the double-entry ledger that proves both."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class Wallet(Main):
    """A checked cache of the ledger: the constraints make an overdraft unrepresentable.
    Micro-credits.
    """

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("posted >= 0", name="posted"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("posted - held >= 0", name="available"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    posted: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    """The number of the wallet's last ledger transaction, which is also its revision."""
    created_at: Mapped[datetime]


class Hold(Main):
    """Credits frozen for one phase of a task; settled exactly once, never by a clock of its own."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("captured between 0 and amount", name="captured"),
        CheckConstraint("status in ('open', 'captured', 'released')", name="status"),
        CheckConstraint("(status = 'open') = (settled_at is null)", name="settled"),
        CheckConstraint("(status = 'captured') = (captured > 0)", name="kind"),
        UniqueConstraint("task_id", "phase"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("task.id", deferrable=True, initially="DEFERRED")
    )
    """Deferred: the credits are frozen before the task is written."""
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    phase: Mapped[str]
    price_version: Mapped[str]
    amount: Mapped[int]
    captured: Mapped[int] = mapped_column(default=0)
    status: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


partial_index("ix_hold_open", Hold.wallet_id, where=Hold.status == "open")


class LedgerTxn(Main):
    """One movement of money. A wallet's movements are numbered without gaps under its row lock."""

    __tablename__ = "ledger_txn"
    __table_args__ = (
        CheckConstraint(
            "kind in ('grant', 'freeze', 'capture', 'release', 'reversal', 'adjust', 'loss')",
            name="kind",
        ),
        CheckConstraint("(wallet_id is null) = (seq is null)", name="numbered"),
        CheckConstraint(
            "(kind in ('freeze', 'capture', 'release')) = (hold_id is not null)", name="hold"
        ),
        UniqueConstraint("wallet_id", "seq"),
        UniqueConstraint("reverses"),
        UniqueConstraint("reference"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wallet_id: Mapped[UUID | None] = mapped_column(ForeignKey("wallet.id"))
    seq: Mapped[int | None]
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("hold.id"))
    task_id: Mapped[UUID | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_txn.id"))
    reference: Mapped[str | None]
    memo: Mapped[str | None]
    posted_after: Mapped[int | None]
    held_after: Mapped[int | None]
    at: Mapped[datetime]


partial_index(
    "uq_ledger_txn_freeze", LedgerTxn.hold_id, where=LedgerTxn.kind == "freeze", unique=True
)
partial_index(
    "uq_ledger_txn_settle",
    LedgerTxn.hold_id,
    where=LedgerTxn.kind.in_(["capture", "release"]),
    unique=True,
)


class LedgerEntry(Main):
    """One side of a movement: per transaction and layer the amounts sum to zero. Micro-credits."""

    __tablename__ = "ledger_entry"
    __table_args__ = (CheckConstraint("layer in ('posted', 'held')", name="layer"),)

    txn_id: Mapped[UUID] = mapped_column(
        ForeignKey("ledger_txn.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    """Written before its transaction, whose insertion then proves the balance."""
    account: Mapped[str] = mapped_column(primary_key=True)
    layer: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


Index("ix_ledger_entry_account", LedgerEntry.account)
