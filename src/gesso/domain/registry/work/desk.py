"""The desk: every write-back of a run's worker, group-committed."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from gesso.domain.registry import claim, report
from gesso.domain.registry.claim import Assigned
from gesso.domain.registry.fire import fire
from gesso.domain.registry.function import Functions
from gesso.domain.registry.report import Again, End, Share
from gesso.infra.batch import Batch, Verb, insist
from gesso.infra.db import Database
from gesso.work import Grip, Look

_REST = timedelta(seconds=2)


class Desk:
    """The verbs of background work, bound to one database and to what can be run here."""

    def __init__(
        self, db: Database, functions: Functions, *, lease: timedelta, holder: str
    ) -> None:
        self.db, self.functions, self.lease, self.holder = db, functions, lease, holder
        self.finish: Verb[End, bool] = insist(Batch(db.tx, report.finish))
        self.again: Verb[Again, bool] = insist(Batch(db.tx, report.again))
        self.stop: Verb[Grip, bool] = insist(Batch(db.tx, report.stop))
        self.advance: Batch[Share, bool] = Batch(db.tx, report.advance)

    async def fire(self, look: Look) -> None:
        """Turn due schedules into runs."""
        async with self.db.tx() as tx:
            await fire(tx, self.functions, room=look.room)

    async def claim(self, look: Look) -> list[Assigned]:
        """Runs that are due."""
        async with self.db.tx() as tx:
            return await claim.claim(tx, self.functions, look, lease=self.lease)

    async def not_wanted(self, grips: Collection[Grip]) -> list[Grip]:
        """Those of these whose end was asked for."""
        async with self.db.view() as view:
            return await claim.not_wanted(view, grips)

    async def begin(self, grips: Sequence[Grip], *, again: bool) -> list[Assigned]:
        """Those of these runs that have travelled to this process in time."""
        async with self.db.tx() as tx:
            begun = await claim.begin(tx, grips, holder=self.holder, lease=self.lease)
            if again and len(begun) < len(grips):
                await claim.take_from_the_dead(tx, grips)
            return begun

    async def put_back(self, grips: Sequence[Grip]) -> None:
        """Have these found again in a moment: they were claimed and could not travel."""
        async with self.db.tx() as tx:
            await claim.release(tx, grips, holder=None, after=_REST)

    async def release(self, grips: Sequence[Grip]) -> None:
        """Let another process have what this one had in hand."""
        async with self.db.tx() as tx:
            await claim.release(tx, grips, holder=self.holder)

    async def renew(self, grips: Sequence[Grip]) -> list[bool]:
        """Keep these leases; False for those that were lost, or are to be stopped."""
        async with self.db.tx() as tx:
            return await report.renew(tx, grips, self.lease)
