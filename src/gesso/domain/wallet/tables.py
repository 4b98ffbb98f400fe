"""Wallets, what is frozen in them, and the double-entry ledger that proves both."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, belongs, partial_index


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
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), unique=True)
    """Whose it is; a wallet of nobody's is the tenant's, and its members pay from it."""
    posted: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    """The number of the wallet's last ledger transaction, which is also its revision."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """When the soonest of its lots expires; nothing is frozen after that before it was taken out.
    """
    covered: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What open holds keep of lots that have expired: the sum of its open covers."""
    is_limited: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a limit was ever set for anybody who pays from it; without one, nobody looks."""
    alert_below: Mapped[int | None]
    """Its owner wants to be told when less than this can be spent."""
    is_low: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether that was told, and there has not been more since."""
    pays_from: Mapped[UUID | None] = mapped_column(ForeignKey("wallet.id"))
    """The shared wallet from which its owner pays where an order does not say otherwise."""


partial_index("ix_wallet_expires", Wallet.expires_at, where=Wallet.expires_at.is_not(None))
partial_index("uq_wallet_shared", Wallet.tenant_id, where=Wallet.owner_id.is_(None), unique=True)


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
    spender_id: Mapped[UUID | None]
    """Who spends it; None where it was frozen before that was written down."""
    phase: Mapped[str]
    price_version: Mapped[str]
    amount: Mapped[int]
    captured: Mapped[int] = mapped_column(default=0)
    status: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


partial_index("ix_hold_open", Hold.wallet_id, where=Hold.status == "open")
partial_index("ix_hold_ended", Hold.settled_at, where=text("settled_at is not null"))


class LedgerTxn(Main):
    """One movement of money. A wallet's movements are numbered without gaps under its row lock."""

    __tablename__ = "ledger_txn"
    __table_args__ = (
        CheckConstraint(
            "kind in ('grant', 'freeze', 'capture', 'release', 'reversal', 'adjust', 'loss',"
            " 'expire')",
            name="kind",
        ),
        CheckConstraint("(wallet_id is null) = (seq is null)", name="numbered"),
        CheckConstraint(
            "(kind in ('freeze', 'capture', 'release')) = (hold_id is not null)", name="hold"
        ),
        UniqueConstraint("wallet_id", "seq"),
        UniqueConstraint("reference"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wallet_id: Mapped[UUID | None] = mapped_column(ForeignKey("wallet.id"))
    seq: Mapped[int | None]
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("hold.id"))
    task_id: Mapped[UUID | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_txn.id"))
    """The capture of which a reversal gives back all or a part."""
    reference: Mapped[str | None]
    memo: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    """Which operator did it, where one did."""
    posted_after: Mapped[int | None]
    held_after: Mapped[int | None]
    at: Mapped[datetime]


COMMON = frozenset({"freeze", "capture", "release"})
"""Kinds of movements that every task brings."""
RARELY = "ledger_txn.kind not in ('freeze', 'capture', 'release')"
"""The others, in the words of their index."""
Index("ix_ledger_txn_at", LedgerTxn.wallet_id, LedgerTxn.at, LedgerTxn.seq)
partial_index(
    "ix_ledger_txn_rare",
    LedgerTxn.wallet_id,
    LedgerTxn.seq,
    where=text("kind not in ('freeze', 'capture', 'release')"),
)
partial_index(
    "ix_ledger_txn_task", LedgerTxn.task_id, LedgerTxn.seq, where=text("task_id is not null")
)
partial_index(
    "uq_ledger_txn_freeze", LedgerTxn.hold_id, where=LedgerTxn.kind == "freeze", unique=True
)
partial_index(
    "uq_ledger_txn_settle",
    LedgerTxn.hold_id,
    where=LedgerTxn.kind.in_(["capture", "release"]),
    unique=True,
)
partial_index("ix_ledger_txn_reverses", LedgerTxn.reverses, where=LedgerTxn.reverses.is_not(None))

belongs(LedgerTxn, LedgerTxn.wallet_id, ("wallet", "tenant_id"))


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

belongs(LedgerEntry, LedgerEntry.txn_id, ("ledger_txn", "wallet_id"), ("wallet", "tenant_id"))
