"""What can be done to money: grant, adjust, freeze, settle, book a loss. Amounts are micro-credits.

Every verb takes many at once. Freezing is guarded by the balance under its row lock, and once more
by the database's constraints; settling happens once because a hold leaves `open` once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update

from gesso.domain.wallet.balance import Balance, lock, write
from gesso.domain.wallet.errors import BadAmount, BadExpiry, NotCovered, SpendLimitReached
from gesso.domain.wallet.ledger import (
    ADJUSTMENTS,
    GRANTS,
    PROVIDER_LOSS,
    REVENUE,
    Entry,
    Movement,
    moved,
    post,
    wallet_account,
)
from gesso.domain.wallet.limits import Freeze, applying, give_back
from gesso.domain.wallet.lots import covers_of, expire_due, let_go, open_lot
from gesso.domain.wallet.references import is_known
from gesso.domain.wallet.setting import note_tenants_limit
from gesso.domain.wallet.tables import Hold, LedgerTxn, Wallet
from gesso.infra.db import Tx, View, insert_rows, moment, rowset
from gesso.infra.errors import NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import LARGEST, credits_text


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a phase's hold: `captured` is charged, the rest goes back."""

    task_id: UUID
    phase: str
    captured: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement came to."""

    task_id: UUID
    amount: int
    captured: int

    @property
    def released(self) -> int:
        """What went back to the wallet."""
        return self.amount - self.captured


async def open_wallet(tx: Tx, tenant_id: UUID, owner_id: UUID) -> UUID:
    """An empty wallet for a new owner."""
    wallet_id = new_id()
    tx.add(
        Wallet(
            id=wallet_id, tenant_id=tenant_id, owner_id=owner_id, created_at=moment(tx),
            posted=0, held=0, seq=0, covered=0, is_limited=False, is_low=False,
        )
    )  # fmt: skip
    await tx.flush()
    await note_tenants_limit(tx, wallet_id, tenant_id)
    return wallet_id


async def of_owner(view: View, owner_id: UUID) -> Wallet:
    """The owner's wallet as it stands; NotFound for a stranger."""
    wallet = await view.scalar(
        select(Wallet).where(Wallet.owner_id == owner_id).execution_options(populate_existing=True)
    )
    if wallet is None:
        raise NotFound("There is no such wallet.")
    return wallet


async def statement(
    view: View, wallet_id: UUID, *, before: int | None, limit: int
) -> Sequence[LedgerTxn]:
    """The wallet's movements, newest first, from below the number `before`."""
    query = select(LedgerTxn).where(LedgerTxn.wallet_id == wallet_id)
    if before is not None:
        query = query.where(LedgerTxn.seq < before)
    return (await view.scalars(query.order_by(LedgerTxn.seq.desc()).limit(limit))).all()


async def grant(
    tx: Tx,
    wallet_id: UUID,
    amount: int,
    *,
    reference: str | None = None,
    memo: str | None = None,
    expires_at: datetime | None = None,
    actor_id: UUID | None = None,
) -> bool:
    """Give credits, until `expires_at` where that is said; False when `reference` was granted
    before, and then nothing changes.
    """
    if not 0 < amount <= LARGEST:
        raise BadAmount("A grant is more than nothing and at most a milliard credits.")
    if expires_at is not None and expires_at <= moment(tx):
        raise BadExpiry("These credits would have expired already.")
    balances = await lock(tx, [wallet_id])
    if reference is not None and await is_known(tx, reference):
        return False
    balance = balances[wallet_id]
    balance.posted += amount
    entries = moved("posted", amount, into=wallet_account(wallet_id), out_of=GRANTS)
    granted = balance.move("grant", entries, reference=reference, memo=memo, actor_id=actor_id)
    await post(tx, [granted])
    await write(tx, [balance])
    if expires_at is not None:
        await open_lot(tx, balance, granted, expires_at)
    return True


async def adjust(
    tx: Tx, wallet_id: UUID, amount: int, *, reason: str, reference: str, actor_id: UUID | None
) -> bool:
    """Put right by hand what a wallet holds, up or down; NotCovered where less is free than is to
    go. False when `reference` was used before.
    """
    if not 0 < abs(amount) <= LARGEST:
        raise BadAmount("An adjustment is not nothing, and at most a milliard credits.")
    balance = (await lock(tx, [wallet_id]))[wallet_id]
    if await is_known(tx, reference):
        return False
    await expire_due(tx, [balance])
    if balance.available + amount < 0:
        raise NotCovered(
            "There is less to take away than that.", available=credits_text(balance.available)
        )
    balance.posted += amount
    entries = moved("posted", amount, into=wallet_account(wallet_id), out_of=ADJUSTMENTS)
    facts = {"reference": reference, "memo": reason, "actor_id": actor_id}
    await post(tx, [balance.move("adjust", entries, **facts)])
    await write(tx, [balance])
    return True


