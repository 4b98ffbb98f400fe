"""What is frozen at this moment, over all wallets, for those who run the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from gesso.domain.wallet.tables import Hold
from gesso.infra.db import View


async def open_holds(
    view: View, *, before: datetime, after: UUID | None, limit: int
) -> Sequence[Hold]:
    """What is frozen of everybody since before an instant, the oldest first."""
    query = select(Hold).where(Hold.status == "open", Hold.created_at <= before)
    if after is not None:
        query = query.where(Hold.id > after)
    return (await view.scalars(query.order_by(Hold.id).limit(limit))).all()


@dataclass(frozen=True, slots=True)
class Frozen:
    """All open holds together, in micro-credits."""

    count: int
    amount: int
    oldest_at: datetime | None


async def frozen(view: View) -> Frozen:
    """What is frozen of everybody."""
    query = select(func.count(), func.coalesce(func.sum(Hold.amount), 0), func.min(Hold.created_at))
    count, amount, oldest = (await view.execute(query.where(Hold.status == "open"))).one()
    return Frozen(count, int(amount), oldest)
