"""Tasks as JSON: what a client sends and sees. Money is decimal text in credits, ids carry their kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gesso.domain import media
from gesso.domain.tasks.service import Seen
from gesso.domain.tasks.submit import Submitted
from gesso.domain.tasks.tables import TERMINAL, Attempt, Job
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text

TaskStatus = Literal[
    "queued", "running", "awaiting_selection", "completed", "failed", "cancelled", "expired"
]
JobStatus = Literal[
    "queued", "submitting", "unknown", "running", "cancelling", "ingesting", "retrying",
    "completed", "failed", "cancelled", "expired",
]  # fmt: skip


class ErrorOut(BaseModel):
    """Why something did not come about: a stable code and a sentence."""

    code: str
    message: str


class CostOut(BaseModel):
    """A task's money in credits: all that was frozen, and of that what was charged and what went back."""

    held: str
    charged: str
    released: str


class OutputOut(BaseModel):
    """One piece of a task, from its place in line to its file."""

    index: int
    phase: str
    status: JobStatus
    progress: float
    position: int | None = Field(None, description="Place in line while it waits; 1 is next.")
    kind: Literal["image", "video", "model"] | None = None
    asset_id: str | None = None
    url: str | None = Field(
        None, description="A signed link that works without a key, for a while."
    )
    thumbnail_url: str | None = None
    content_type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    mean_color: str | None = None
    duration: float | None = None
    triangles: int | None = None
    watertight: bool | None = None
    bounds: list[float] | None = Field(None, description="A model's size along x, y and z.")
    seed: int | None = None
    error: ErrorOut | None = None


class TaskOut(BaseModel):
    """A task as its owner sees it. `rev` rises with every change; `as_of` is where the live stream goes on."""

    id: str
    type: str
    status: TaskStatus
    phase: str
    params: dict[str, Any]
    outputs: list[OutputOut]
    selected_image_index: int | None
    progress: float
    cost: CostOut
    error: ErrorOut | None
    cancel_requested: bool
    retry_of: str | None
    rev: int
    as_of: str
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    deadline_at: datetime


class AttemptOut(BaseModel):
    """One try of a job at its provider."""

    no: int
    outcome: str
    provider: str
    provider_model: str
    provider_job_id: str | None
    sent_at: datetime | None
    ended_at: datetime | None
    error_code: str | None


class JobOut(BaseModel):
    """One call of a provider, with every try of it."""

    id: str
    phase: str
    index: int
    queue: str
    priority: int
    status: JobStatus
    attempt: int
    max_attempts: int
    next_at: datetime | None = Field(description="When a retry is due.")
    deadline_at: datetime
    provider: str
    provider_model: str
    provider_job_id: str | None
    price: str
    progress: float
    metadata: dict[str, Any]
    error: ErrorOut | None
    duration_seconds: float | None
    rev: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: list[AttemptOut]


class JobsOut(BaseModel):
    """Every job of a task."""

    items: list[JobOut]
    next_cursor: str | None = None


class LineOut(BaseModel):
    """A line of an estimate: so many pieces of one phase."""

    phase: str
    unit: str
    count: int
    price: str
    amount: str
    held_now: bool = Field(description="False: only if the task goes on to that phase.")
    model: str


class EstimateOut(BaseModel):
    """What an order comes to. `held` is frozen at submit, `most` is all that it can ever cost."""

    held: str
    most: str
    available: str
    covered: bool
    price_version: str
    lines: list[LineOut]


class SelectionIn(BaseModel):
    """The owner's choice of a picture."""

    model_config = ConfigDict(extra="forbid")

    selected_image_index: int = Field(ge=0, le=63)


class PhaseOut(BaseModel):
    """A paid phase of an operation and what a piece of it costs in each tier, in credits."""

    name: str
    unit: str
    prices: dict[str, str]


class OperationOut(BaseModel):
    """A kind of task: what it takes, what it costs."""

    model_config = ConfigDict(populate_by_name=True)

    type: str
    title: str
    summary: str
    phases: list[PhaseOut]
    params_schema: dict[str, Any] = Field(serialization_alias="schema")


class OperationsOut(BaseModel):
    """Everything that can be asked for here."""

    items: list[OperationOut]
    next_cursor: str | None = None


def task_out(seen: Seen, links: media.Links, as_of: str) -> TaskOut:
    """A task that was read."""
    return _task_out(seen.task, seen.jobs, seen, links, as_of)


