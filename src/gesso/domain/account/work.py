"""The work of erasing: step after step, by whoever is at it, from wherever the last one stopped."""

from typing import Any

import structlog
from sqlalchemy import select, update

from gesso.domain.account.steps import STEPS, Ending, Went
from gesso.domain.identity import Erasure
from gesso.infra import metrics
from gesso.infra.db import Tx, moment
from gesso.infra.errors import Unavailable

log = structlog.get_logger()

_AT_ONCE = 50
_ORDER = [*STEPS, "done"]

_finished = metrics.counter("erasures_finished", "Accounts that were ended to the last row.")


async def work_off(house: Ending) -> int:
    """Bring every open erasure as far as it can be brought now; how many are still open."""
    async with house.db.view() as view:
        query = select(Erasure).where(Erasure.finished_at.is_(None)).order_by(Erasure.asked_at)
        waiting = (await view.scalars(query.limit(_AT_ONCE))).all()
    left = 0
    for gone in waiting:
        try:
            left += not await advance(house, gone)
        except Unavailable as error:
            left += 1
            log.warning("erasure_postponed", erasure_id=str(gone.id), reason=error.message)
    return left


async def advance(house: Ending, gone: Erasure) -> bool:
    """Do one step after the other until one has to wait; whether the end was reached."""
    while gone.step in STEPS:
        went = await STEPS[gone.step](house, gone)
        if not went.is_done:
            return False
        async with house.db.tx() as tx:
            moved = await _move(tx, gone, went)
        if moved is None:
            return False  # somebody else is at it
        gone = moved
    _finished.inc()
    log.info("account_erased", erasure_id=str(gone.id))
    return True


async def _move(tx: Tx, gone: Erasure, went: Went) -> Erasure | None:
    """Write down that a step is done; None where somebody else did."""
    after = went.back_to or _ORDER[_ORDER.index(gone.step) + 1]
    values: dict[str, Any] = {
        "step": after,
        "counts": {**gone.counts, gone.step: went.count},
    }
    if gone.state == "asked":
        values |= {"state": "settled", "settled_at": moment(tx)}
    if after == "done":
        values |= {"state": "erased", "finished_at": moment(tx)}
    write = (
        update(Erasure)
        .where(Erasure.id == gone.id, Erasure.step == gone.step, Erasure.state == gone.state)
        .values(**values)
        .returning(Erasure)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return await tx.scalar(write)
