"""What an audit must find of payments: rows that the ledger does not bear out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, insert, update

from gesso.domain.payments.tables import Package, Payment
from gesso.domain.wallet.tables import LedgerTxn
from tests.domain.faults import Fault
from tests.domain.world import NOW, World

PAYMENT = UUID(int=9)


def payment(*more: Executable, **values: Any) -> Callable[[World], list[Executable]]:
    """A payment that is paid, unless said otherwise, and what else there is."""
    row = {
        "id": PAYMENT, "package_id": PAYMENT, "package_version": 1, "title": "x", "credits": 10,
        "amount": 1, "currency": "eur", "gateway": "stripe", "key": "k", "fingerprint": "f",
        "status": "paid", "refunded": 0, "disputed": 0, "taken_back": 0, "lost": 0, "looks": 0,
        "created_at": NOW, "updated_at": NOW, "paid_at": NOW, **values,
    }  # fmt: skip
    package = {"id": PAYMENT, "name": "x", "version": 1, "position": 0}
    dates = {"created_at": NOW, "updated_at": NOW}

    def act(world: World) -> list[Executable]:
        whose = {"tenant_id": world.tenant, "owner_id": world.owner, "wallet_id": world.wallet}
        return [
            insert(Package).values(**package, **dates, tenant_id=world.tenant),
            insert(Payment).values(**row, **whose),
            *more,
        ]

    return act


def credited(name: UUID) -> Executable:
    """The world's grant of ten, in the name of a payment."""
    grant = update(LedgerTxn).where(LedgerTxn.kind == "grant")
    return grant.values(reference=f"payment:{name}")


PAYMENT_FAULTS = [
    Fault("I30", "a payment that was never credited", payment()),
    Fault("I30", "credits for a payment that is not paid",
          payment(credited(PAYMENT), status="pending", paid_at=None)),
    Fault("I30", "another number of credits", payment(credited(PAYMENT), credits=11)),
    Fault("I30", "credits of a payment that is not there", lambda _: [credited(UUID(int=8))]),
    Fault("I30", "credits that went back by the row alone",
          payment(credited(PAYMENT), taken_back=1)),
    Fault("I30", "a loss by the row alone", payment(credited(PAYMENT), lost=1)),
]  # fmt: skip
