"""Refunds: what was charged goes back, in whole or in parts, never more than was charged.

A refund is made of reversals, one for each charge that it undoes; they go into the wallet that was
charged and do not expire. Their sum is guarded by the wallet's lock, and by the database.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from gesso.domain.wallet.balance import Balance, lock, write
from gesso.domain.wallet.errors import BadAmount, NothingToRefund
from gesso.domain.wallet.ledger import REVENUE, Movement, moved, post, wallet_account
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn
from gesso.infra.db import Tx, View
from gesso.infra.errors import Invalid
from gesso.kit.money import credits_text


@dataclass(frozen=True, slots=True)
class Refund:
    """A wish to give back `amount` micro-credits of what a task cost; None: all that is left."""

    task_id: UUID
    tenant_id: UUID | None
    """Whose task it has to be; None: anybody's."""
    key: str
    """The same key is the same refund, made once."""
    amount: int | None
    reason: str
    actor_id: UUID | None


@dataclass(frozen=True, slots=True)
class Refunded:
    """What was given back, and whether that was done now or before under the same key."""

    amount: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Charge:
    id: UUID
    wallet_id: UUID
    captured: int


async def reverse(tx: Tx, refund: Refund) -> Refunded:
    """Give back; NothingToRefund where less is left of what was charged. The task must be locked,
    so that its own figures change with this.
    """
    if refund.amount is not None and refund.amount <= 0:
        raise BadAmount("A refund is more than nothing.")
    charges = await _charges(tx, refund.task_id)
    if not charges:
        raise NothingToRefund("Nothing was charged for this task.", refundable="0")
    (balance,) = (await lock(tx, {charge.wallet_id for charge in charges})).values()
    if (before := await _made_before(tx, refund, len(charges))) is not None:
        return Refunded(before, is_new=False)
    reversed_of = await _reversed(tx, [charge.id for charge in charges])
    parts = _parts(refund, charges, reversed_of)
    movements = [_movement(balance, refund, number, part) for number, part in enumerate(parts)]
    await post(tx, movements)
    await write(tx, [balance])
    return Refunded(sum(amount for _, amount in parts), is_new=True)


async def _charges(tx: Tx, task_id: UUID) -> list[_Charge]:
    """What a task was charged, the newest first."""
    query = (
        select(LedgerTxn.id, Hold.wallet_id, Hold.captured)
        .join(Hold, Hold.id == LedgerTxn.hold_id)
        .where(Hold.task_id == task_id, LedgerTxn.kind == "capture")
        .order_by(LedgerTxn.seq.desc())
    )
    return [_Charge(*row) for row in await tx.execute(query)]


async def _reversed(view: View, charges: Sequence[UUID]) -> dict[UUID, int]:
    """What has gone back of each of these charges."""
    x, e = aliased(LedgerTxn), aliased(LedgerEntry)
    query = (
        select(x.reverses, func.sum(e.amount))
        .join(e, e.txn_id == x.id)
        .where(x.reverses.in_(charges), e.layer == "posted", e.amount > 0)
        .group_by(x.reverses)
    )
    return {charge: int(amount) for charge, amount in await view.execute(query) if charge}


def _parts(
    refund: Refund, charges: Sequence[_Charge], reversed_of: Mapping[UUID, int]
) -> list[tuple[UUID, int]]:
    """How much goes back of which charge."""
    left = [(charge.id, charge.captured - reversed_of.get(charge.id, 0)) for charge in charges]
    refundable = sum(amount for _, amount in left)
    wanted = refundable if refund.amount is None else refund.amount
    if not 0 < wanted <= refundable:
        raise NothingToRefund(
            "Less than that is left of what was charged.", refundable=credits_text(refundable)
        )
    parts = []
    for charge, amount in left:
        part = min(wanted, amount)
        wanted -= part
        if part:
            parts.append((charge, part))
    return parts


def _movement(balance: Balance, refund: Refund, number: int, part: tuple[UUID, int]) -> Movement:
    charge, amount = part
    balance.posted += amount
    entries = moved("posted", amount, into=wallet_account(balance.wallet_id), out_of=REVENUE)
    return balance.move(
        "reversal", entries,
        task_id=refund.task_id, reverses=charge, reference=f"{_name(refund)}:{number}",
        memo=refund.reason, actor_id=refund.actor_id,
    )  # fmt: skip


def _name(refund: Refund) -> str:
    """What the movements of a refund are called: any key is as good as any other."""
    return f"refund:{refund.tenant_id}:{hashlib.sha256(refund.key.encode()).hexdigest()[:40]}"


async def _made_before(tx: Tx, refund: Refund, most: int) -> int | None:
    """What was given back under this key, in at most so many parts; Invalid where that was another
    refund.
    """
    x, e = aliased(LedgerTxn), aliased(LedgerEntry)
    # Another task's refund has a part with the first of these names, too. An index finds them all.
    names = [f"{_name(refund)}:{number}" for number in range(most)]
    query = (
        select(x.task_id, func.sum(e.amount))
        .join(e, e.txn_id == x.id)
        .where(x.reference.in_(names), e.layer == "posted", e.amount > 0)
        .group_by(x.task_id)
    )
    made = (await tx.execute(query)).one_or_none()
    if made is None:
        return None
    if made[0] != refund.task_id or refund.amount not in (None, int(made[1])):
        raise Invalid(
            "This idempotency key was used for another refund.", code="idempotency_key_reused"
        )
    return int(made[1])
