"""Limits: the most that somebody may spend a day and in all, whatever is in the wallet.

A limit's row is locked after the wallet, in id order. It counts what is frozen, and gives back what
a settlement leaves unspent. A wallet that nobody ever limited knows that, and asks for nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from gesso.domain.wallet.balance import Balance
from gesso.domain.wallet.errors import SpendLimitReached
from gesso.domain.wallet.limit_tables import LimitCharge, SpendLimit
from gesso.infra.db import Tx, View, insert_rows, moment
from gesso.kit.money import credits_text

_NAMES = {
    "own": "your own limit",
    "user": "the limit that was set for you",
    "tenant": "the limit of your organisation",
    "key": "the limit of this key",
    "member": "your limit on the shared wallet",
}


@dataclass(frozen=True, slots=True)
class Freeze:
    """A wish to freeze the most that a phase of a task can cost."""

    tenant_id: UUID
    wallet_id: UUID
    task_id: UUID
    phase: str
    amount: int
    price_version: str
    spender_id: UUID | None = None
    """Who spends it."""
    keys: tuple[UUID, ...] = ()
    """By which key they ask, and from which it comes: a renewed key does not begin anew."""
    member_id: UUID | None = None
    """By which membership they pay from a shared wallet."""

    @property
    def subjects(self) -> list[tuple[str, UUID]]:
        """Whose limits count for it."""
        named = (
            ("own", self.spender_id),
            ("user", self.spender_id),
            ("tenant", self.tenant_id),
            *(("key", key) for key in self.keys),
            ("member", self.member_id),
        )
        return [(kind, subject) for kind, subject in named if subject is not None]


@dataclass(slots=True)
class Limits:
    """The limits that count in one transaction, locked, and what was charged against them."""

    rows: Mapping[tuple[str, UUID], SpendLimit] = field(default_factory=dict)
    charged: list[dict[str, object]] = field(default_factory=list)

    def refusal(self, wish: Freeze) -> SpendLimitReached | None:
        """Why this cannot be spent; None where no limit is in the way."""
        for limit in self._of(wish):
            for most, spent, resets_at in (
                (limit.daily, limit.spent_today, next_day(limit.day)),
                (limit.total, limit.spent_total, None),
            ):
                if most is not None and spent + wish.amount > most:
                    return _reached(limit, wish, (most, spent), resets_at)
        return None

    def charge(self, wish: Freeze, hold_id: UUID) -> None:
        """Count what is frozen."""
        for limit in self._of(wish):
            limit.spent_today += wish.amount
            limit.spent_total += wish.amount
            self.charged.append(
                {
                    "hold_id": hold_id,
                    "limit_id": limit.id,
                    "tenant_id": limit.tenant_id,
                    "day": limit.day,
                }
            )

    async def write(self, tx: Tx) -> None:
        """Write down what was counted; the holds must be there."""
        if self.charged:
            await tx.flush()
            await insert_rows(tx, LimitCharge, self.charged)

    def _of(self, wish: Freeze) -> list[SpendLimit]:
        found = [self.rows[subject] for subject in wish.subjects if subject in self.rows]
        return [limit for limit in found if limit.daily is not None or limit.total is not None]


def turn_day(limit: SpendLimit, today: date) -> None:
    """Begin a new day of a locked limit. Days never run backwards: who waited for the lock since
    before midnight spends on the day that the one before them began.
    """
    if limit.day < today:
        limit.day, limit.spent_today = today, 0


def next_day(day: date) -> datetime:
    """When a day (UTC) is over."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _reached(
    limit: SpendLimit, wish: Freeze, figures: tuple[int, int], resets_at: datetime | None
) -> SpendLimitReached:
    most, spent = figures
    return SpendLimitReached(
        f"This would go beyond {_NAMES[limit.kind]}.",
        limit_of=limit.kind,
        per="total" if resets_at is None else "day",
        required=credits_text(wish.amount),
        limit=credits_text(most),
        spent=credits_text(spent),
        resets_at=resets_at.isoformat().replace("+00:00", "Z") if resets_at else None,
        money={"held": "0", "released": "0", "charged": "0"},
    )


async def applying(tx: Tx, balances: Mapping[UUID, Balance], wishes: Sequence[Freeze]) -> Limits:
    """The limits that count for these wishes, locked, with today's figures; `balances` by wallet.
    Nothing is asked where no wallet was ever limited.
    """
    limited = [wish for wish in wishes if balances[wish.wallet_id].is_limited]
    if not limited:
        return Limits()
    subjects = {subject for wish in limited for subject in wish.subjects}
    query = select(SpendLimit).where(
        tuple_(SpendLimit.kind, SpendLimit.subject_id).in_(sorted(subjects))
    )
    rows = (await tx.scalars(_locked(query))).all()
    for row in rows:
        turn_day(row, moment(tx).date())
    return Limits({(row.kind, row.subject_id): row for row in rows})


async def give_back(tx: Tx, balances: Collection[Balance], released: Mapping[UUID, int]) -> None:
    """Take back what these holds left unspent from the limits that they counted against."""
    if not any(balance.is_limited for balance in balances):
        return
    query = select(LimitCharge).where(LimitCharge.hold_id.in_(list(released)))
    charges = (await tx.scalars(query)).all()
    ids = {charge.limit_id for charge in charges}
    if not ids:
        return
    found = await tx.scalars(_locked(select(SpendLimit).where(SpendLimit.id.in_(list(ids)))))
    rows = {row.id: row for row in found.all()}
    for charge in charges:
        limit, amount = rows[charge.limit_id], released[charge.hold_id]
        limit.spent_total -= amount
        if limit.day == charge.day:
            limit.spent_today -= amount
    await tx.flush()


def _locked(query: Select[SpendLimit]) -> Select[SpendLimit]:
    locked = query.order_by(SpendLimit.id).with_for_update(key_share=True)
    return locked.execution_options(populate_existing=True)


async def of_subjects(view: View, subjects: Collection[tuple[str, UUID]]) -> Sequence[SpendLimit]:
    """The limits of these subjects, as they stand."""
    query = (
        select(SpendLimit)
        .where(tuple_(SpendLimit.kind, SpendLimit.subject_id).in_(list(subjects)))
        .order_by(SpendLimit.kind, SpendLimit.id)
        .execution_options(populate_existing=True)
    )
    return (await view.scalars(query)).all()
