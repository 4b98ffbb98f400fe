"""Attempts: the fate of every try, and the loss where a provider takes money for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from gesso.domain import wallet
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, moment, rowset

OPEN = ("open", "unknown", "accepted")
"""Fates that are not final yet."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a job's present attempt has ended; `cost` comes on top of what is known already."""

    job_id: UUID
    task_id: UUID
    outcome: str
    code: str | None
    cost: int

    @property
    def is_lost(self) -> bool:
        """Whether nothing was delivered for the money."""
        return self.outcome != "completed"


async def close(tx: Tx, fates: Sequence[Fate]) -> None:
    """Write the fates down; what was paid for nothing is booked as our loss, once an attempt."""
    if not fates:
        return
    v = rowset(
        tx,
        id=(Job.id, [fate.job_id for fate in fates]),
        outcome=(Attempt.outcome, [fate.outcome for fate in fates]),
        code=(Attempt.error_code, [fate.code for fate in fates]),
        cost=(Attempt.provider_cost, [fate.cost for fate in fates]),
    )
    closed = await tx.execute(
        update(Attempt)
        .where(Attempt.job_id == v.c.id, Attempt.outcome.in_(OPEN))
        .values(
            outcome=v.c.outcome,
            error_code=v.c.code,
            provider_cost=Attempt.provider_cost + v.c.cost,
            ended_at=moment(tx),
        )
        .returning(Attempt.id, Attempt.job_id, Attempt.provider_cost)
        .execution_options(synchronize_session=False)
    )
    lost = {fate.job_id: fate.task_id for fate in fates if fate.is_lost}
    await wallet.book_loss(
        tx, [(lost[job_id], attempt, cost) for attempt, job_id, cost in closed if job_id in lost]
    )
