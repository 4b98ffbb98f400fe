"""Random histories of a shop over several days: orders, deliveries, refusals, choices, second
thoughts, silent workers, and nights in which nobody does anything.
"""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from gesso.domain import wallet
from gesso.domain.catalog import Catalog, Price
from gesso.domain.tasks import Job, Task, report
from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.decide import cancel, choose
from gesso.domain.tasks.due import expire_selections
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.news import Intent, Postponed, Result
from gesso.domain.tasks.retry import Failure, fail
from gesso.infra.db import Database
from gesso.infra.errors import GessoError
from gesso.kit.money import CREDIT
from tests.domain.shop import LONG_AGO, Shop, grip, piece

ORDERS = (
    {"type": "text_to_image", "count": 3},
    {"type": "text_to_image", "tier": "high"},
    {"type": "text_to_video"},
    {"type": "text_to_3d"},
)
_PATIENCE = 100
QUEUES = ("image", "video", "model3d")
PROVIDERS = ("studio", "acme", "Studio")


def pass_time(db: Database, time: timedelta) -> None:
    """Move the clock of this database on."""
    db._epoch += time.total_seconds()


DRAWN = {f"studio/{what}" for what in ("paint", "film", "animate", "sculpt", "enlarge")}


class History:
    """Lives on at random, by a seed."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.dice = shop, random.Random(seed)
        drawn = [model for model in shop.menu.catalog.models if model.id in DRAWN]
        models = [
            model.model_copy(update={"price": Price(piece=Decimal("0.333333") * place)})
            for place, model in enumerate(drawn, 1)
        ]
        known = shop.menu.catalog
        catalog = Catalog(version=known.version, queues=known.queues, models=tuple(models))
        shop.menu = replace(shop.menu, catalog=catalog)

    async def begin(self) -> None:
        """Give the customer enough to begin with."""
        async with self.shop.db.tx() as tx:
            owned = await wallet.of_owner(tx, self.shop.caller.user_id)
            await wallet.grant(tx, owned.id, 200 * CREDIT)

    async def live(self, rounds: int) -> None:
        """So many times somebody orders, and whoever works there does some of it."""
        for _ in range(rounds):
            for act in (self._order, self._work, self._sweep, self._decide, self._sweep):
                if self.dice.randrange(5):
                    await act()
                pass_time(self.shop.db, timedelta(seconds=self.dice.randrange(20)))
            [minutes] = self.dice.choices([0, 11, 200, 1500], weights=[6, 2, 1, 1])
            pass_time(self.shop.db, timedelta(minutes=minutes))

    async def end(self) -> None:
        """Whatever is under way comes to nothing."""
        async with self.shop.db.tx() as tx:
            late = update(Job).where(Job.finished_at.is_(None))
            await tx.execute(late.values(deadline_at=self.shop.db.now(), due_at=LONG_AGO))
            undecided = update(Task).where(Task.status == "awaiting_selection")
            await tx.execute(undecided.values(deadline_at=LONG_AGO))
        for _ in range(_PATIENCE):
            if not await self._live():
                break
            for job in await self.shop.sweep(99):
                await self._fail(job, again=False)
            # Whoever was at work when the machine was slow has a lease that runs on.
            pass_time(self.shop.db, timedelta(minutes=1))
        assert not await self._live()
        await self.shop.write(expire_selections, room=999)

    async def _live(self) -> Sequence[Any]:
        """What has not ended, as far as it says why."""
        what = (Job.id, Job.status, Job.due_at, Job.deadline_at, Job.fence)
        async with self.shop.db.view() as view:
            return (await view.execute(select(*what).where(Job.finished_at.is_(None)))).all()

    async def _order(self) -> None:
        with suppress(GessoError):
            await self.shop.ask(**self.dice.choice(ORDERS))
        async with self.shop.db.tx() as tx:  # pieces of one task may be at several providers
            waiting = await tx.scalars(select(Job.id).where(Job.status == "queued"))
            for job_id in waiting.all():
                whose = update(Job).where(Job.id == job_id)
                await tx.execute(whose.values(provider=self.dice.choice(PROVIDERS)))

    async def _work(self) -> None:
        taken = [job for queue in QUEUES for job in await self.shop.begin(queue)]
        for job in taken:
            match self.dice.randrange(6):
                case 0:
                    await self._fail(job, again=self._coin())
                case 1 if await self.shop.write(report.intend, [Intent(grip(job))]):
                    await self.shop.write(report.lose, [Postponed(grip(job), 30)])
                case 2:
                    pass  # a worker that falls silent before it sends anything
                case _ if await self.shop.write(report.intend, [Intent(grip(job))]):
                    await self._receive(job)

    async def _sweep(self) -> None:
        await self.shop.write(expire_selections, room=9)
        for due in await self.shop.sweep():
            match due.duty, self.dice.randrange(3):
                case "ingest", _:
                    stored = [piece(due)]
                    await self._end(due, "completed", "completed", assets=stored)
                case "cancel", _:
                    await self._end(due, "cancelled", "cancelled", cost=self._cost())
                case _, 0:
                    await self._fail(due, again=self._coin())
                case _, 1:
                    await self._receive(due)

    async def _decide(self) -> None:
        shop, mine = self.shop, self.shop.caller.user_id
        async with shop.db.view() as view:
            live: Sequence[Task] = (
                await view.scalars(select(Task).where(Task.finished_at.is_(None)))
            ).all()
        if not live:
            return
        task = self.dice.choice(live)
        with suppress(GessoError):
            if task.status == "awaiting_selection" and self.dice.randrange(4):
                await shop.write(choose, shop.menu, shop.caller, task.id, self.dice.randrange(4))
            elif not self.dice.randrange(3):
                await shop.write(cancel, shop.menu, mine, task.id)

    async def _receive(self, job: Assignment) -> None:
        result = Result(grip(job), [{"path": "x"}], self._cost())
        await self.shop.write(report.receive, [result])

    async def _fail(self, job: Assignment, *, again: bool) -> None:
        no = Failure(
            grip(job), job.task_id, "failed", "broken", "No.", again=again, cost=self._cost()
        )
        await self.shop.write(fail, self.shop.menu, [no])

    async def _end(self, job: Assignment, status: str, outcome: str, **more: object) -> None:
        end = End(job.job_id, job.task_id, status, outcome, job.fence, **more)  # type: ignore[arg-type]
        await self.shop.write(finish, self.shop.menu, [end])

    def _coin(self) -> bool:
        return bool(self.dice.randrange(2))

    def _cost(self) -> int:
        return self.dice.choice([0, self.dice.randrange(1, 400_000)])
