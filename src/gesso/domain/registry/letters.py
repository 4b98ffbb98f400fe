"""Parked runs, as dead letters keep them: tried once more, or ended."""

from uuid import UUID

from sqlalchemy import select, update

from gesso.domain.registry.report import ROWS, RUNS, End, finish
from gesso.domain.registry.tables import Run
from gesso.infra.db import Tx, at_commit, moment
from gesso.infra.errors import Conflict
from gesso.work import MOST_LOST, Grip


class RunKeeper:
    """Knows what requeuing and discarding mean for a run."""

    async def requeue(self, tx: Tx, subject: str) -> None:
        """Try a parked run once more: it is due at once, as if nobody had ever dropped it."""
        run = await _parked(tx, UUID(subject))
        await tx.execute(
            update(Run)
            .where(Run.id == run.id)
            .values(lost=0, due_at=moment(tx))
            .execution_options(synchronize_session=False)
        )
        at_commit(tx, RUNS)

    async def discard(self, tx: Tx, subject: str) -> None:
        """End a parked run as failed."""
        run = await _parked(tx, UUID(subject))
        words = "An operator discarded it."
        await finish(tx, [End(Grip(run.id, run.fence), "failed", "discarded", words)])


async def _parked(tx: Tx, run_id: UUID) -> Run:
    run = await tx.scalar(
        select(Run)
        .where(Run.id == run_id, ROWS.live, Run.holder.is_(None), Run.lost >= MOST_LOST)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise Conflict("The run is not parked any more.", code="not_parked")
    return run
