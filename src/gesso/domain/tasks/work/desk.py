"""The desk: every write-back of a worker,
one call at a time in front and group-committed behind.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from gesso.domain.tasks import report
from gesso.domain.tasks.admit import Assignment, admit
from gesso.domain.tasks.due import claim_due, expire_selections
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.news import Grip, Postponed, Progress, Result, Taken
from gesso.domain.tasks.retry import Failure, fail
from gesso.infra.batch import Batch
from gesso.infra.db import Database, Tx


class Desk:
    """The verbs of background work, bound to one database and one menu."""

    def __init__(self, db: Database, menu: Menu, *, lease: timedelta) -> None:
        self.db, self.menu, self.lease = db, menu, lease
        self.intend: Batch[Grip, bool] = Batch(db, report.intend)
        self.accept: Batch[Taken, bool] = Batch(db, report.accept)
        self.receive: Batch[Result, bool] = Batch(db, report.receive)
        self.advance: Batch[Progress, bool] = Batch(db, report.advance)
        self.postpone: Batch[Postponed, bool] = Batch(db, report.postpone)
        self.lose: Batch[Postponed, bool] = Batch(db, report.lose)
        self.fail: Batch[Failure, bool] = Batch(db, partial(_fail, menu))
        self.finish: Batch[End, bool] = Batch(db, partial(_finish, menu))

    async def admit(self, queue: str, room: int) -> list[Assignment]:
        """Jobs of this queue that may go to their provider now."""
        async with self.db.tx() as tx:
            return await admit(tx, queue, room=room, lease=self.lease)

    async def claim_due(self, room: int) -> list[Assignment]:
        """Rows that somebody has to look at now."""
        async with self.db.tx() as tx:
            await expire_selections(tx, room=room)
            return await claim_due(tx, self.menu, room=room, lease=self.lease)

    async def renew(self, grips: Sequence[Grip]) -> list[bool]:
        """Keep these leases; False for those that were lost."""
        async with self.db.tx() as tx:
            wishes = [Postponed(grip, self.lease.total_seconds(), stays=True) for grip in grips]
            return await report.postpone(tx, wishes)


async def _fail(menu: Menu, tx: Tx, failures: Sequence[Failure]) -> Sequence[bool]:
    return await fail(tx, menu, failures)


async def _finish(menu: Menu, tx: Tx, ends: Sequence[End]) -> Sequence[bool]:
    return await finish(tx, menu, ends)
