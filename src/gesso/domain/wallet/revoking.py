"""Taking credits back whose money went back: what is left of them goes, the rest is a loss."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from gesso.domain.wallet.balance import lock, write
from gesso.domain.wallet.ledger import (
    GRANTS,
    PAYMENT_LOSS,
    REVENUE,
    Movement,
    moved,
    post,
    wallet_account,
)
from gesso.domain.wallet.lots import expire_due
from gesso.domain.wallet.tables import LedgerEntry, LedgerTxn
from gesso.infra.db import Tx


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of it, in micro-credits: `lost` were spent, have expired, or are frozen
    for work under way.
    """

    taken: int
    lost: int


async def take_back(
    tx: Tx, wallet_id: UUID, amount: int, *, reference: str, memo: str | None = None
) -> TakenBack:
    """Take credits out of a wallet, as far as they can still be spent, and book what is missing as
    the house's loss; the same answer, and nothing else, when `reference` was taken back before.
    """
    balances = await lock(tx, [wallet_id])
    known = await _known(tx, wallet_id, reference)
    if known is not None:
        return TakenBack(known, amount - known)
    balance = balances[wallet_id]
    await expire_due(tx, [balance])
    taken = min(amount, balance.available)
    movements = []
    if taken:
        balance.posted -= taken
        entries = moved("posted", taken, into=GRANTS, out_of=wallet_account(wallet_id))
        movements.append(balance.move("adjust", entries, reference=reference, memo=memo))
    if taken < amount:
        entries = moved("posted", amount - taken, into=PAYMENT_LOSS, out_of=REVENUE)
        movements.append(Movement("loss", entries, reference=f"{reference}:lost", memo=memo))
    await post(tx, movements)
    await write(tx, [balance] if taken else [])
    return TakenBack(taken, amount - taken)


async def _known(tx: Tx, wallet_id: UUID, reference: str) -> int | None:
    """What was taken under this reference before; None when nothing was done under it."""
    names = (reference, f"{reference}:lost")
    found = (await tx.scalars(select(LedgerTxn.id).where(LedgerTxn.reference.in_(names)))).all()
    if not found:
        return None
    taken = select(func.sum(-LedgerEntry.amount)).where(
        LedgerEntry.txn_id.in_(found), LedgerEntry.account == wallet_account(wallet_id)
    )
    return int(await tx.scalar(taken) or 0)
