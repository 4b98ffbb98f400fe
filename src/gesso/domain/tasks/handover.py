"""Handover: an assignment that travels is taken in hand where it arrives, and given back where it
cannot go on.

A message is a claim to a job under a fence. It may come twice, late, or not at all: only the first
that finds the row free under that fence begins.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import case

from gesso.domain.tasks.admit import Assignment, assign
from gesso.domain.tasks.due import DUTIES, Terms
from gesso.domain.tasks.grips import JOBS
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.status import status_is
from gesso.infra.db import Tx, at_commit, moment
from gesso.work import Grip


async def begin(tx: Tx, grips: Sequence[Grip], terms: Terms) -> list[Assignment]:
    """Take these in hand for a lease; those that somebody holds, or that have moved on, are passed
    over.
    """
    until = moment(tx) + terms.lease
    begun = await JOBS.begin(tx, grips, holder=terms.holder, until=until, where=status_is(*DUTIES))
    return [
        assign(
            job,
            DUTIES[job.status],
            fence=job.fence,
            attempt_id=job.attempt_id,
            leased_until=until,
            lost=job.lost,
        )
        for job in begun
        if job.attempt_id is not None
    ]


async def take_from_the_dead(tx: Tx, grips: Sequence[Grip]) -> int:
    """Make due at once what processes of this machine held that are gone; how many those were."""
    taken = await JOBS.take_from_the_dead(tx, grips)
    if taken:
        at_commit(tx, DUE)
    return taken


async def release(
    tx: Tx, grips: Sequence[Grip], *, holder: str | None = None, after: timedelta = timedelta(0)
) -> None:
    """Give these back, due after so long, as far as `holder` still has them; nobody is said to have
    dropped them.
    """
    # A submission that was not begun goes back to its line, where waiting has its own order.
    due_at = case((status_is("submitting"), moment(tx)), else_=moment(tx) + after)
    await JOBS.release(tx, grips, holder=holder, due_at=due_at)
    at_commit(tx, DUE)
