"""Reports: what a worker says of a run, written back if the run is still the worker's.

Every verb takes many reports and answers for which of them it was true. A report under an older
fence changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Update, case, update

from gesso.domain.registry.tables import Run
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.work import Grip, Rows

ROWS = Rows(Run)
RUNS = "runs"
"""The topic that is signalled when a run has become due, or has ended."""
KIND = "run"
"""As dead letters call it."""


@dataclass(frozen=True, slots=True)
class End:
    """How a run has ended."""

    grip: Grip
    status: str
    error_code: str | None = None
    error_message: str | None = None
    result: Any = None


@dataclass(frozen=True, slots=True)
class Again:
    """A try that failed, and the seconds after which there may be another."""

    grip: Grip
    after: float
    error_code: str
    error_message: str


@dataclass(frozen=True, slots=True)
class Share:
    """How far a run is."""

    grip: Grip
    share: float


async def finish(tx: Tx, ends: Sequence[End]) -> list[bool]:
    """Bring these runs to their end; only the first end of a run counts."""
    if not ends:
        return []
    await ROWS.lock(tx, [end.grip.id for end in ends])
    v = rowset(
        tx,
        id=(Run.id, [end.grip.id for end in ends]),
        fence=(Run.fence, [end.grip.fence for end in ends]),
        status=(Run.status, [end.status for end in ends]),
        result=(Run.result, [end.result for end in ends]),
        code=(Run.error_code, [end.error_code for end in ends]),
        message=(Run.error_message, [end.error_message for end in ends]),
    )
    write = (
        update(Run)
        .where(Run.id == v.c.id, Run.fence == v.c.fence, ROWS.live)
        .values(
            status=v.c.status,
            result=v.c.result,
            error_code=v.c.code,
            error_message=v.c.message,
            progress=case((v.c.status == "completed", 1.0), else_=Run.progress),
            finished_at=moment(tx),
            **ROWS.let_go,
        )
    )
    done = await _changed(tx, write)
    at_commit(tx, RUNS)
    return [end.grip in done for end in ends]


async def again(tx: Tx, failures: Sequence[Again]) -> list[bool]:
    """Running → retrying; one that is not wanted any more is due at once, to be ended."""
    await ROWS.lock(tx, [failure.grip.id for failure in failures])
    now = moment(tx)
    v = rowset(
        tx,
        id=(Run.id, [failure.grip.id for failure in failures]),
        fence=(Run.fence, [failure.grip.fence for failure in failures]),
        due_at=(Run.due_at, [now + timedelta(seconds=failure.after) for failure in failures]),
        code=(Run.error_code, [failure.error_code for failure in failures]),
        message=(Run.error_message, [failure.error_message for failure in failures]),
    )
    write = (
        update(Run)
        .where(Run.id == v.c.id, Run.fence == v.c.fence, Run.status == "running")
        .values(
            status="retrying",
            due_at=case((Run.cancel_requested_at.is_(None), v.c.due_at), else_=now),
            error_code=v.c.code,
            error_message=v.c.message,
            **ROWS.let_go,
        )
    )
    changed = await _changed(tx, write)
    at_commit(tx, RUNS)
    return [failure.grip in changed for failure in failures]


async def advance(tx: Tx, shares: Sequence[Share]) -> list[bool]:
    """Write down how far running runs are; False for one that is not this worker's any more."""
    newest = {each.grip: each.share for each in shares}
    await ROWS.lock(tx, [grip.id for grip in newest])
    v = rowset(
        tx,
        id=(Run.id, [grip.id for grip in newest]),
        fence=(Run.fence, [grip.fence for grip in newest]),
        share=(Run.progress, list(newest.values())),
    )
    write = update(Run).where(Run.id == v.c.id, Run.fence == v.c.fence, ROWS.live)
    changed = await _changed(tx, write.values(progress=v.c.share), raised=0)
    return [each.grip in changed for each in shares]


async def renew(tx: Tx, grips: Sequence[Grip], lease: timedelta) -> list[bool]:
    """Keep these leases; False for those that were lost, and for those that are to be stopped."""
    await ROWS.lock(tx, [grip.id for grip in grips])
    v = ROWS.of(tx, grips)
    write = update(Run).where(
        Run.id == v.c.id,
        Run.fence == v.c.fence,
        Run.status == "running",
        Run.cancel_requested_at.is_(None),
    )
    kept = await _changed(tx, write.values(due_at=moment(tx) + lease), raised=0)
    return [grip in kept for grip in grips]


async def stop(tx: Tx, grips: Sequence[Grip]) -> list[bool]:
    """Running → cancelled, for those whose end was asked for."""
    await ROWS.lock(tx, [grip.id for grip in grips])
    v = ROWS.of(tx, grips)
    write = (
        update(Run)
        .where(
            Run.id == v.c.id,
            Run.fence == v.c.fence,
            Run.status == "running",
            Run.cancel_requested_at.is_not(None),
        )
        .values(
            status="cancelled",
            error_code="cancelled",
            error_message="It was cancelled.",
            finished_at=moment(tx),
            **ROWS.let_go,
        )
    )
    stopped = await _changed(tx, write)
    at_commit(tx, RUNS)
    return [grip in stopped for grip in grips]


async def _changed(tx: Tx, write: Update, *, raised: int = 1) -> set[Grip]:
    """The grips under which this changed a row; a write that lets go has raised the fence."""
    write = write.returning(Run.id, Run.fence).execution_options(synchronize_session=False)
    return {Grip(row.id, row.fence - raised) for row in await tx.execute(write)}
