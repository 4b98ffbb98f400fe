"""Places: which of a provider's servers a job goes to, where each takes only so many at once.

An attempt holds a place from the moment its credential is written until its job is not at the
provider any more. The jobs' own rows are the count, so nothing has to be given back.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update

from gesso.domain.tasks.status import AT_PROVIDER_NOW
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, turn


async def take(
    tx: Tx, provider: str, attempt_id: UUID, capacities: Mapping[str, int]
) -> str | None:
    """Take a place for this attempt at the server that is least full, the first named of equal
    ones; None where all are full. One attempt is placed at a time, on all machines together.
    """
    await turn(tx, f"places:{provider}")
    taken = await _taken(tx, provider, attempt_id)
    shares = {name: taken.get(name, 0) / room for name, room in capacities.items() if room}
    free = [name for name, share in shares.items() if share < 1]
    if not free:
        return None
    chosen = min(free, key=lambda name: shares[name])
    write = (
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.intent_at.is_(None))
        .values(credential=chosen)
        .execution_options(synchronize_session=False)
    )
    await tx.execute(write)
    return chosen


async def _taken(tx: Tx, provider: str, but: UUID) -> dict[str, int]:
    query = (
        select(Attempt.credential, func.count())
        .join(Job, Job.attempt_id == Attempt.id)
        .where(
            AT_PROVIDER_NOW,
            Job.provider == provider,
            Attempt.credential.is_not(None),
            Attempt.id != but,
        )
        .group_by(Attempt.credential)
    )
    return {str(name): number for name, number in await tx.execute(query)}
