"""Claiming: runs that are due are taken by priority, and then by how long they have been due.

What needs no function is settled here at once: a run that is not wanted any more, one whose
function is gone, and one that has taken down too many of those who took it up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, case, exists, false, func, select, update
from sqlalchemy.orm import aliased

from gesso.domain import deadletters
from gesso.domain.deadletters import Letter
from gesso.domain.registry.function import Functions
from gesso.domain.registry.report import KIND, ROWS, RUNS, End, finish
from gesso.domain.registry.tables import NEVER, Run
from gesso.infra.db import Tx, View, at_commit, moment, rowset, sole
from gesso.work import MOST_LOST, Grip, Look

log = structlog.get_logger()

GONE_AGAIN = timedelta(seconds=30)
"""Until a run whose function is gone is looked at again: a plugin may be on its way."""
GONE = "No function of this name is registered where it was to run."


@dataclass(frozen=True, slots=True)
class Assigned:
    """A run in somebody's hands until its lease ends."""

    grip: Grip
    function: str
    queue: str
    arguments: Mapping[str, Any]
    attempt: int
    max_attempts: int
    created_at: datetime
    leased_until: datetime


async def claim(tx: Tx, functions: Functions, look: Look, *, lease: timedelta) -> list[Assigned]:
    """Take at most `look.room` due runs; those that are returned are the caller's for a lease."""
    runs = await _due(tx, look)
    if len(runs) == look.room:
        at_commit(tx, RUNS)  # there may be more, and nobody need wait a tick for it
    unwanted = [run for run in runs if run.cancel_requested_at is not None]
    await finish(tx, [_cancelled(run) for run in unwanted])
    doomed = [run for run in runs if run not in unwanted and _is_doomed(run)]
    await park(tx, doomed)
    rest = [run for run in runs if run not in unwanted and run not in doomed]
    await _set_back(tx, [run for run in rest if run.function not in functions])
    known = [run for run in rest if run.function in functions]
    return await _hand_out(tx, await _fitting(tx, known), look.holder, lease)


async def begin(tx: Tx, grips: Sequence[Grip], *, holder: str, lease: timedelta) -> list[Assigned]:
    """Take these in hand; those that somebody holds, or that have moved on, are passed over."""
    until = moment(tx) + lease
    begun = await ROWS.begin(tx, grips, holder=holder, until=until, where=Run.status == "running")
    return [_assigned(run, run.fence, run.attempt, until) for run in begun]


async def take_from_the_dead(tx: Tx, grips: Sequence[Grip]) -> None:
    """Make due at once what processes of this machine held that are gone."""
    if await ROWS.take_from_the_dead(tx, grips):
        at_commit(tx, RUNS)


async def release(
    tx: Tx, grips: Sequence[Grip], *, holder: str | None, after: timedelta = timedelta(0)
) -> None:
    """Give these back, due after so long; their try goes on under its number."""
    await ROWS.release(tx, grips, holder=holder, due_at=moment(tx) + after)
    at_commit(tx, RUNS)


