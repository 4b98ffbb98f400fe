"""Payments: written down before any gateway hears of them, and what becomes of them by our own
hands. What gateways tell is in `settling.py`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain import wallet
from gesso.domain.identity import Caller
from gesso.domain.payments import packages
from gesso.domain.payments.errors import (
    NoSuchPayment,
    PackageChanged,
    PackageRetired,
    PaymentOver,
)
from gesso.domain.payments.gateway import Opened
from gesso.domain.payments.tables import OPEN, Payment
from gesso.infra.db import Tx, View, moment
from gesso.infra.errors import Conflict
from gesso.kit.ids import new_id

FIRST_LOOK: Final = timedelta(minutes=2)
"""After which a gateway is asked that has told nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """To buy a package, in a way, under a key."""

    package_id: UUID
    gateway: str
    key: str
    version: int | None = None
    """The version that was agreed to; none: whichever is in force."""

    @property
    def fingerprint(self) -> str:
        """What two requests under one key must have in common."""
        asked = f"{self.package_id}|{self.gateway}|{self.version}"
        return hashlib.sha256(asked.encode()).hexdigest()


async def begin(tx: Tx, caller: Caller, wish: Wish) -> tuple[Payment, bool]:
    """Write a payment down, or find the one that this key made; True for a new one.

    The wallet's lock is what two requests under one key wait for.
    """
    await wallet.lock_owners(tx, [caller.user_id])
    same = select(Payment).where(Payment.owner_id == caller.user_id, Payment.key == wish.key)
    known = await tx.scalar(same)
    if known is not None:
        if known.fingerprint != wish.fingerprint:
            raise Conflict(
                "This idempotency key was used for another request.",
                code="idempotency_key_reused",
            )
        return known, False
    offer = await packages.get(tx, caller.tenant_id, wish.package_id)
    if offer.package.retired_at is not None:
        raise PackageRetired("This package is not for sale any more.")
    if wish.version not in (None, offer.package.version):
        raise PackageChanged("The package has changed.", version=offer.package.version)
    payment = await _new(tx, caller, wish, offer)
    tx.add(payment)
    await tx.flush()
    return payment, True


async def _new(tx: Tx, caller: Caller, wish: Wish, offer: packages.Offer) -> Payment:
    figures, now = offer.figures, moment(tx)
    purse = await wallet.of_owner(tx, caller.user_id)
    return Payment(
        id=new_id(),
        tenant_id=caller.tenant_id,
        owner_id=caller.user_id,
        wallet_id=purse.id,
        package_id=offer.package.id,
        package_version=figures.version,
        title=offer.package.name,
        credits=figures.credits + figures.bonus,
        amount=figures.price,
        currency=figures.currency,
        expires_days=figures.expires_days,
        gateway=wish.gateway,
        key=wish.key,
        fingerprint=wish.fingerprint,
        status="created",
        refunded=0,
        disputed=0,
        taken_back=0,
        lost=0,
        looks=0,
        due_at=now + FIRST_LOOK,
        created_at=now,
        updated_at=now,
    )


async def note_opened(tx: Tx, payment_id: UUID, opened: Opened) -> Payment:
    """Write down what the gateway made of it. It may have told of the money by then: what it told
    stands, and only what was missing is filled in.
    """
    payment = await lock(tx, payment_id)
    payment.session_id = payment.session_id or opened.session_id
    if payment.status in OPEN:  # nobody goes there any more, once it is over
        payment.url = payment.url or opened.url
    if payment.status == "created":
        payment.status = "pending"
        if opened.session_id is None:
            payment.due_at = None  # there is nobody to be asked
    payment.updated_at = moment(tx)
    await tx.flush()
    return payment


async def give_up(tx: Tx, payment_id: UUID, status: str, words: str) -> None:
    """End a payment that no money will come for; one that is over stays as it is."""
    await tx.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.status.in_(OPEN))
        .values(status=status, error=words, due_at=None, updated_at=moment(tx))
        .execution_options(synchronize_session=False)
    )


async def cancel(tx: Tx, payment_id: UUID) -> Payment:
    """Call an open payment off; PaymentOver when it is over. Money that comes all the same is
    credited: nobody pays for nothing.
    """
    payment = await lock(tx, payment_id)
    if payment.status not in OPEN:
        raise PaymentOver("The payment is not open any more.", status=payment.status)
    payment.status, payment.updated_at = "cancelled", moment(tx)
    await tx.flush()
    return payment


async def resolve(tx: Tx, payment_id: UUID) -> Payment:
    """Take down the flag of a payment: an operator has looked."""
    payment = await lock(tx, payment_id)
    payment.flag, payment.updated_at = None, moment(tx)
    await tx.flush()
    return payment


async def lock(tx: Tx, payment_id: UUID) -> Payment:
    """The payment as it stands, for change; nobody else changes it until the commit."""
    query = select(Payment).where(Payment.id == payment_id).with_for_update()
    return (await tx.scalars(query.execution_options(populate_existing=True))).one()


async def get(view: View, payment_id: UUID, **whose: UUID) -> Payment:
    """A payment of this owner or tenant (`owner_id=…`, `tenant_id=…`); NoSuchPayment for others."""
    query = select(Payment).where(Payment.id == payment_id).filter_by(**whose)
    found = await view.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NoSuchPayment("There is no such payment.")
    return found


async def page(
    view: View, *, after: UUID | None, limit: int, flagged: bool = False, **having: Any
) -> Sequence[Payment]:
    """Payments with these values, the newest first; with `flagged`, those that an operator should
    look at.
    """
    query = select(Payment).filter_by(**having).order_by(Payment.id.desc()).limit(limit)
    if flagged:
        query = query.where(Payment.flag.is_not(None))
    if after is not None:
        query = query.where(Payment.id < after)
    return (await view.scalars(query)).all()
