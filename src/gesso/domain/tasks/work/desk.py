"""The desk: every write-back of a worker,
one call at a time in front and group-committed behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import structlog

from gesso.domain.tasks import report
from gesso.domain.tasks.admit import Assignment, admit
from gesso.domain.tasks.due import claim_due, expire_selections
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.news import Grip, Postponed, Progress, Result, Taken
from gesso.domain.tasks.retry import Failure, fail
from gesso.infra.batch import Batch
from gesso.infra.db import Database, DatabaseAway, Tx
from gesso.kit.backoff import full_jitter

Q = TypeVar("Q")
A = TypeVar("A")
Verb = Callable[[Q], Awaitable[A]]

log = structlog.get_logger()


class Desk:
    """The verbs of background work, bound to one database and one menu."""

    def __init__(self, db: Database, menu: Menu, *, lease: timedelta) -> None:
        self.db, self.menu, self.lease = db, menu, lease
        self.intend: Batch[Grip, bool] = Batch(db.tx, report.intend)
        self.accept: Verb[Taken, bool] = _insist(Batch(db.tx, report.accept))
        self.receive: Verb[Result, bool] = _insist(Batch(db.tx, report.receive))
        self.advance: Batch[Progress, bool] = Batch(db.tx, report.advance)
        self.postpone: Batch[Postponed, bool] = Batch(db.tx, report.postpone)
        self.lose: Verb[Postponed, bool] = _insist(Batch(db.tx, report.lose))
        self.fail: Verb[Failure, bool] = _insist(Batch(db.tx, partial(_fail, menu)))
        self.finish: Verb[End, bool] = _insist(Batch(db.tx, partial(_finish, menu)))

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


def _insist(verb: Verb[Q, A]) -> Verb[Q, A]:
    """The verb, repeated while the database is away: what a provider said may not be had again.

    The fence makes that safe, for the same news told twice is true once. Who lost the lease
    meanwhile is stopped by that.
    """

    async def insist(news: Q) -> A:
        tries = 0
        while True:
            try:
                return await verb(news)
            except DatabaseAway as error:
                tries += 1
                log.info("report_postponed", tries=tries, reason=error.message)
                await asyncio.sleep(0.1 + full_jitter(tries, first=0.2, cap=2.0))

    return insist


async def _fail(menu: Menu, tx: Tx, failures: Sequence[Failure]) -> Sequence[bool]:
    return await fail(tx, menu, failures)


async def _finish(menu: Menu, tx: Tx, ends: Sequence[End]) -> Sequence[bool]:
    return await finish(tx, menu, ends)
