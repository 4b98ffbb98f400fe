"""The desk: every write-back of a worker,
one call at a time in front and group-committed behind.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from gesso.domain.tasks import handover, places, pushed, report
from gesso.domain.tasks.admit import Assignment, admit
from gesso.domain.tasks.due import Terms, claim_due, expire_selections
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.hearing import Heard, hear
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.news import Intent, Postponed, Progress, Result, Taken
from gesso.domain.tasks.reroute import instead
from gesso.domain.tasks.retry import Failure, fail
from gesso.domain.tasks.tables import Attempt
from gesso.infra.batch import Batch, Verb, insist
from gesso.infra.db import Database, Tx, View
from gesso.work import Grip, Look

_REST = timedelta(seconds=2)


class Desk:
    """The verbs of background work, bound to one database and one menu."""

    def __init__(self, db: Database, menu: Menu, *, lease: timedelta, holder: str) -> None:
        self.db, self.menu, self.lease, self.holder = db, menu, lease, holder
        self._credential: Batch[UUID, str | None] = Batch(db.view, _credentials)
        self.intend: Batch[Intent, bool] = Batch(db.tx, report.intend)
        self.accept: Verb[Taken, bool] = insist(Batch(db.tx, report.accept))
        self.receive: Verb[Result, bool] = insist(Batch(db.tx, report.receive))
        self.advance: Batch[Progress, bool] = Batch(db.tx, report.advance)
        self.hear: Batch[Heard, bool] = Batch(db.tx, _hear)
        self.postpone: Batch[Postponed, bool] = Batch(db.tx, report.postpone)
        self.lose: Verb[Postponed, bool] = insist(Batch(db.tx, report.lose))
        self.fail: Verb[Failure, bool] = insist(Batch(db.tx, partial(_fail, menu)))
        self.finish: Verb[End, bool] = insist(Batch(db.tx, partial(_finish, menu)))

    async def admit(self, queue: str, look: Look, room: int) -> list[Assignment]:
        """Jobs of this queue that may go to their provider now."""
        async with self.db.tx() as tx:
            return await admit(
                tx,
                queue,
                room=room,
                lease=self.lease,
                holder=look.holder,
                instead=partial(instead, self.menu),
            )

    async def claim_due(self, look: Look) -> list[Assignment]:
        """Rows that somebody has to look at now."""
        terms = Terms(self.lease, look.holder, look.closed)
        async with self.db.tx() as tx:
            await expire_selections(tx, room=look.room)
            return await claim_due(tx, self.menu, room=look.room, terms=terms)

    async def begin(self, grips: Sequence[Grip], *, again: bool) -> list[Assignment]:
        """Those of these assignments that have travelled to this process in time."""
        async with self.db.tx() as tx:
            begun = await handover.begin(tx, grips, Terms(self.lease, self.holder))
            if again and len(begun) < len(grips):
                await handover.take_from_the_dead(tx, grips)
            return begun

    async def place(self, job: Assignment, capacities: Mapping[str, int]) -> str | None:
        """The server at which this job's attempt has taken a place; None where all are full."""
        async with self.db.tx() as tx:
            return await places.take(tx, job.provider, job.attempt_id, capacities)

    async def credential_of(self, job: Assignment) -> str | None:
        """The name of the credential that this job's attempt was submitted with."""
        return await self._credential(job.attempt_id)

    async def take(self, attempt_id: UUID) -> Assignment | None:
        """The job of this attempt, taken in hand whoever has it; None where the provider is not at
        it any more.
        """
        async with self.db.tx() as tx:
            return await pushed.take(tx, attempt_id, Terms(self.lease, self.holder))

    async def put_back(self, grips: Sequence[Grip]) -> None:
        """Have these found again in a moment: they were claimed and could not travel."""
        async with self.db.tx() as tx:
            await handover.release(tx, grips, holder=None, after=_REST)

    async def release(self, grips: Sequence[Grip]) -> None:
        """Let another process have what this one had in hand."""
        async with self.db.tx() as tx:
            await handover.release(tx, grips, holder=self.holder)

    async def renew(self, grips: Sequence[Grip]) -> list[bool]:
        """Keep these leases; False for those that were lost."""
        async with self.db.tx() as tx:
            wishes = [Postponed(grip, self.lease.total_seconds(), stays=True) for grip in grips]
            return await report.postpone(tx, wishes)


async def _credentials(view: View, attempts: Sequence[UUID]) -> Sequence[str | None]:
    query = select(Attempt.id, Attempt.credential).where(Attempt.id.in_(set(attempts)))
    names = {row.id: row.credential for row in await view.execute(query)}
    return [names.get(attempt) for attempt in attempts]


async def _hear(tx: Tx, heard: Sequence[Heard]) -> Sequence[bool]:
    await hear(tx, heard)
    return [True] * len(heard)


async def _fail(menu: Menu, tx: Tx, failures: Sequence[Failure]) -> Sequence[bool]:
    return await fail(tx, menu, failures)


async def _finish(menu: Menu, tx: Tx, ends: Sequence[End]) -> Sequence[bool]:
    return await finish(tx, menu, ends)
