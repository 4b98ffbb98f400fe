"""Credits that expire: the lots in which they were granted, and what holds keep of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index


class Lot(Main):
    """A grant that expires. How much of it is left is worked out when somebody must know."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("remaining between 0 and amount", name="remaining"),
        CheckConstraint("expired between 0 and remaining", name="expired"),
        CheckConstraint("status in ('open', 'expired')", name="status"),
        CheckConstraint("(status = 'expired') = (expired_at is not null)", name="ended"),
        CheckConstraint("status = 'expired' or expired = 0", name="order"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("ledger_txn.id"), primary_key=True)
    """The grant's own number in the ledger."""
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    seq: Mapped[int]
    """The number of the grant among the wallet's movements."""
    amount: Mapped[int]
    expires_at: Mapped[datetime]
    status: Mapped[str]
    remaining: Mapped[int]
    """What was unspent after the movement `counted`; once it has expired, what was unspent then."""
    counted: Mapped[int]
    expired: Mapped[int] = mapped_column(default=0)
    """What went at its expiry; the rest of what remained is kept by holds, as its covers tell."""
    expired_at: Mapped[datetime | None]


partial_index("ix_lot_open", Lot.wallet_id, Lot.seq, where=text("status = 'open'"))


class LotCover(Main):
    """What an open hold keeps of a lot that has expired: spent by its settlement, or expired by it.

    Written and settled under the wallet's lock; no foreign key leads to the hold, for that would
    lock it after the wallet.
    """

    __tablename__ = "lot_cover"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(seq is null) = (spent is null)", name="settled"),
        CheckConstraint("spent is null or spent between 0 and amount", name="spent"),
    )

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    amount: Mapped[int]
    spent: Mapped[int | None]
    """What of it the hold's capture took; the rest expired with it. None while the hold is open."""
    seq: Mapped[int | None]
    """The wallet's number of the hold's settlement."""


partial_index("ix_lot_cover_open", LotCover.wallet_id, where=text("seq is null"))
partial_index(
    "ix_lot_cover_settled", LotCover.wallet_id, LotCover.seq, where=text("seq is not null")
)
