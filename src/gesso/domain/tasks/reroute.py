"""Reroute: a job that one target cannot make goes to another, at the price that was quoted.

It moves only between attempts: while it waits for its place, or when an attempt has ended so that
the provider certainly does not work on it. A job whose fate is unknown never moves, nor one that
failed by its user's own fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from gesso.domain.catalog import Target
from gesso.domain.routing import Seen
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.queues import queue_topic
from gesso.domain.tasks.tables import Job, Queue
from gesso.infra.db import Tx, at_commit, moment, rowset
from gesso.providers.readings import fault_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt came to nothing."""

    outcome: str
    code: str
    again: bool

    @property
    def may_move(self) -> bool:
        """Whether another target could do what this one did not: it was not taken, or failed
        without a cost, and not by its user's fault.
        """
        is_free = self.outcome in ("rejected", "absent") or self.again
        return is_free and fault_of(self.code) != "user"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a job goes now, and what it remembers of it."""

    job: Job
    target: Target
    meta: dict[str, Any]
    is_new: bool = True
    """False: it has been there before, and waits before it asks again."""


def name_of(job: Job) -> str:
    """The target that the job has been given."""
    return f"{job.provider}:{job.provider_model}"


def learn(menu: Menu, tx: Tx, job: Job, ended: Ended) -> None:
    """Have this process know of a failure at once; the others read it from the attempts."""
    if job.attempt_id is not None:
        now = moment(tx).timestamp()
        seen = Seen(name_of(job), ok=False, at=now, fault=fault_of(ended.code))
        menu.router.learn(job.attempt_id, seen)


def after(menu: Menu, job: Job, ended: Ended) -> Move | None:
    """Where a job goes whose attempt has ended so; None: nowhere else."""
    if not ended.may_move:
        return None
    here = {"target": name_of(job), "code": ended.code, "again": ended.again}
    move = _elsewhere(menu, job, [*_tried(job), here])
    if move is not None or ended.again:
        return move
    # This one will never do it, but one that was only busy may by now.
    spare = next((str(each["target"]) for each in _tried(job) if each["again"]), None)
    target = _targets(menu, job).get(spare or "")
    if target is None or target.name == name_of(job):
        return None
    trace: dict[str, object] = {"target": target.name, "why": "nobody else"}
    return Move(job, target, _meta(job, trace, [*_tried(job), here]), is_new=False)


def instead(menu: Menu, job: Job) -> Move | None:
    """Where a waiting job goes whose target is left alone by now; None: it stays."""
    if _routing(job).get("why") == "probe" or menu.router.admits(name_of(job)):
        return None
    return _elsewhere(menu, job, _tried(job))


def _elsewhere(menu: Menu, job: Job, tried: list[dict[str, Any]]) -> Move | None:
    model = menu.catalog.named(str(job.meta.get("model")))
    targets = menu.targets(model) if model else {}
    names = {name_of(job), *(str(each["target"]) for each in tried)}
    if model is None or targets.keys() <= names:
        return None
    choice = menu.router.choose(menu.candidates(model, targets), tried=names)
    if choice.why == "nobody else":
        return None
    return Move(job, targets[choice.name], _meta(job, choice.trace, tried))


def _targets(menu: Menu, job: Job) -> dict[str, Target]:
    model = menu.catalog.named(str(job.meta.get("model")))
    return menu.targets(model) if model else {}


def _meta(job: Job, trace: dict[str, object], tried: list[dict[str, Any]]) -> dict[str, Any]:
    """The job's metadata under its new target, without what its old provider had said."""
    kept = {name: value for name, value in job.meta.items() if name != "provider"}
    traces: Any = kept.get("trace", {})
    routing = {**trace, "tried": tried} if tried else dict(trace)
    return {**kept, "trace": {**traces, "routing": routing}}


def _routing(job: Job) -> dict[str, Any]:
    trace: Any = job.meta.get("trace", {})
    return dict(trace.get("routing", {}))


def _tried(job: Job) -> list[dict[str, Any]]:
    return list(_routing(job).get("tried", []))


async def turns(tx: Tx, moves: Sequence[Move]) -> dict[str, int]:
    """The turn at which a job that comes from elsewhere joins each queue: the one now served, for
    it has waited its turn already.
    """
    strange = {move.target.queue for move in moves if move.target.queue != move.job.queue}
    if not strange:
        return {}
    query = select(Queue.name, Queue.virtual_time).where(Queue.name.in_(sorted(strange)))
    return dict((await tx.execute(query)).all())


async def send_elsewhere(tx: Tx, moves: Sequence[Move]) -> None:
    """Give waiting jobs, which the caller has locked, another target and a place in its line."""
    joining = await turns(tx, moves)
    v = rowset(
        tx,
        id=(Job.id, [move.job.id for move in moves]),
        provider=(Job.provider, [move.target.provider for move in moves]),
        model=(Job.provider_model, [move.target.model for move in moves]),
        queue=(Job.queue, [move.target.queue for move in moves]),
        turn=(Job.turn, [joining.get(move.target.queue, move.job.turn) for move in moves]),
        meta=(Job.meta, [move.meta for move in moves]),
    )
    await tx.execute(
        update(Job)
        .where(Job.id == v.c.id, Job.status == "queued")
        .values(
            provider=v.c.provider,
            provider_model=v.c.model,
            queue=v.c.queue,
            turn=v.c.turn,
            meta=v.c.meta,
            rev=Job.rev + 1,
        )
        .execution_options(synchronize_session=False)
    )
    at_commit(tx, *{queue_topic(move.target.queue) for move in moves})
