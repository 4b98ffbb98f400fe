"""Balances under lock: wallets are read for change in id order, moved in memory and written back
together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain import events
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Over, Tx
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


_FIGURES = (Wallet.id, Wallet.owner_id, Wallet.posted, Wallet.held, Wallet.seq)

_LOCK = Over(
    lambda v, _: (
        select(*_FIGURES)
        .join(v, Wallet.id == v.c.id)
        .order_by(Wallet.id)
        .with_for_update(key_share=True, of=Wallet)
    ),
    returning=_FIGURES,
    id=Wallet.id,
)
_LOCK_OWNERS = Over(
    lambda v, _: (
        select(*_FIGURES)
        .join(v, Wallet.owner_id == v.c.owner_id)
        .order_by(Wallet.id)
        .with_for_update(key_share=True, of=Wallet)
    ),
    returning=_FIGURES,
    owner_id=Wallet.owner_id,
)
_WRITE = Over(
    lambda v, _: (
        update(Wallet)
        .where(Wallet.id == v.c.id)
        .values(posted=v.c.posted, held=v.c.held, seq=v.c.seq)
    ),
    id=Wallet.id,
    posted=Wallet.posted,
    held=Wallet.held,
    seq=Wallet.seq,
)


async def lock(tx: Tx, wallet_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock these wallets until the commit, in an order that cannot deadlock."""
    rows = await _LOCK(tx, id=sorted(set(wallet_ids)))
    return {row[0]: Balance(*row) for row in rows}


async def lock_owners(tx: Tx, owner_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock the wallets of these owners, by owner;
    whoever submits for one owner waits here for the other.
    """
    rows = await _LOCK_OWNERS(tx, owner_id=sorted(set(owner_ids)))
    return {row[1]: Balance(*row) for row in rows}


async def write(tx: Tx, balances: Iterable[Balance]) -> None:
    """Write locked balances back, and tell their owners."""
    changed = list(balances)
    if not changed:
        return
    await _WRITE(
        tx,
        id=[b.wallet_id for b in changed],
        posted=[b.posted for b in changed],
        held=[b.held for b in changed],
        seq=[b.seq for b in changed],
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
