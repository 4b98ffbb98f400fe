"""Packages of credits, payments for them, and what gateways told about payments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index

STATUSES = ("created", "pending", "paid", "failed", "expired", "cancelled", "refunded", "disputed")
"""Written down; the gateway waits for the money; credited; refused; run out; called off; given back
in full; taken back by the payer's bank.
"""
OPEN = ("created", "pending")
EVENT_STATUSES = ("stored", "applied", "ignored", "parked")
"""Still to be applied; applied, also where it changed nothing any more; about nothing that concerns
us; for an operator.
"""
FLAGS = ("other_amount", "other_session", "refunded", "disputed", "reinstated", "unsettled")
"""Why an operator should look: another sum or currency than was asked for; another session than
ours; credits were taken back; the payer's bank took the money back, or gave it to us once more; it
never came to an end.
"""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class Package(Main):
    """Credits for sale in one tenant. What it costs stands in its versions; `version` is the one in
    force.
    """

    __tablename__ = "package"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str]
    version: Mapped[int]
    position: Mapped[int]
    """Where it stands among the others, the least first."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class PackageVersion(Main):
    """What a package came to, from one change of it to the next; never changed itself."""

    __tablename__ = "package_version"
    __table_args__ = (
        CheckConstraint("credits > 0", name="credits"),
        CheckConstraint("bonus >= 0", name="bonus"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("expires_days is null or expires_days > 0", name="expires_days"),
    )

    package_id: Mapped[UUID] = mapped_column(ForeignKey("package.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant_id: Mapped[UUID]
    credits: Mapped[int]
    """Micro-credits, without the bonus."""
    bonus: Mapped[int]
    price: Mapped[int]
    """In the currency's smallest unit."""
    currency: Mapped[str]
    expires_days: Mapped[int | None]
    """Days until the credits run out; none: they do not."""
    created_at: Mapped[datetime]


class Payment(Main):
    """One wish to buy a package: written down before any gateway hears of it, and credited once."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(_one_of("status", STATUSES), name="status"),
        CheckConstraint(f"flag is null or {_one_of('flag', FLAGS)}", name="flag"),
        CheckConstraint("credits > 0", name="credits"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "(status in ('paid', 'refunded', 'disputed')) = (paid_at is not null)", name="paid"
        ),
        CheckConstraint("taken_back >= 0 and lost >= 0", name="returned"),
        CheckConstraint("taken_back + lost <= credits", name="returned_most"),
        CheckConstraint("paid_at is not null or taken_back + lost = 0", name="returned_paid"),
        CheckConstraint("refunded between 0 and amount", name="refunded"),
        CheckConstraint("disputed between 0 and amount", name="disputed"),
        UniqueConstraint("owner_id", "key"),
        UniqueConstraint("gateway", "session_id"),
        UniqueConstraint("gateway", "intent_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Also what the gateway is told, so that whatever it says can be matched."""
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    package_id: Mapped[UUID] = mapped_column(ForeignKey("package.id"))
    package_version: Mapped[int]
    title: Mapped[str]
    """The package's name at that time."""
    credits: Mapped[int]
    """Micro-credits, the bonus counted in."""
    amount: Mapped[int]
    """In the currency's smallest unit."""
    currency: Mapped[str]
    expires_days: Mapped[int | None]
    gateway: Mapped[str]
    key: Mapped[str]
    """The idempotency key of the request that made it."""
    fingerprint: Mapped[str]
    status: Mapped[str]
    session_id: Mapped[str | None]
    intent_id: Mapped[str | None]
    """What refunds and disputes are about, in the gateway's words."""
    url: Mapped[str | None]
    """Where the payer goes."""
    refunded: Mapped[int]
    disputed: Mapped[int]
    """Of the amount: what was given back, and what the payer's bank took back."""
    taken_back: Mapped[int]
    lost: Mapped[int]
    """Of the credits, for what went back: those that were still there, and those that were not."""
    flag: Mapped[str | None]
    error: Mapped[str | None]
    settled_by: Mapped[UUID | None]
    """The operator who confirmed it by hand."""
    looks: Mapped[int]
    due_at: Mapped[datetime | None]
    """When the gateway is asked next; none: not at all."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


Index("ix_payment_owner", Payment.owner_id, Payment.id)
Index("ix_payment_tenant", Payment.tenant_id, Payment.id)
partial_index("ix_payment_due", Payment.due_at, where=text("due_at is not null"))
partial_index("ix_payment_flagged", Payment.tenant_id, Payment.id, where=text("flag is not null"))


class PaymentEvent(Main):
    """What a gateway told, kept as it came before anything follows from it."""

    __tablename__ = "payment_event"
    __table_args__ = (
        CheckConstraint(_one_of("status", EVENT_STATUSES), name="status"),
        CheckConstraint("(status = 'stored') = (due_at is not null)", name="due"),
        UniqueConstraint("gateway", "event_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    event_id: Mapped[str]
    """The gateway's own name of it, the same for every repeat."""
    type: Mapped[str]
    body: Mapped[bytes]
    payment_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID | None]
    """Whose payment it turned out to be about."""
    status: Mapped[str]
    reason: Mapped[str | None]
    tries: Mapped[int]
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


partial_index("ix_payment_event_due", PaymentEvent.due_at, where=text("due_at is not null"))
Index("ix_payment_event_status", PaymentEvent.status, PaymentEvent.id)