def submitted_out(new: Submitted, links: media.Links, as_of: str) -> TaskOut:
    """A task that was just taken in, from the rows that were written."""
    absent: dict[str, Any] = dict.fromkeys(
        (
            "error_code",
            "error_message",
            "selected_image_index",
            "cancel_requested_at",
            "started_at",
            "finished_at",
        )
    )
    task = SimpleNamespace(**{**absent, **new.task}, meta=new.task["metadata"])
    jobs = [SimpleNamespace(**{**absent, **job}, meta=job["metadata"]) for job in new.jobs]
    return _task_out(task, jobs, None, links, as_of)


def _task_out(
    task: Any, jobs: Sequence[Any], seen: Seen | None, links: media.Links, as_of: str
) -> TaskOut:
    outputs = [_output(job, seen, links) for job in jobs]
    return TaskOut.model_construct(
        id=public_id("task", task.id),
        type=task.type,
        status=task.status,
        phase=task.phase,
        params={name: value for name, value in task.meta.items() if name != "type"},
        outputs=outputs,
        selected_image_index=task.selected_image_index,
        progress=_progress(task, jobs),
        cost=CostOut.model_construct(
            held=credits_text(task.held),
            charged=credits_text(task.charged),
            released=credits_text(task.released),
        ),
        error=_error(task),
        cancel_requested=task.cancel_requested_at is not None,
        retry_of=public_id("task", task.retry_of) if task.retry_of else None,
        rev=task.rev,
        as_of=as_of,
        created_at=task.created_at,
        started_at=task.started_at,
        updated_at=task.updated_at,
        finished_at=task.finished_at,
        deadline_at=task.deadline_at,
    )


def _progress(task: Any, jobs: Sequence[Any]) -> float:
    """The present phase's mean progress."""
    phase = jobs[-1].phase if jobs else task.phase
    shares = [1.0 if job.status in TERMINAL else job.progress for job in jobs if job.phase == phase]
    return round(sum(shares) / len(shares), 3) if shares else 0.0


def _error(row: Any) -> ErrorOut | None:
    if row.error_code is None:
        return None
    return ErrorOut(code=row.error_code, message=row.error_message or "")


def _output(job: Any, seen: Seen | None, links: media.Links) -> OutputOut:
    asset = seen.assets.get(job.id) if seen else None
    facts: Mapping[str, Any] = asset.details if asset else {}
    return OutputOut.model_construct(
        index=job.idx,
        phase=job.phase,
        status=job.status,
        progress=1.0 if job.status == "completed" else round(job.progress, 3),
        position=seen.positions.get(job.id) if seen else None,
        kind=asset.kind if asset else None,
        asset_id=public_id("asset", asset.id) if asset else None,
        url=links.content(asset.id) if asset else None,
        thumbnail_url=links.thumbnail(asset.id) if asset else None,
        content_type=asset.content_type if asset else None,
        size=asset.size if asset else None,
        width=facts.get("width"),
        height=facts.get("height"),
        mean_color=facts.get("mean_color"),
        duration=facts.get("duration"),
        triangles=facts.get("triangles"),
        watertight=facts.get("watertight"),
        bounds=facts.get("bounds"),
        seed=job.meta.get("input", {}).get("seed"),
        error=_error(job) if job.status in TERMINAL else None,
    )


def job_out(job: Job, attempts: Sequence[Attempt]) -> JobOut:
    """A job with its history."""
    seconds = None
    if job.started_at and job.finished_at:
        seconds = round((job.finished_at - job.started_at).total_seconds(), 3)
    return JobOut(
        id=public_id("job", job.id),
        phase=job.phase,
        index=job.idx,
        queue=job.queue,
        priority=job.priority,
        status=job.status,  # type: ignore[arg-type]  # checked by the database
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        next_at=job.due_at if job.status == "retrying" else None,
        deadline_at=job.deadline_at,
        provider=job.provider,
        provider_model=job.provider_model,
        provider_job_id=job.provider_job_id,
        price=credits_text(job.price),
        progress=round(job.progress, 3),
        metadata=job.meta,
        error=_error(job),
        duration_seconds=seconds,
        rev=job.rev,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        attempts=[_attempt_out(attempt) for attempt in attempts],
    )


def _attempt_out(attempt: Attempt) -> AttemptOut:
    return AttemptOut(
        no=attempt.no,
        outcome=attempt.outcome,
        provider=attempt.provider,
        provider_model=attempt.provider_model,
        provider_job_id=attempt.provider_job_id,
        sent_at=attempt.intent_at,
        ended_at=attempt.ended_at,
        error_code=attempt.error_code,
    )
