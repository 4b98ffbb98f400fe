"""Attempts: the fate of every try, and the loss where a provider takes money for nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, update

from gesso.domain import wallet
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Over, Tx, moment

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
    usage: Mapping[str, int] = field(default_factory=dict)
    """What was used up for it, where that was not told before."""

    @property
    def is_lost(self) -> bool:
        """Whether nothing was delivered for the money."""
        return self.outcome != "completed"


_CLOSED = (Attempt.id, Attempt.job_id, Attempt.provider_cost)
_CLOSE = Over(
    lambda v, _: (
        update(Attempt)
        .where(Attempt.job_id == v.c.id, or_(*[Attempt.outcome == fate for fate in OPEN]))
        .values(
            outcome=v.c.outcome,
            error_code=v.c.code,
            provider_cost=Attempt.provider_cost + v.c.cost,
            ended_at=v.c.now,
        )
        .returning(*_CLOSED)
    ),
    returning=_CLOSED,
    id=Job.id,
    outcome=Attempt.outcome,
    code=Attempt.error_code,
    cost=Attempt.provider_cost,
    now=Attempt.ended_at,
)


async def close(tx: Tx, fates: Sequence[Fate]) -> None:
    """Write the fates down; what was paid for nothing is booked as our loss, once an attempt."""
    if not fates:
        return
    closed = await _CLOSE(
        tx,
        id=[fate.job_id for fate in fates],
        outcome=[fate.outcome for fate in fates],
        code=[fate.code for fate in fates],
        cost=[fate.cost for fate in fates],
        now=[moment(tx)] * len(fates),
    )
    attempts = {job_id: attempt for attempt, job_id, _ in closed}
    for fate in fates:
        if fate.usage and fate.job_id in attempts:  # rare, so a statement each
            await tx.execute(
                update(Attempt)
                .where(Attempt.id == attempts[fate.job_id])
                .values(usage=dict(fate.usage))
                .execution_options(synchronize_session=False)
            )
    lost = {fate.job_id: fate.task_id for fate in fates if fate.is_lost}
    await wallet.book_loss(
        tx, [(lost[job_id], attempt, cost) for attempt, job_id, cost in closed if job_id in lost]
    )
