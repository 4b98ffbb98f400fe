"""The ledger: movements written as double entries that sum to zero in each layer.

`posted` is money that changed hands, `held` is money that is frozen. Accounts: `wallet:<id>` and
the house's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gesso.domain.wallet.tables import LedgerEntry, LedgerTxn
from gesso.infra.db import Tx, insert_rows, moment
from gesso.kit.ids import new_id

GRANTS = "sys:grants"
REVENUE = "sys:revenue"
PROVIDER_LOSS = "sys:provider_loss"
PAYMENT_LOSS = "sys:payment_loss"
BREAKAGE = "sys:breakage"
"""Where credits go that expire."""
ADJUSTMENTS = "sys:adjustments"


@dataclass(frozen=True, slots=True)
class Entry:
    """`amount` micro-credits into `account` (out of it when negative)."""

    account: str
    layer: str
    amount: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One ledger transaction about to be written."""

    kind: str
    entries: tuple[Entry, ...]
    wallet_id: UUID | None = None
    seq: int | None = None
    hold_id: UUID | None = None
    task_id: UUID | None = None
    reference: str | None = None
    memo: str | None = None
    reverses: UUID | None = None
    actor_id: UUID | None = None
    posted_after: int | None = None
    held_after: int | None = None
    id: UUID = field(default_factory=new_id)


def wallet_account(wallet_id: UUID) -> str:
    """The ledger's name of a wallet."""
    return f"wallet:{wallet_id}"


def moved(layer: str, amount: int, *, into: str, out_of: str) -> tuple[Entry, Entry]:
    """Both sides of `amount` going from one account into another."""
    return Entry(into, layer, amount), Entry(out_of, layer, -amount)


async def post(tx: Tx, movements: Sequence[Movement]) -> None:
    """Write movements; entries go first,
    for the database seals a transaction when its row arrives.
    """
    await insert_rows(
        tx,
        LedgerEntry,
        [
            {"txn_id": m.id, "account": e.account, "layer": e.layer, "amount": e.amount}
            for m in movements
            for e in m.entries
        ],
    )
    await insert_rows(
        tx,
        LedgerTxn,
        [
            {
                "id": m.id,
                "kind": m.kind,
                "wallet_id": m.wallet_id,
                "seq": m.seq,
                "hold_id": m.hold_id,
                "task_id": m.task_id,
                "reference": m.reference,
                "memo": m.memo,
                "reverses": m.reverses,
                "actor_id": m.actor_id,
                "posted_after": m.posted_after,
                "held_after": m.held_after,
                "at": moment(tx),
            }
            for m in movements
        ],
    )