async def freeze(
    tx: Tx, balances: Mapping[UUID, Balance], wishes: Sequence[Freeze]
) -> list[bool | SpendLimitReached]:
    """Freeze what is covered and within every limit, first come first served; the answers stand in
    the wishes' order. `balances` are locked wallets, under whatever keys.
    """
    by_wallet = {balance.wallet_id: balance for balance in balances.values()}
    await expire_due(tx, by_wallet.values())
    limits = await applying(tx, by_wallet, wishes)
    answers: list[bool | SpendLimitReached] = []
    holds, movements, touched = [], [], {}
    for wish in wishes:
        balance = by_wallet[wish.wallet_id]
        refusal = limits.refusal(wish) if balance.is_limited else None
        covered = 0 < wish.amount <= balance.available
        answers.append(covered if refusal is None or not covered else refusal)
        if answers[-1] is not True:
            continue
        touched[wish.wallet_id] = balance
        hold_id = new_id()
        holds.append(_hold(tx, hold_id, wish))
        limits.charge(wish, hold_id)
        movements.append(_freezing(balance, wish, hold_id))
    if movements:
        await insert_rows(tx, Hold, holds)
        await post(tx, movements)
        await write(tx, touched.values())
        await limits.write(tx)
    return answers


async def settle(tx: Tx, settlements: Sequence[Settlement]) -> list[Settled]:
    """Charge and free; a hold that is no longer open is left
    as it is and not listed in the answer.
    """
    if not settlements:
        return []
    wanted = {(s.task_id, s.phase): s.captured for s in settlements}
    query = (
        select(Hold.id, Hold.task_id, Hold.phase, Hold.wallet_id, Hold.amount, Hold.spender_id)
        .where(tuple_(Hold.task_id, Hold.phase).in_(list(wanted)), Hold.status == "open")
        .order_by(Hold.id)
        .with_for_update()
    )
    found = (await tx.execute(query)).all()
    balances = await lock(tx, [hold.wallet_id for hold in found])
    covers = await covers_of(tx, balances, [hold.id for hold in found])
    movements, ends, answers = [], [], []
    for hold in found:
        captured = wanted[hold.task_id, hold.phase]
        if not 0 <= captured <= hold.amount:
            raise ValueError("a settlement charges more than was frozen")
        balance = balances[hold.wallet_id]
        settling = _settling(balance, hold, captured)
        movements += [settling, *let_go(balance, covers.get(hold.id, ()), settling, captured)]
        ends.append((hold.id, captured))
        answers.append(Settled(hold.task_id, hold.amount, captured))
    if movements:
        await _close(tx, ends)
        await post(tx, movements)
        await write(tx, balances.values())
        await give_back(
            tx,
            balances.values(),
            {hold.id: end.released for hold, end in zip(found, answers, strict=True)},
        )
    if covers:
        await tx.flush()
    return answers


async def book_loss(tx: Tx, losses: Sequence[tuple[UUID, UUID, int]]) -> None:
    """Book what a provider takes for work that was not delivered: (task, attempt, amount) each,
    once an attempt.
    """
    await post(
        tx,
        [
            Movement(
                "loss",
                moved("posted", amount, into=PROVIDER_LOSS, out_of=REVENUE),
                task_id=task_id,
                reference=f"attempt:{attempt_id}",
            )
            for task_id, attempt_id, amount in losses
            if amount > 0
        ],
    )


def _freezing(balance: Balance, wish: Freeze, hold_id: UUID) -> Movement:
    balance.held += wish.amount
    if wish.spender_id is not None:
        balance.spenders.add(wish.spender_id)
    entries = moved("held", wish.amount, into=wallet_account(wish.wallet_id), out_of=REVENUE)
    return balance.move("freeze", entries, hold_id=hold_id, task_id=wish.task_id)


def _settling(balance: Balance, hold: Any, captured: int) -> Movement:
    account = wallet_account(balance.wallet_id)
    balance.held -= hold.amount
    balance.posted -= captured
    if hold.spender_id is not None:
        balance.spenders.add(hold.spender_id)
    entries: tuple[Entry, ...] = moved("held", hold.amount, into=REVENUE, out_of=account)
    if captured:
        entries += moved("posted", captured, into=REVENUE, out_of=account)
    kind = "capture" if captured else "release"
    return balance.move(kind, entries, hold_id=hold.id, task_id=hold.task_id)


def _hold(tx: Tx, hold_id: UUID, wish: Freeze) -> dict[str, object]:
    return {
        "id": hold_id,
        "tenant_id": wish.tenant_id,
        "task_id": wish.task_id,
        "wallet_id": wish.wallet_id,
        "spender_id": wish.spender_id,
        "phase": wish.phase,
        "price_version": wish.price_version,
        "amount": wish.amount,
        "captured": 0,
        "status": "open",
        "created_at": moment(tx),
    }


async def _close(tx: Tx, ends: Sequence[tuple[UUID, int]]) -> None:
    v = rowset(
        tx,
        id=(Hold.id, [hold_id for hold_id, _ in ends]),
        captured=(Hold.captured, [captured for _, captured in ends]),
        status=(Hold.status, ["captured" if captured else "released" for _, captured in ends]),
    )
    await tx.execute(
        update(Hold)
        .where(Hold.id == v.c.id, Hold.status == "open")
        .values(captured=v.c.captured, status=v.c.status, settled_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
