"""Pushed: what a provider's report finds when it comes, and the job that is taken in hand for it.

A report is news like any other: whoever brings it holds the job under a fence of its own. So of two
reports, or of a report and a poll, one is heard and the other comes late and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update

from gesso.domain import wallet
from gesso.domain.identity import Erasure
from gesso.domain.tasks.admit import Assignment, assign
from gesso.domain.tasks.due import DUTIES, Terms
from gesso.domain.tasks.report import DUE
from gesso.domain.tasks.rules import CLOSED_OUTCOMES
from gesso.domain.tasks.status import status_is
from gesso.domain.tasks.tables import AT_PROVIDER, Attempt, Job
from gesso.infra.db import Tx, View, at_commit, moment
from gesso.work import MOST_LOST

ASKABLE: Final = ("running", "unknown", "cancelling")
"""Where somebody asks the provider, when it is due."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The submission that a report is about, as it stands."""

    attempt_id: UUID
    task_id: UUID
    provider: str
    provider_job_id: str | None
    credential: str | None
    was_sent: bool
    is_open: bool
    """Whether it is the job's present one, and the provider may still be at it."""
    is_of_nobody: bool
    """Whether its owner's account was ended, so that nothing may be kept of it any more."""
    job: Job


async def subject_of(view: View, attempt_id: UUID) -> Subject | None:
    """What the report is about; None where that is forgotten."""
    gone = exists().where(Erasure.user_id == Job.owner_id, Erasure.state != "asked")
    query = (
        select(Attempt, Job, gone)
        .join(Job, Job.id == Attempt.job_id)
        .where(Attempt.id == attempt_id)
        .execution_options(populate_existing=True)
    )
    found = (await view.execute(query)).first()
    if found is None:
        return None
    attempt, job, is_of_nobody = found
    return Subject(
        attempt_id=attempt.id,
        task_id=job.task_id,
        provider=attempt.provider,
        provider_job_id=attempt.provider_job_id,
        credential=attempt.credential,
        was_sent=attempt.intent_at is not None,
        is_open=(
            job.attempt_id == attempt.id
            and attempt.outcome not in CLOSED_OUTCOMES
            and job.status in AT_PROVIDER
        ),
        is_of_nobody=is_of_nobody,
        job=job,
    )


async def is_anothers(view: View, subject: Subject, provider_job_id: str) -> bool:
    """Whether the provider's job of this id belongs to another submission than the report's address
    says: a report that was sent to the wrong address, by whomever.
    """
    if subject.provider_job_id is not None:
        return subject.provider_job_id != provider_job_id
    query = select(Attempt.id).where(
        Attempt.provider == subject.provider,
        Attempt.provider_job_id == provider_job_id,
        Attempt.id != subject.attempt_id,
    )
    return await view.scalar(query) is not None


async def take(tx: Tx, attempt_id: UUID, terms: Terms) -> Assignment | None:
    """Take the job of this attempt in hand, whoever has it; None where the provider is not at it
    any more. What its holder writes back from here on changes nothing.
    """
    query = (
        select(Job)
        .where(Job.attempt_id == attempt_id, status_is(*AT_PROVIDER))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    job = await tx.scalar(query)
    if job is None:
        return None
    until = moment(tx) + terms.lease
    await tx.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(fence=Job.fence + 1, holder=terms.holder, due_at=until)
        .execution_options(synchronize_session=False)
    )
    return assign(
        job,
        DUTIES[job.status],
        fence=job.fence + 1,
        attempt_id=attempt_id,
        leased_until=until,
        lost=job.lost,
    )


async def hasten(tx: Tx, attempt_ids: Sequence[UUID]) -> list[bool]:
    """Have the providers of these asked now; False where somebody is at it, or nobody ever asks."""
    write = (
        update(Job)
        .where(
            Job.attempt_id.in_(list(attempt_ids)),
            status_is(*ASKABLE),
            Job.holder.is_(None),
            Job.lost < MOST_LOST,  # what is parked waits for an operator
        )
        .values(due_at=moment(tx))
        .returning(Job.attempt_id)
        .execution_options(synchronize_session=False)
    )
    hastened = set((await tx.scalars(write)).all())
    if hastened:
        at_commit(tx, DUE)
    return [each in hastened for each in attempt_ids]


async def note_late_cost(tx: Tx, subject: Subject, cost: int) -> bool:
    """Book what a provider takes for a submission that had ended with nothing delivered; False
    where it is known already, or nothing was lost.
    """
    lost = [outcome for outcome in CLOSED_OUTCOMES if outcome != "completed"]
    write = (
        update(Attempt)
        .where(
            Attempt.id == subject.attempt_id,
            Attempt.outcome.in_(lost),
            Attempt.provider_cost == 0,
        )
        .values(provider_cost=cost)
        .returning(Attempt.id)
        .execution_options(synchronize_session=False)
    )
    if cost <= 0 or await tx.scalar(write) is None:
        return False
    await wallet.book_loss(tx, [(subject.task_id, subject.attempt_id, cost)])
    return True
