"""Balances under lock: wallets are read for change in id order, moved in memory and written back
together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select, update

from gesso.domain import events
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Tx, rowset
from gesso.kit.money import credits_text


@dataclass(slots=True)
class Balance:
    """A locked wallet's figures in micro-credits, and the number of its last movement."""

    wallet_id: UUID
    owner_id: UUID
    posted: int
    held: int
    seq: int

    @property
    def available(self) -> int:
        """What can still be frozen."""
        return self.posted - self.held

    def next_seq(self) -> int:
        """The number of one more movement."""
        self.seq += 1
        return self.seq


async def lock(tx: Tx, wallet_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock these wallets until the commit, in an order that cannot deadlock."""
    query = _figures().where(Wallet.id.in_(sorted(set(wallet_ids))))
    return {row[0]: Balance(*row) for row in await tx.execute(query)}


async def lock_owners(tx: Tx, owner_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock the wallets of these owners, by owner; whoever submits for one owner waits here for the
    other.
    """
    query = _figures().where(Wallet.owner_id.in_(sorted(set(owner_ids))))
    return {row[1]: Balance(*row) for row in await tx.execute(query)}


async def write(tx: Tx, balances: Iterable[Balance]) -> None:
    """Write locked balances back, and tell their owners."""
    changed = list(balances)
    if not changed:
        return
    v = rowset(
        tx,
        id=(Wallet.id, [b.wallet_id for b in changed]),
        posted=(Wallet.posted, [b.posted for b in changed]),
        held=(Wallet.held, [b.held for b in changed]),
        seq=(Wallet.seq, [b.seq for b in changed]),
    )
    await tx.execute(
        update(Wallet)
        .where(Wallet.id == v.c.id)
        .values(posted=v.c.posted, held=v.c.held, seq=v.c.seq)
        .execution_options(synchronize_session=False)
    )
    for balance in changed:
        events.record_latest(
            tx,
            balance.owner_id,
            "wallet.changed",
            available=credits_text(balance.available),
            frozen=credits_text(balance.held),
            rev=balance.seq,
        )


def _figures() -> Select[UUID, UUID, int, int, int]:
    return (
        select(Wallet.id, Wallet.owner_id, Wallet.posted, Wallet.held, Wallet.seq)
        .order_by(Wallet.id)
        .with_for_update(key_share=True)
    )
