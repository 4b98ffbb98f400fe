"""Tasks rendered: from rows to what a client sees."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from gesso.domain import media
from gesso.domain.tasks.line import Span
from gesso.domain.tasks.service import Seen
from gesso.domain.tasks.submit import Submitted
from gesso.domain.tasks.tables import TERMINAL, Attempt, Job
from gesso.domain.tasks.values import value_of
from gesso.domain.tasks.wire import (
    AttemptOut,
    CostOut,
    ErrorOut,
    FileOut,
    JobOut,
    OutputOut,
    SpanOut,
    TaskOut,
)
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text


def task_out(seen: Seen, links: media.Links, as_of: str) -> TaskOut:
    """A task that was read."""
    return _task_out(seen.task, seen.jobs, seen, links, as_of)


def submitted_out(new: Submitted, links: media.Links, as_of: str) -> TaskOut:
    """A task that was just taken in, from the rows that were written."""
    absent: dict[str, Any] = dict.fromkeys(
        (
            "error_code",
            "error_message",
            "output",
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
        result=next((output.value for output in outputs if output.value is not None), None),
        selected_image_index=task.selected_image_index,
        progress=progress_of(task, jobs),
        cost=cost_out(task),
        refunded=credits_text(task.refunded),
        error=error_out(task),
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


def cost_out(task: Any) -> CostOut:
    """A task's money."""
    return CostOut.model_construct(
        held=credits_text(task.held),
        charged=credits_text(task.charged),
        released=credits_text(task.released),
    )


def progress_of(task: Any, jobs: Sequence[Any]) -> float:
    """The present phase's mean progress."""
    phase = jobs[-1].phase if jobs else task.phase
    shares = [1.0 if job.status in TERMINAL else job.progress for job in jobs if job.phase == phase]
    return round(sum(shares) / len(shares), 3) if shares else 0.0


def error_out(row: Any) -> ErrorOut | None:
    """Why a task or a job came to nothing, if it did."""
    if row.error_code is None:
        return None
    return ErrorOut(code=row.error_code, message=row.error_message or "")


def _output(job: Any, seen: Seen | None, links: media.Links) -> OutputOut:
    assets = seen.assets.get(job.id, []) if seen else []
    asset = assets[0] if assets else None
    facts: Mapping[str, Any] = asset.details if asset else {}
    value = value_of(job)
    kind = None if value is None else "value"
    place = seen.places.get(job.id) if seen else None
    return OutputOut.model_construct(
        job_id=public_id("job", job.id),
        rev=job.rev,
        index=job.idx,
        phase=job.phase,
        status=job.status,
        progress=1.0 if job.status == "completed" else round(job.progress, 3),
        position=place.position if place else None,
        wait=span_out(place.wait) if place else None,
        kind=asset.kind if asset else kind,  # type: ignore[arg-type]  # checked by the database
        value=value,
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
        more=[_file(other, links) for other in assets[1:]],
        error=error_out(job) if job.status in TERMINAL else None,
    )


def span_out(span: Span | None) -> SpanOut | None:
    """A range of seconds, where it is known."""
    return None if span is None else SpanOut(low=span.low, high=span.high)


def _file(asset: media.Asset, links: media.Links) -> FileOut:
    return FileOut.model_construct(
        kind=asset.kind,  # type: ignore[arg-type]  # checked by the database
        asset_id=public_id("asset", asset.id),
        url=links.content(asset.id),
        thumbnail_url=links.thumbnail(asset.id),
        content_type=asset.content_type,
        size=asset.size,
    )


def job_out(job: Job, attempts: Sequence[Attempt], *, is_operator: bool = False) -> JobOut:
    """A job with its history; how its targets were weighed is shown to operators alone."""
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
        charge=None if job.charge is None else credits_text(job.charge),
        progress=round(job.progress, 3),
        metadata=_plain(job.meta, "provider" if is_operator else "provider trace"),
        error=error_out(job),
        duration_seconds=seconds,
        rev=job.rev,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        attempts=[_attempt_out(attempt) for attempt in attempts],
    )


def _plain(meta: Mapping[str, Any], without: str) -> dict[str, Any]:
    """A job's metadata, but for some of it. What the provider told is for its next question alone:
    the address of an upload opens it.
    """
    return {name: value for name, value in meta.items() if name not in without.split()}


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
        usage=attempt.usage or {},  # type: ignore[arg-type]  # as it was written
    )
