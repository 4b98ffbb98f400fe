"""What the engine has to do for tasks: let waiting jobs go, and look after whatever is due."""

from itertools import count
from typing import Any

from sqlalchemy import select

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.tables import Queue
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.workshop import Workshop
from gesso.work import Duty

_QUEUE = "queue:"


def duties(desk: Desk, workshop: Workshop) -> list[Duty[Any]]:
    """The duties of this room, for the engine."""
    rounds = count()

    async def admit(room: int, rung: frozenset[str]) -> list[Assignment]:
        names = {topic.removeprefix(_QUEUE) for topic in rung} or await _active(desk)
        taken: list[Assignment] = []
        line = sorted(names)
        first = next(rounds) % len(line) if line else 0
        # With few hands free, another queue comes first each time.
        for name in line[first:] + line[:first]:
            if len(taken) < room:
                taken += await desk.admit(name, room - len(taken))
        return taken

    async def claim(room: int, _rung: frozenset[str]) -> list[Assignment]:
        await workshop.leases.catch_up()
        return await desk.claim_due(room)

    return [
        Duty("admit", (_QUEUE,), admit, workshop.do),
        Duty("due", (DUE,), claim, workshop.do),
    ]


async def _active(desk: Desk) -> set[str]:
    async with desk.db.view() as view:
        return set((await view.scalars(select(Queue.name).where(Queue.active))).all())
