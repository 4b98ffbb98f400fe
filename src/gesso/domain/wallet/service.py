"""What can be done to money: grant, freeze, settle, book a loss. Amounts are micro-credits.

Every verb takes many at once. Freezing is guarded by the balance under its row lock, and once more
by the database's constraints; settling happens once because a hold leaves `open` once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update

from gesso.domain.wallet.balance import Balance, lock, write
from gesso.domain.wallet.ledger import (
    GRANTS,
    PROVIDER_LOSS,
    REVENUE,
    Entry,
    Movement,
    moved,
    post,
    wallet_account,
)
from gesso.domain.wallet.tables import Hold, LedgerTxn, Wallet
from gesso.infra.db import Tx, View, insert_rows, moment, rowset
from gesso.infra.errors import Invalid, NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import LARGEST


@dataclass(frozen=True, slots=True)
class Freeze:
    """A wish to freeze the most that a phase of a task can cost."""

    tenant_id: UUID
    wallet_id: UUID
    task_id: UUID
    phase: str
    amount: int
    price_version: str


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
            posted=0, held=0, seq=0,
        )
    )  # fmt: skip
    await tx.flush()
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
    tx: Tx, wallet_id: UUID, amount: int, *, reference: str | None = None, memo: str | None = None
) -> bool:
    """Give credits; False when `reference` was granted before, and then nothing changes."""
    if not 0 < amount <= LARGEST:
        raise Invalid(
            "A grant is more than nothing and at most a milliard credits.", code="bad_amount"
        )
    balances = await lock(tx, [wallet_id])
    known = select(LedgerTxn.id).where(LedgerTxn.reference == reference)
    if reference is not None and await tx.scalar(known) is not None:
        return False
    balance = balances[wallet_id]
    balance.posted += amount
    entries = moved("posted", amount, into=wallet_account(wallet_id), out_of=GRANTS)
    await post(tx, [_of(balance, "grant", entries, reference=reference, memo=memo)])
    await write(tx, [balance])
    return True


async def freeze(tx: Tx, balances: Mapping[UUID, Balance], wishes: Sequence[Freeze]) -> list[bool]:
    """Freeze what is covered, first come first served; the answers stand in the wishes' order.

    `balances` are the wallets' locked figures by owner, as `lock_owners` gives them.
    """
    by_wallet = {balance.wallet_id: balance for balance in balances.values()}
    answers, holds, movements, touched = [], [], [], {}
    for wish in wishes:
        balance = by_wallet[wish.wallet_id]
        covered = 0 < wish.amount <= balance.available
        answers.append(covered)
        if not covered:
            continue
        balance.held += wish.amount
        touched[wish.wallet_id] = balance
        hold_id = new_id()
        holds.append(_hold(tx, hold_id, wish))
        entries = moved("held", wish.amount, into=wallet_account(wish.wallet_id), out_of=REVENUE)
        movements.append(_of(balance, "freeze", entries, hold_id=hold_id, task_id=wish.task_id))
    if movements:
        await insert_rows(tx, Hold, holds)
        await post(tx, movements)
        await write(tx, touched.values())
    return answers


async def settle(tx: Tx, settlements: Sequence[Settlement]) -> list[Settled]:
    """Charge and free; a hold that is no longer open is left
    as it is and not listed in the answer.
    """
    if not settlements:
        return []
    wanted = {(s.task_id, s.phase): s.captured for s in settlements}
    query = (
        select(Hold.id, Hold.task_id, Hold.phase, Hold.wallet_id, Hold.amount)
        .where(tuple_(Hold.task_id, Hold.phase).in_(list(wanted)), Hold.status == "open")
        .order_by(Hold.id)
        .with_for_update()
    )
    found = (await tx.execute(query)).all()
    balances = await lock(tx, [wallet_id for _, _, _, wallet_id, _ in found])
    movements, ends, answers = [], [], []
    for hold_id, task_id, phase, wallet_id, amount in found:
        captured = wanted[task_id, phase]
        if not 0 <= captured <= amount:
            raise ValueError("a settlement charges more than was frozen")
        movements.append(_settling(balances[wallet_id], (hold_id, task_id), amount, captured))
        ends.append((hold_id, captured))
        answers.append(Settled(task_id, amount, captured))
    if movements:
        await _close(tx, ends)
        await post(tx, movements)
        await write(tx, balances.values())
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


def _settling(balance: Balance, subject: tuple[UUID, UUID], amount: int, captured: int) -> Movement:
    account = wallet_account(balance.wallet_id)
    balance.held -= amount
    balance.posted -= captured
    entries: tuple[Entry, ...] = moved("held", amount, into=REVENUE, out_of=account)
    if captured:
        entries += moved("posted", captured, into=REVENUE, out_of=account)
    kind = "capture" if captured else "release"
    return _of(balance, kind, entries, hold_id=subject[0], task_id=subject[1])


def _of(balance: Balance, kind: str, entries: tuple[Entry, ...], **facts: Any) -> Movement:
    return Movement(
        kind,
        entries,
        wallet_id=balance.wallet_id,
        seq=balance.next_seq(),
        posted_after=balance.posted,
        held_after=balance.held,
        **facts,
    )


def _hold(tx: Tx, hold_id: UUID, wish: Freeze) -> dict[str, object]:
    return {
        "id": hold_id,
        "tenant_id": wish.tenant_id,
        "task_id": wish.task_id,
        "wallet_id": wish.wallet_id,
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
