"""Due rows: what every table of due work has in common, whatever its rows mean.

A row has a moment from which anyone may take it, somebody who holds it or nobody, and a fence that
rises with every taking. Taken in hand, it is begun, kept, and let go of; what its holder drops is
counted, so that what takes down everybody who touches it can be put aside.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, SmallInteger, case, select, update
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Over, Tx, moment, rowset
from gesso.work.grip import Grip
from gesso.work.holders import is_gone

MOST_LOST = 5
"""Holders that one row may take down before it is parked."""


class DueRow:
    """The columns of a row that is due at a moment and held under a fence."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None]
    """The process that has it in hand; a row that falls due with a holder was dropped by it."""
    lost: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How many holders in a row have dropped it."""
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


Row = TypeVar("Row", bound=DueRow)


class Rows(Generic[Row]):
    """The rows of one table, taken, kept and let go of by their grips."""

    def __init__(self, entity: type[Row]) -> None:
        self._entity = entity
        self.live: ColumnElement[bool] = entity.finished_at.is_(None)
        """Not ended; in these words, for partial indexes serve only what they can read."""
        self.lost: ColumnElement[int] = entity.lost + case((entity.holder.is_(None), 0), else_=1)
        """The count after this sweep: a row that falls due with a holder was dropped by it."""
        self.let_go: Mapping[str, Any] = {"fence": entity.fence + 1, "holder": None, "lost": 0}
        """What every report writes that lets go of a row: nobody holds it, nobody dropped it."""
        self._lock = Over(
            lambda v, _: (
                select(entity.id)
                .join(v, entity.id == v.c.id)
                .order_by(entity.id)
                .with_for_update(key_share=True, of=entity)
            ),
            id=entity.id,
        )

    def of(self, tx: Tx, grips: Sequence[Grip]) -> FromClause:
        """These grips as a table to join."""
        return rowset(
            tx,
            id=(self._entity.id, [grip.id for grip in grips]),
            fence=(self._entity.fence, [grip.fence for grip in grips]),
        )

    async def lock(self, tx: Tx, ids: Iterable[UUID]) -> None:
        """Lock these until the commit in id order, so that two writers of many cannot deadlock."""
        await self._lock(tx, id=sorted(ids))

    async def begin(
        self, tx: Tx, grips: Sequence[Grip], *, holder: str | None, until: datetime, where: Any
    ) -> Sequence[Row]:
        """Take these in hand, as far as they meet `where`; those that somebody holds, or that have
        moved on, are passed over.
        """
        row = self._entity
        await self.lock(tx, [grip.id for grip in grips])
        v = self.of(tx, grips)
        write = (
            update(row)
            .where(row.id == v.c.id, row.fence == v.c.fence, row.holder.is_(None), where)
            .values(holder=holder, due_at=until)
            .returning(row)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        return (await tx.scalars(write)).all()

    async def release(
        self, tx: Tx, grips: Sequence[Grip], *, holder: str | None, due_at: Any
    ) -> None:
        """Give these back, due at that moment, as far as `holder` still has them; nobody is said to
        have dropped them.
        """
        row = self._entity
        await self.lock(tx, [grip.id for grip in grips])
        v = self.of(tx, grips)
        is_mine = row.holder.is_(None) if holder is None else row.holder == holder
        await tx.execute(
            update(row)
            .where(row.id == v.c.id, row.fence == v.c.fence, is_mine, self.live)
            .values(holder=None, due_at=due_at)
            .execution_options(synchronize_session=False)
        )

    async def take_from_the_dead(self, tx: Tx, grips: Sequence[Grip]) -> int:
        """Make due at once what processes of this machine held that are gone; how many those were.

        Who is asked to begin a second time knows that nobody acknowledged the first message: its
        reader is dead, or only cut off from the broker and still at work. It is taken from the dead
        alone.
        """
        row = self._entity
        v = self.of(tx, grips)
        held = select(row.id, row.fence, row.holder).where(
            row.id == v.c.id, row.fence == v.c.fence, row.holder.is_not(None), self.live
        )
        dropped = [each for each in await tx.execute(held) if is_gone(each.holder)]
        if not dropped:
            return 0
        w = rowset(
            tx,
            id=(row.id, [each.id for each in dropped]),
            fence=(row.fence, [each.fence for each in dropped]),
            holder=(row.holder, [each.holder for each in dropped]),
        )
        await self.lock(tx, [each.id for each in dropped])
        await tx.execute(
            update(row)
            .where(row.id == w.c.id, row.fence == w.c.fence, row.holder == w.c.holder, self.live)
            .values(due_at=moment(tx))
            .execution_options(synchronize_session=False)
        )
        return len(dropped)
