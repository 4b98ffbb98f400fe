"""What the engine has to do for tasks: let waiting jobs go, and look after whatever is due."""

from collections.abc import Sequence
from itertools import count

from sqlalchemy import exists, select

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.due import lane_of
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.status import WAITING_NOW
from gesso.domain.tasks.tables import Job, Queue
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.verdicts import grip
from gesso.domain.tasks.work.workshop import Workshop
from gesso.work import Duty, Grip, Look, Ticket

_QUEUE = "queue:"
_SHARE = 0.5
"""Of the hands for what is due, so many may be at one queue's jobs: as many as have a place on the
way to its provider, and as many again that wait for one.
"""
TOGETHER = {"poll": 32, "lookup": 32, "cancel": 32, "ingest": 16, "submit": 32}
"""How many of a kind one worker is given at once; it does them side by side."""


class Duties:
    """The duties of this room, for the engine."""

    def __init__(self, desk: Desk, workshop: Workshop) -> None:
        self._desk, self._workshop = desk, workshop
        self._rounds = count()

    def all(self) -> list[Duty[Assignment]]:
        """Admission of what waits, and whatever else has fallen due."""
        return [
            Duty(
                "admit", (_QUEUE,), self._admit, self._workshop.do,
                kinds=("submit",),
                ticket=self._ticket, redeem=self._redeem, put_back=self._put_back,
            ),
            Duty(
                "due", (DUE,), self._claim, self._workshop.do,
                kinds=("poll", "lookup", "cancel", "ingest"),
                ticket=self._ticket, redeem=self._redeem, put_back=self._put_back,
                share=_SHARE,
            ),
        ]  # fmt: skip

    async def _admit(self, look: Look) -> list[Assignment]:
        names = {topic.removeprefix(_QUEUE) for topic in look.rung} or await self._waiting()
        taken: list[Assignment] = []
        line = sorted(names - set(look.closed))
        first = next(self._rounds) % len(line) if line else 0
        # With little room, another queue comes first each time.
        for name in line[first:] + line[:first]:
            if len(taken) < look.room:
                taken += await self._desk.admit(name, look, look.room - len(taken))
        return taken

    async def _claim(self, look: Look) -> list[Assignment]:
        await self._workshop.leases.catch_up()
        return await self._desk.claim_due(look)

    def _ticket(self, job: Assignment) -> Ticket:
        # What stays with its worker keeps it busy, and what was dropped may be what killed it.
        alone = job.lost > 0 or (job.duty == "submit" and self._workshop.stays(job))
        together = 1 if alone else TOGETHER[job.duty]
        return Ticket(lane_of(job), job.duty, str(grip(job)), together)

    async def _redeem(self, claims: Sequence[str], again: bool) -> list[Assignment]:  # noqa: FBT001  # a Duty's own signature
        grips = [grip for claim in claims if (grip := Grip.parse(claim)) is not None]
        return await self._desk.begin(grips, again=again)

    async def _put_back(self, jobs: Sequence[Assignment]) -> None:
        await self._desk.put_back([grip(job) for job in jobs])

    async def _waiting(self) -> set[str]:
        """The active queues in which anything waits; one glance, and not a transaction each."""
        waits = exists(select(1).where(Job.queue == Queue.name, WAITING_NOW))
        async with self._desk.db.view() as view:
            query = select(Queue.name).where(Queue.active, waits)
            return set((await view.scalars(query)).all())
