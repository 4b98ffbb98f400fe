"""Moves: the statements behind the reports, each over many jobs and compiled once."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Update, and_, case, exists, func, select, update

from gesso.domain.tasks.grips import let_go
from gesso.domain.tasks.rules import before
from gesso.domain.tasks.status import LIVE, status_is
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Over


class Moved(NamedTuple):
    """A job that has just changed."""

    id: UUID
    task_id: UUID
    owner_id: UUID
    queue: str
    phase: str
    idx: int
    progress: float
    rev: int


def move(v: FromClause, to: str) -> Update:
    """The compare-and-set of every report:
    only from a legal state, only under the fence in force.
    """
    return update(Job).where(Job.id == v.c.id, Job.fence == v.c.fence, status_is(*before(to)))


def is_current() -> ColumnElement[bool]:
    """The attempt is its job's present one."""
    return exists(select(1).where(Job.id == Attempt.job_id, Job.attempt_id == Attempt.id))


MOVED = (
    Job.id, Job.task_id, Job.owner_id, Job.queue, Job.phase, Job.idx, Job.progress, Job.rev,
)  # fmt: skip
ACCEPT = Over(
    lambda v, _: (
        move(v, "running")
        .values(
            status="running",
            provider_job_id=v.c.provider_job_id,
            due_at=case((Job.cancel_requested_at.is_(None), v.c.due_at), else_=v.c.now),
            rev=Job.rev + 1,
            **let_go(v.c.step),
        )
        .returning(*MOVED)
    ),
    returning=MOVED,
    id=Job.id, fence=Job.fence, provider_job_id=Job.provider_job_id, now=Job.due_at,
    due_at=Job.due_at, step=Job.fence,
)  # fmt: skip
RECEIVE = Over(
    lambda v, _: (
        move(v, "ingesting")
        .values(
            status="ingesting", output=v.c.output, charge=v.c.charge, due_at=v.c.due_at,
            progress=1.0, rev=Job.rev + 1, **let_go(v.c.step),
        )
        .returning(*MOVED)
    ),
    returning=MOVED,
    id=Job.id, fence=Job.fence, output=Job.output, charge=Job.charge, due_at=Job.due_at,
    step=Job.fence,
)  # fmt: skip
ADVANCE = Over(
    lambda v, _: (
        update(Job)
        .where(Job.id == v.c.id, Job.fence == v.c.fence, status_is("running"))
        .where(Job.progress <= v.c.share)
        .values(
            progress=v.c.share,
            due_at=case((Job.cancel_requested_at.is_(None), v.c.due_at), else_=v.c.now),
            rev=Job.rev + 1,
            **let_go(v.c.step),
        )
        .returning(*MOVED)
    ),
    returning=MOVED,
    id=Job.id, fence=Job.fence, share=Job.progress, now=Job.due_at, due_at=Job.due_at,
    step=Job.fence,
)  # fmt: skip


# A wish to cancel is not put off: it waits for whoever looks at the running job next.
_UNWANTED = and_(Job.cancel_requested_at.is_not(None), status_is("running"))
POSTPONE = Over(
    lambda v, _: (
        update(Job)
        .where(Job.id == v.c.id, Job.fence == v.c.fence, LIVE)
        .values(due_at=case((_UNWANTED, v.c.now), else_=v.c.due_at), **let_go(v.c.step))
        .returning(Job.id)
    ),
    returning=[Job.id],
    id=Job.id, fence=Job.fence, now=Job.due_at, due_at=Job.due_at, step=Job.fence,
)  # fmt: skip


_SENT = (Attempt.job_id, Attempt.fence)
INTEND = Over(
    lambda v, _: (
        update(Attempt)
        .where(
            Attempt.job_id == v.c.id,
            Attempt.fence == v.c.fence,
            Attempt.intent_at.is_(None),
            Attempt.outcome == "open",  # PostgreSQL looks again at this row alone, not at its job
            exists(
                select(1).where(
                    Job.id == v.c.id,
                    Job.fence == v.c.fence,
                    Job.attempt_id == Attempt.id,
                    status_is("submitting"),
                )
            ),
        )
        .values(intent_at=v.c.now, credential=v.c.credential)
        .returning(*_SENT)
    ),
    returning=_SENT,
    id=Job.id, fence=Job.fence, credential=Attempt.credential, now=Attempt.intent_at,
)  # fmt: skip


NOTE = Over(
    lambda v, _: (
        update(Attempt)
        .where(Attempt.job_id == v.c.id, is_current())
        .values(
            outcome="accepted",
            provider_job_id=v.c.provider_job_id,
            intent_at=func.coalesce(Attempt.intent_at, v.c.now),
        )
    ),
    id=Job.id, provider_job_id=Attempt.provider_job_id, now=Attempt.intent_at,
)  # fmt: skip
COST = Over(
    lambda v, _: (
        update(Attempt)
        .where(Attempt.job_id == v.c.id, is_current())
        .values(provider_cost=v.c.cost, usage=v.c.usage, outcome="accepted")
    ),
    id=Job.id, cost=Attempt.provider_cost, usage=Attempt.usage,
)  # fmt: skip
