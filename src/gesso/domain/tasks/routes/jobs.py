"""Live jobs over HTTP, for operators: what is stuck, since when, and whose money hangs on it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, Field

from gesso.domain.identity import OperatorDep
from gesso.domain.tasks import standing
from gesso.domain.tasks.render import error_out, job_out
from gesso.domain.tasks.standing import LiveFilters
from gesso.domain.tasks.tables import Job
from gesso.domain.tasks.wire import ErrorOut, JobOut, JobStatus
from gesso.infra.errors import NotFound
from gesso.infra.web import Page, PageDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id, public_id
from gesso.kit.money import credits_text

router = new_router("jobs")

LiveStatus = Literal[
    "queued", "submitting", "unknown", "running", "cancelling", "ingesting", "retrying"
]
Name = Annotated[str, Field(max_length=64)]


class LiveQuery(BaseModel):
    """Which live jobs are wanted. What may be given more than once means any of these."""

    status: tuple[LiveStatus, ...] = Field((), max_length=7)
    queue: tuple[Name, ...] = Field((), max_length=20)
    provider: tuple[Name, ...] = Field((), max_length=20)
    older_than_seconds: int | None = Field(None, ge=0, le=31_536_000)
    overdue: bool = Field(False, description="Only those beyond their deadline.")

    def filters(self) -> LiveFilters:
        """The same, as the room takes it."""
        seconds = self.older_than_seconds
        age = None if seconds is None else timedelta(seconds=seconds)
        return LiveFilters(self.status, self.queue, self.provider, age, self.overdue)


class JobRowOut(BaseModel):
    """A job as a list shows it."""

    id: str
    task_id: str
    owner_id: str
    operation: str | None
    phase: str
    index: int
    queue: str
    provider: str
    provider_model: str
    provider_job_id: str | None
    status: JobStatus
    attempt: int
    max_attempts: int
    price: str = Field(description="The most that it can cost its owner; held until it ends.")
    progress: float
    cancel_requested: bool
    dropped: int = Field(description="By how many workers in a row.")
    error: ErrorOut | None
    rev: int
    created_at: datetime
    started_at: datetime | None
    deadline_at: datetime


class OneJobOut(JobOut):
    """A job with its history, and whose it is."""

    task_id: str
    owner_id: str


@router.get("/jobs")
async def list_live_jobs(
    view: ViewDep, _operator: OperatorDep, page: PageDep, asked: Annotated[LiveQuery, Query()]
) -> Page[JobRowOut]:
    """List jobs that have not ended, of all owners, the oldest first."""
    after = page.after(datetime, UUID)
    found = await standing.live_jobs(
        view,
        asked.filters(),
        after=(after[0], after[1]) if after else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(found, lambda job: (job.created_at, job.id))
    return Page(items=[_row(job) for job in kept], next_cursor=cursor)


@router.get("/jobs/{job_id}", responses=problems(NotFound))
async def get_job(
    view: ViewDep,
    _operator: OperatorDep,
    job_id: Annotated[str, Path(max_length=40, description="A job's id.")],
) -> OneJobOut:
    """Show a job with every try, ended or not."""
    known = parse_id("job", job_id)
    if known is None:
        raise NotFound("There is no such job.")
    job, tries = await standing.job(view, known)
    return OneJobOut(
        **job_out(job, tries, is_operator=True).model_dump(),
        task_id=public_id("task", job.task_id),
        owner_id=public_id("user", job.owner_id),
    )


def _row(job: Job) -> JobRowOut:
    return JobRowOut(
        id=public_id("job", job.id),
        task_id=public_id("task", job.task_id),
        owner_id=public_id("user", job.owner_id),
        operation=str(job.meta["operation"]) if "operation" in job.meta else None,
        phase=job.phase,
        index=job.idx,
        queue=job.queue,
        provider=job.provider,
        provider_model=job.provider_model,
        provider_job_id=job.provider_job_id,
        status=job.status,  # type: ignore[arg-type]  # checked by the database
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        price=credits_text(job.price),
        progress=round(job.progress, 3),
        cancel_requested=job.cancel_requested_at is not None,
        dropped=job.lost,
        error=error_out(job),
        rev=job.rev,
        created_at=job.created_at,
        started_at=job.started_at,
        deadline_at=job.deadline_at,
    )
