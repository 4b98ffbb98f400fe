"""Credits that expire. What is spent is taken from the lot that expires soonest, and nobody writes
that down: how much of a lot is left follows from the ledger, and is worked out at its expiry.

Between two expiries of a wallet the lots that are open only change by what is spent. Where lots
were granted after the movements n1 < n2 < …, only the sums spent in between matter, so freezing and
settling know nothing of lots. See ADR 0048 for the formula and why it is right.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import aliased

from gesso.domain.wallet.balance import Balance, lock, write
from gesso.domain.wallet.ledger import BREAKAGE, Movement, moved, post, wallet_account
from gesso.domain.wallet.lot_tables import Lot, LotCover
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn, Wallet
from gesso.infra.db import Tx, View, moment, rowset

SPENDING = ("capture", "adjust")
"""Kinds of movements that take posted credits out of lots."""
_TO_COME = 2**62


async def open_lot(tx: Tx, balance: Balance, grant: Movement, expires_at: datetime) -> None:
    """Remember that what this movement granted expires."""
    lot = Lot(
        id=grant.id, tenant_id=balance.tenant_id, wallet_id=balance.wallet_id, seq=grant.seq,
        amount=grant.entries[0].amount, expires_at=expires_at, status="open",
        remaining=grant.entries[0].amount, counted=grant.seq, expired=0,
    )  # fmt: skip
    tx.add(lot)
    await tx.flush()
    if balance.expires_at is None or expires_at < balance.expires_at:
        await _expires(tx, balance, expires_at)


async def expire(tx: Tx, *, room: int) -> int:
    """Take out what has expired, of at most `room` wallets; of how many it was."""
    due = (
        select(Wallet.id)
        .where(Wallet.expires_at <= moment(tx))
        .order_by(Wallet.expires_at)
        .limit(room)
    )
    found = (await tx.scalars(due)).all()
    if found:
        await expire_due(tx, (await lock(tx, found)).values())
    return len(found)


async def expire_due(tx: Tx, balances: Iterable[Balance]) -> None:
    """Take out of these locked wallets what has expired; nothing is asked where nothing has."""
    now = moment(tx)
    for balance in balances:
        if balance.expires_at is not None and balance.expires_at <= now:
            await _expire(tx, balance)


async def _expire(tx: Tx, balance: Balance) -> None:
    """Close the lots whose time is over: what open holds do not keep of them goes."""
    now, lots = moment(tx), await open_lots(tx, balance.wallet_id)
    left = await remaining(tx, balance.wallet_id, lots)
    free, kept, movements = balance.held - balance.covered, [], []
    for lot in lots:
        lot.remaining, lot.counted = left[lot.id], balance.seq
        if lot.expires_at > now:
            continue
        keeps = min(lot.remaining, free)
        free -= keeps
        lot.status, lot.expired, lot.expired_at = "expired", lot.remaining - keeps, now
        if keeps:
            kept.append((lot, keeps))
        if lot.expired:
            movements.append(_gone(balance, lot.expired))
    covers = await _cover(tx, balance, kept) if kept else []
    balance.covered += sum(cover.amount for cover in covers)
    await tx.flush()
    tx.add_all(covers)
    await tx.flush()
    await post(tx, movements)
    await write(tx, [balance])
    await _expires(
        tx, balance, min((e.expires_at for e in lots if e.status == "open"), default=None)
    )


def _gone(balance: Balance, amount: int, task_id: UUID | None = None) -> Movement:
    balance.posted -= amount
    entries = moved("posted", amount, into=BREAKAGE, out_of=wallet_account(balance.wallet_id))
    return balance.move("expire", entries, task_id=task_id)


async def _expires(tx: Tx, balance: Balance, at: datetime | None) -> None:
    balance.expires_at = at
    await tx.execute(
        update(Wallet)
        .where(Wallet.id == balance.wallet_id)
        .values(expires_at=at)
        .execution_options(synchronize_session=False)
    )


async def _cover(tx: Tx, balance: Balance, kept: Sequence[tuple[Lot, int]]) -> Sequence[LotCover]:
    """Write down which open holds keep what, the oldest first."""
    covered = func.coalesce(func.sum(LotCover.amount), 0)
    query = (
        select(Hold.id, Hold.amount - covered)
        .outerjoin(LotCover, LotCover.hold_id == Hold.id)
        .where(Hold.wallet_id == balance.wallet_id, Hold.status == "open")
        .group_by(Hold.id, Hold.amount, Hold.created_at)
        .order_by(Hold.created_at, Hold.id)
    )
    rooms = [(hold_id, int(room)) for hold_id, room in await tx.execute(query) if room]
    covers = []
    for lot, keeps in kept:
        left = keeps
        while left:
            hold_id, room = rooms.pop(0)
            part = min(left, room)
            covers.append(
                LotCover(
                    hold_id=hold_id, lot_id=lot.id, wallet_id=balance.wallet_id,
                    tenant_id=balance.tenant_id, amount=part,
                )
            )  # fmt: skip
            left -= part
            if part < room:
                rooms.insert(0, (hold_id, room - part))
    return covers


async def covers_of(
    tx: Tx, balances: Mapping[UUID, Balance], hold_ids: Collection[UUID]
) -> dict[UUID, list[LotCover]]:
    """What these holds keep of expired lots, by hold; nothing is asked where nothing is kept."""
    if not any(balance.covered for balance in balances.values()):
        return {}
    query = (
        select(LotCover)
        .join(Lot, Lot.id == LotCover.lot_id)
        .where(LotCover.hold_id.in_(list(hold_ids)), LotCover.seq.is_(None))
        .order_by(Lot.expires_at, Lot.seq)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[LotCover]] = {}
    for cover in (await tx.scalars(query)).all():
        found.setdefault(cover.hold_id, []).append(cover)
    return found


def let_go(
    balance: Balance, covers: Sequence[LotCover], settlement: Movement, captured: int
) -> list[Movement]:
    """Settle what a hold kept: its capture spends that first, and what it leaves expires at last.

    The covers' changes are written with the session's next flush.
    """
    over = 0
    for cover in covers:
        cover.spent, cover.seq = min(cover.amount, captured), settlement.seq
        captured -= cover.spent
        balance.covered -= cover.amount
        over += cover.amount - cover.spent
    return [_gone(balance, over, settlement.task_id)] if over else []


async def open_lots(view: View, wallet_id: UUID, *, most: int | None = None) -> Sequence[Lot]:
    """The wallet's lots that have not expired, the soonest to do so first."""
    query = (
        select(Lot)
        .where(Lot.wallet_id == wallet_id, Lot.status == "open")
        .order_by(Lot.expires_at, Lot.seq)
        .limit(most)
        .execution_options(populate_existing=True)
    )
    return (await view.scalars(query)).all()


