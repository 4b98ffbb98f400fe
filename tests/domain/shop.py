"""A shop: one customer and the verbs of the tasks room, called one by one, with nobody at work.

What a worker would do is said here as a test wants it, in whatever order, on a real database.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import select, text, update

from gesso.app.accounts import open_account
from gesso.domain import audit, tasks, wallet
from gesso.domain.catalog import load_catalog
from gesso.domain.identity import Caller, Role
from gesso.domain.media import Kept, NewAsset
from gesso.domain.tasks import report
from gesso.domain.tasks.admit import Assignment, admit
from gesso.domain.tasks.due import Terms, claim_due
from gesso.domain.tasks.finish import End, finish
from gesso.domain.tasks.intake import prepare
from gesso.domain.tasks.news import Intent, Result
from gesso.domain.tasks.retry import Failure, fail
from gesso.domain.tasks.tables import Job, Task
from gesso.infra.db import Database, Tx
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from gesso.operations import BUILT_IN
from gesso.work import Grip

P = ParamSpec("P")
T = TypeVar("T")
LEASE = timedelta(seconds=30)
RUN_OUT = timedelta(0)
"""A lease that is over as soon as it is given."""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def crowd(acts: Iterable[Awaitable[T]], abreast: int = 8) -> list[T]:
    """Do all of this, so many at once: there are only so many connections."""
    room = asyncio.Semaphore(abreast)

    async def do(act: Awaitable[T]) -> T:
        async with room:
            return await act

    return await asyncio.gather(*(do(act) for act in acts))


@dataclass
class Shop:
    """A database with its queues, somebody with ten credits, and the topics that were signalled."""

    db: Database
    menu: tasks.Menu
    caller: Caller
    rung: set[str] = field(default_factory=set)
    ceiling: tasks.Ceiling | None = None

    async def write(
        self,
        verb: Callable[Concatenate[Tx, P], Awaitable[T]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """A verb in a transaction of its own."""
        async with self.db.tx() as tx:
            return await verb(tx, *arguments, **named)

    async def ask(self, *, key: str | None = None, **order: Any) -> tasks.Answer:
        """The answer to an order; one picture of an owl, if nothing else is said."""
        wish = {"type": "text_to_image", "prompt": "an owl", **order}
        typed = self.menu.operation(wish["type"]).params.model_validate(wish)
        request = await prepare(self.db, self.menu, self.caller, typed, key=key)
        async with self.db.tx() as tx:
            return (await tasks.submit(tx, [request], ceiling=self.ceiling))[0]

    async def order(self, *, key: str | None = None, **order: Any) -> UUID:
        """A task that was taken in."""
        answer = await self.ask(key=key, **order)
        assert isinstance(answer, tasks.Submitted)
        return UUID(str(answer.task["id"]))

    async def begin(self, queue: str = "image", lease: timedelta = LEASE) -> list[Assignment]:
        """Everything that may go to its provider, taken."""
        return await self.write(admit, queue, room=9, lease=lease)

    async def sweep(self, room: int = 9) -> list[Assignment]:
        """What is due and needs somebody."""
        return await self.write(claim_due, self.menu, room=room, terms=Terms(LEASE))

    async def twice_taken(self) -> tuple[Grip, Grip]:
        """The grip of a worker that fell silent, and that of its successor, on one job."""
        await self.order()
        [silent] = await self.begin(lease=RUN_OUT)
        assert await self.sweep() == []
        [successor] = await self.begin()
        assert successor.job_id == silent.job_id
        return grip(silent), grip(successor)

    async def deliver(self, job: Assignment) -> None:
        """Have its provider make it, and store it."""
        assert await self.write(report.intend, [Intent(grip(job))]) == [True]
        assert await self.write(report.receive, [Result(grip(job), [{"path": "x"}], 0)]) == [True]
        [held] = await self.sweep()
        end = End(
            job.job_id, job.task_id, "completed", "completed", held.fence, assets=[piece(job)]
        )
        assert await self.write(finish, self.menu, [end]) == [True]

    async def refuse(self, job: Assignment) -> None:
        """Have its provider refuse it for good."""
        no = Failure(grip(job), job.task_id, "rejected", "content_policy", "No.", again=False)
        assert await self.write(fail, self.menu, [no]) == [True]

    async def task(self, task_id: UUID) -> Task:
        """The task as it stands."""
        async with self.db.view() as view:
            return (await view.scalars(select(Task).where(Task.id == task_id))).one()

    async def job(self, job_id: UUID) -> Job:
        """The job as it stands."""
        async with self.db.view() as view:
            return (await view.scalars(select(Job).where(Job.id == job_id))).one()

    async def money(self) -> tuple[int, int]:
        """What is left of the ten credits, and how much of that is frozen."""
        async with self.db.view() as view:
            purse = await wallet.of_owner(view, self.caller.user_id)
            return purse.posted // CREDIT, purse.held // CREDIT

    async def outlive(self, queue: str) -> None:
        """Let the deadlines of a queue's jobs pass."""
        late = update(Job).where(Job.queue == queue)
        async with self.db.tx() as tx:
            await tx.execute(late.values(due_at=LONG_AGO, deadline_at=LONG_AGO))

    async def hasten(self, queue: str) -> None:
        """Let what a queue's jobs wait for be over."""
        async with self.db.tx() as tx:
            await tx.execute(update(Job).where(Job.queue == queue).values(due_at=LONG_AGO))

    async def blocked(self) -> int:
        """How many sessions wait for a lock in PostgreSQL."""
        waiting = text(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        async with self.db.view() as view:
            return int(await view.scalar(waiting) or 0)


def grip(job: Assignment) -> Grip:
    return Grip(job.job_id, job.fence)


def piece(job: Assignment) -> NewAsset:
    """What was stored of a job."""
    return NewAsset(
        tenant_id=job.tenant_id,
        owner_id=job.owner_id,
        task_id=job.task_id,
        job_id=job.job_id,
        idx=0,
        kept=Kept("image", "image/png", 1, "0" * 64, str(job.job_id), None, {}),
    )


@asynccontextmanager
async def open_shop(url: str) -> AsyncIterator[Shop]:
    """Open it; when it closes, its books must be in order."""
    catalog, db = load_catalog(), Database(url)
    try:
        async with db.tx() as tx:
            await tasks.queues.ensure(tx, catalog)
            user = await open_account(tx, "anna@example.org", amount=10 * CREDIT)
        menu = tasks.Menu(
            {kind.type: kind() for kind in BUILT_IN},
            catalog,
            reachable=lambda provider: provider == "studio",
        )
        caller = Caller(user.id, user.tenant_id, Role.USER, frozenset(), new_id())
        shop = Shop(db, menu, caller)
        db.listen(shop.rung.update)
        yield shop
        async with db.view() as view:
            assert await audit.run(view) == []
    finally:
        await db.close()
