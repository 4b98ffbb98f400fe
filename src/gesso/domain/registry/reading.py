"""Reading runs, and forgetting old ones."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from gesso.domain import deadletters
from gesso.domain.registry.asking import cancel
from gesso.domain.registry.report import KIND
from gesso.domain.registry.tables import Run
from gesso.infra.db import Tx, View, moment
from gesso.infra.errors import NotFound

KEPT = timedelta(days=7)
"""How long a run is remembered after its end, and with it the key under which it was asked for."""


async def get(view: View, run_id: UUID) -> Run:
    """The run; NotFound when there is none."""
    run = await view.get(Run, run_id)
    if run is None:
        raise NotFound("There is no such run.")
    return run


async def page(
    view: View,
    *,
    functions: Sequence[str] = (),
    statuses: Sequence[str] = (),
    after: UUID | None = None,
    limit: int,
) -> Sequence[Run]:
    """Runs, the newest first, behind the one with the id `after`."""
    query = select(Run).order_by(Run.id.desc()).limit(limit)
    if functions:
        query = query.where(Run.function.in_(functions))
    if statuses:
        query = query.where(Run.status.in_(statuses))
    if after is not None:
        query = query.where(Run.id < after)
    return (await view.scalars(query)).all()


async def forget_runs(tx: Tx, *, room: int) -> int:
    """Forget at most `room` runs that ended a week ago; how many there were."""
    old = (
        select(Run.id)
        .where(Run.finished_at.is_not(None), Run.finished_at < moment(tx) - KEPT)
        .order_by(Run.finished_at)
        .limit(room)
    )
    write = delete(Run).where(Run.id.in_(old)).returning(Run.id)
    return len((await tx.execute(write.execution_options(synchronize_session=False))).all())


async def forget_runs_of(tx: Tx, user_id: UUID, *, room: int) -> tuple[int, int]:
    """Forget at most `room` ended runs that this user asked for, and have those end that have not;
    how many went, and how many are still in somebody's hands.
    """
    mine = Run.requested_by == user_id
    live = await tx.scalars(select(Run.id).where(mine, Run.finished_at.is_(None)).limit(room))
    for run_id in live.all():
        await cancel(tx, run_id)
    old = select(Run.id).where(mine, Run.finished_at.is_not(None)).limit(room)
    write = delete(Run).where(Run.id.in_(old)).returning(Run.id)
    gone = (await tx.execute(write.execution_options(synchronize_session=False))).all()
    await deadletters.forget(tx, KIND, [row.id for row in gone])
    rest = select(func.count()).select_from(Run).where(mine)
    return len(gone), await tx.scalar(rest) or 0
