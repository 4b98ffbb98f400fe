"""Balances under lock: wallets are read for change in id order, moved in memory and written back
together. People's own come before shared ones, so that whoever needs both cannot deadlock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update

from gesso.domain import events
from gesso.domain.wallet.ledger import Entry, Movement
from gesso.domain.wallet.limit_tables import WalletMember
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Over, Tx
from gesso.kit.money import credits_text


@dataclass(slots=True)
class Balance:
    """A locked wallet's figures in micro-credits, and the number of its last movement."""

    wallet_id: UUID
    owner_id: UUID | None
    """None: it is shared."""
    posted: int
    held: int
    seq: int
    expires_at: datetime | None
    covered: int
    is_limited: bool
    alert_below: int | None
    is_low: bool
    pays_from: UUID | None
    tenant_id: UUID
    spenders: set[UUID] = field(default_factory=set)
    """Whose doing its movements are; of a shared wallet, they are told."""

    @property
    def available(self) -> int:
        """What can still be frozen."""
        return self.posted - self.held

    def next_seq(self) -> int:
        """The number of one more movement."""
        self.seq += 1
        return self.seq

    def move(self, kind: str, entries: tuple[Entry, ...], **facts: Any) -> Movement:
        """The next movement, which leads to the figures as they stand now."""
        return Movement(
            kind,
            entries,
            wallet_id=self.wallet_id,
            seq=self.next_seq(),
            posted_after=self.posted,
            held_after=self.held,
            **facts,
        )


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's right to pay from a shared wallet."""

    id: UUID
    user_id: UUID
    balance: Balance


_FIGURES = (
    Wallet.id,
    Wallet.owner_id,
    Wallet.posted,
    Wallet.held,
    Wallet.seq,
    Wallet.expires_at,
    Wallet.covered,
    Wallet.is_limited,
    Wallet.alert_below,
    Wallet.is_low,
    Wallet.pays_from,
    Wallet.tenant_id,
)

_LOCK = Over(
    lambda v, _: (
        select(*_FIGURES)
        .join(v, Wallet.id == v.c.id)
        .order_by(Wallet.owner_id.is_(None), Wallet.id)
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
_MEMBERS = (WalletMember.id, WalletMember.user_id, *_FIGURES)
_LOCK_SHARED = Over(
    lambda v, _: (
        select(*_MEMBERS)
        .join(WalletMember, WalletMember.wallet_id == Wallet.id)
        .join(v, and_(WalletMember.user_id == v.c.user_id, WalletMember.removed_at.is_(None)))
        .order_by(Wallet.id)
        .with_for_update(key_share=True, of=Wallet)
    ),
    returning=_MEMBERS,
    user_id=WalletMember.user_id,
)
_WRITE = Over(
    lambda v, _: (
        update(Wallet)
        .where(Wallet.id == v.c.id)
        .values(
            posted=v.c.posted, held=v.c.held, seq=v.c.seq, covered=v.c.covered, is_low=v.c.is_low
        )
    ),
    id=Wallet.id,
    posted=Wallet.posted,
    held=Wallet.held,
    seq=Wallet.seq,
    covered=Wallet.covered,
    is_low=Wallet.is_low,
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


async def lock_shared(tx: Tx, user_ids: Iterable[UUID]) -> dict[UUID, Membership]:
    """Lock the shared wallets from which these people may pay, by person; after everybody's own.
    Members of one wallet have one balance.
    """
    rows = await _LOCK_SHARED(tx, user_id=sorted(set(user_ids)))
    found: dict[UUID, Balance] = {}
    for row in rows:
        found.setdefault(row[2], Balance(*row[2:]))
    return {row[1]: Membership(row[0], row[1], found[row[2]]) for row in rows}


async def write(tx: Tx, balances: Iterable[Balance]) -> None:
    """Write locked balances back, and tell their owners."""
    changed = list(balances)
    if not changed:
        return
    fallen = [balance for balance in changed if _falls(balance)]
    await _WRITE(
        tx,
        id=[b.wallet_id for b in changed],
        posted=[b.posted for b in changed],
        held=[b.held for b in changed],
        seq=[b.seq for b in changed],
        covered=[b.covered for b in changed],
        is_low=[b.is_low for b in changed],
    )
    for balance in changed:
        _tell(tx, balance)
    for balance in fallen:
        await _warn(tx, balance)


def _falls(balance: Balance) -> bool:
    """Whether it has just come to less than its owner wants; it is told again after it was more."""
    if balance.alert_below is None:
        return False
    was_low, balance.is_low = balance.is_low, balance.available < balance.alert_below
    return balance.is_low and not was_low


def _tell(tx: Tx, balance: Balance) -> None:
    shared = {} if balance.owner_id else {"wallet": "shared"}
    for owner_id in [balance.owner_id] if balance.owner_id else sorted(balance.spenders):
        events.record_latest(
            tx,
            owner_id,
            "wallet.changed",
            about=balance.wallet_id,
            available=credits_text(balance.available),
            frozen=credits_text(balance.held),
            rev=balance.seq,
            **shared,
        )


async def _warn(tx: Tx, balance: Balance) -> None:
    """Tell once that a wallet is low: its owner, or the managers of a shared one."""
    told = [balance.owner_id] if balance.owner_id else await _managers(tx, balance.wallet_id)
    for owner_id in told:
        events.record(
            tx,
            owner_id,
            "wallet.low",
            wallet="personal" if balance.owner_id else "shared",
            available=credits_text(balance.available),
            below=credits_text(balance.alert_below or 0),
            rev=balance.seq,
        )


async def _managers(tx: Tx, wallet_id: UUID) -> list[UUID]:
    query = (
        select(WalletMember.user_id)
        .where(
            WalletMember.wallet_id == wallet_id,
            WalletMember.is_manager,
            WalletMember.removed_at.is_(None),
        )
        .order_by(WalletMember.user_id)
        .limit(100)
    )
    return list((await tx.scalars(query)).all())
