"""What is frozen at this moment, over all wallets, for those who run the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, select, tuple_

from gesso.domain.wallet.tables import Hold
from gesso.infra.db import View


async def open_holds(
    view: View, *, before: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Hold]:
    """What is frozen of everybody since before an instant, the oldest first, behind the one that
    was made at `after`.
    """
    query = select(Hold).where(Hold.status == "open", Hold.created_at <= before)
    place = (Hold.created_at, Hold.id)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*map(literal, after)))
    # By the id alone, the primary key would be walked past everything that was settled.
    return (await view.scalars(query.order_by(*place).limit(limit))).all()


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