async def release_leases(tx: Tx) -> None:
    """Make every leased run due now: at start, where this process is the only one there can be."""
    now = moment(tx)
    await tx.execute(
        update(Run)
        .where(ROWS.live, Run.status == "running", Run.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


async def not_wanted(view: View, grips: Collection[Grip]) -> list[Grip]:
    """Those of these whose end was asked for."""
    query = select(Run.id).where(
        Run.id.in_([grip.id for grip in grips]), Run.cancel_requested_at.is_not(None)
    )
    asked = set((await view.scalars(query)).all())
    return [grip for grip in grips if grip.id in asked]


async def park(tx: Tx, runs: Sequence[Run]) -> None:
    """Put these out of everybody's way until an operator decides."""
    if not runs:
        return
    await tx.execute(
        update(Run)
        .where(Run.id.in_([run.id for run in runs]))
        .values(
            status="retrying", due_at=NEVER, fence=Run.fence + 1, lost=ROWS.lost, holder=None,
            error_code="parked", error_message="Every process that took it in hand ended under it.",
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    await deadletters.park(tx, [_letter(run) for run in runs])


async def _due(tx: Tx, look: Look) -> Sequence[Run]:
    is_shut = Run.queue.in_(sorted(look.closed)) if look.closed else false()
    other = aliased(Run)
    is_taken = exists(
        select(1).where(
            other.function == Run.function, other.alone, other.status == "running",
            other.id != Run.id,
        )
    )  # fmt: skip
    query = (
        select(Run)
        .where(ROWS.live, Run.due_at <= moment(tx), ~is_shut, ~and_(Run.alone, is_taken))
        .order_by(Run.priority.desc(), Run.due_at, Run.id)
        .limit(look.room)
        .with_for_update(key_share=True, skip_locked=True, of=Run)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def _fitting(tx: Tx, runs: Sequence[Run]) -> list[Run]:
    """Without those that must wait for another run of their function."""
    waiting = [run for run in runs if run.alone and run.status != "running"]
    if not waiting:
        return list(runs)
    taken = {run.function for run in runs if run.alone and run.status == "running"}
    if await sole(tx, "gesso.run.alone"):
        # Asked again, for another process may have committed since these were found.
        query = select(Run.function).where(Run.alone, Run.status == "running")
        taken |= set((await tx.scalars(query)).all())
    else:
        taken |= {run.function for run in waiting}
    fitting = []
    for run in runs:
        if run not in waiting or run.function not in taken:
            fitting.append(run)
            taken |= {run.function} if run in waiting else set()
    return fitting


async def _hand_out(
    tx: Tx, runs: Sequence[Run], holder: str | None, lease: timedelta
) -> list[Assigned]:
    if not runs:
        return []
    until = moment(tx) + lease
    # A try that its process did not survive, or gave back, is made again under its number.
    attempts = [run.attempt + (run.status != "running") for run in runs]
    v = rowset(tx, id=(Run.id, [run.id for run in runs]), attempt=(Run.attempt, attempts))
    await tx.execute(
        update(Run)
        .where(Run.id == v.c.id)
        .values(
            status="running", attempt=v.c.attempt, fence=Run.fence + 1, lost=ROWS.lost,
            holder=holder, due_at=until, progress=0.0,
            started_at=func.coalesce(Run.started_at, moment(tx)),
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return [
        _assigned(run, run.fence + 1, attempt, until)
        for run, attempt in zip(runs, attempts, strict=True)
    ]


async def _set_back(tx: Tx, runs: Sequence[Run]) -> None:
    """Runs whose function nobody here knows: tried again later, and failed in the end."""
    over = [run for run in runs if run.attempt >= run.max_attempts]
    ends = [End(Grip(run.id, run.fence), "failed", "unknown_function", GONE) for run in over]
    await finish(tx, ends)
    rest = [run.id for run in runs if run not in over]
    if not rest:
        return
    log.warning("function_not_registered", functions=sorted({run.function for run in runs}))
    await tx.execute(
        update(Run)
        .where(Run.id.in_(rest))
        .values(
            status="retrying",
            attempt=Run.attempt + case((Run.status == "running", 0), else_=1),
            due_at=moment(tx) + GONE_AGAIN,
            error_code="unknown_function",
            error_message=GONE,
            **ROWS.let_go,
        )
        .execution_options(synchronize_session=False)
    )


def _is_doomed(run: Run) -> bool:
    return run.lost + (run.holder is not None) >= MOST_LOST


def _cancelled(run: Run) -> End:
    return End(Grip(run.id, run.fence), "cancelled", "cancelled", "It was cancelled.")


def _letter(run: Run) -> Letter:
    log.warning("run_parked", run_id=str(run.id), function=run.function)
    return Letter(
        KIND, run.id, lane=run.queue, deliveries=run.lost + 1,
        facts={"function": run.function, "attempt": run.attempt, "holder": run.holder},
        reason="Every process that took it in hand ended under it.",
    )  # fmt: skip


def _assigned(run: Run, fence: int, attempt: int, until: datetime) -> Assigned:
    return Assigned(
        grip=Grip(run.id, fence),
        function=run.function,
        queue=run.queue,
        arguments=run.arguments,
        attempt=attempt,
        max_attempts=run.max_attempts,
        created_at=run.created_at,
        leased_until=until,
    )