async def remaining(view: View, wallet_id: UUID, lots: Sequence[Lot]) -> dict[UUID, int]:
    """What is left of each of a wallet's open lots, which must be all that are open."""
    starts = sorted({lot.counted for lot in lots})
    spent = await _spent(view, wallet_id, starts) if lots else {}
    left: dict[UUID, int] = {}
    for start in starts:
        left.update((lot.id, lot.remaining) for lot in lots if lot.counted == start)
        take(lots, left, spent.get(start, 0))
    return left


def take(lots: Sequence[Lot], left: dict[UUID, int], amount: int) -> None:
    """Take what was spent out of the lots that are there by then, the soonest to expire first."""
    for lot in sorted(lots, key=lambda lot: (lot.expires_at, lot.seq)):
        part = min(amount, left.get(lot.id, 0))
        if part:
            left[lot.id] -= part
            amount -= part


async def _spent(view: View, wallet_id: UUID, starts: Sequence[int]) -> dict[int, int]:
    """What was spent behind each of these movements and up to the next, of credits that no expired
    lot had left behind.
    """
    v = rowset(
        view, start=(LedgerTxn.seq, starts), stop=(LedgerTxn.seq, [*starts[1:], _TO_COME])
    )  # fmt: skip
    x, e = aliased(LedgerTxn), aliased(LedgerEntry)
    out = (
        select(v.c.start, func.sum(-e.amount))
        .select_from(v)
        .join(x, and_(x.wallet_id == wallet_id, x.seq > v.c.start, x.seq <= v.c.stop))
        .join(e, and_(e.txn_id == x.id, e.account == wallet_account(wallet_id)))
        .where(x.kind.in_(SPENDING), e.layer == "posted", e.amount < 0)
        .group_by(v.c.start)
    )
    kept = (
        select(v.c.start, func.sum(LotCover.spent))
        .select_from(v)
        .join(
            LotCover,
            and_(
                LotCover.wallet_id == wallet_id,
                LotCover.seq > v.c.start,
                LotCover.seq <= v.c.stop,
            ),
        )
        .group_by(v.c.start)
    )
    spent = {start: int(amount) for start, amount in await view.execute(out)}
    for start, amount in await view.execute(kept):
        spent[start] = spent.get(start, 0) - int(amount)
    return spent
