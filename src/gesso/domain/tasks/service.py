"""Reading tasks: one with everything, many for an export, their jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gesso.domain import media
from gesso.domain.tasks.line import Line, Pace, Span, ahead, sooner
from gesso.domain.tasks.tables import Attempt, Job, Task
from gesso.infra.db import View
from gesso.infra.errors import NotFound


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting job stands: 1 is next; and how long until it begins, where that is known."""

    position: int
    wait: Span | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A task with everything that is shown of it."""

    task: Task
    jobs: Sequence[Job]
    assets: dict[UUID, list[media.Asset]]
    places: dict[UUID, Place]


async def get(view: View, owner_id: UUID, task_id: UUID, line: Line) -> Seen:
    """The owner's task, with its places in line; NotFound for a stranger's."""
    query = (
        select(Task)
        .where(Task.id == task_id, Task.owner_id == owner_id)
        .execution_options(populate_existing=True)
    )
    task = await view.scalar(query)
    if task is None:
        raise NotFound("There is no such task.")
    seen = (await _with_pieces(view, [task]))[0]
    waiting = [job for job in seen.jobs if job.status == "queued"]
    paces = await line.paces(view) if waiting else {}
    for job in waiting:
        pace = paces.get(job.queue) or Pace(job.queue, 0)
        before = await ahead(view, pace, priority=job.priority, before=sooner(job))
        seen.places[job.id] = Place(1 + before, pace.wait(before))
    return seen


async def page(view: View, owner_id: UUID, *, after: UUID | None, limit: int) -> list[Seen]:
    """The owner's tasks with all that is shown of each, newest first, behind the one with the id
    `after`. A list for people is made by `history`.
    """
    query = select(Task).where(Task.owner_id == owner_id)
    if after is not None:
        query = query.where(Task.id < after)
    tasks = (await view.scalars(query.order_by(Task.id.desc()).limit(limit))).all()
    return await _with_pieces(view, tasks)


async def operations_of(view: View, task_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of what type each of these tasks is."""
    query = select(Task.id, Task.type).where(Task.id.in_(list(task_ids)))
    return dict((await view.execute(query)).all())


async def jobs(view: View, owner_id: UUID, task_id: UUID) -> list[tuple[Job, list[Attempt]]]:
    """The jobs of the owner's task, each with its attempts; NotFound for a stranger's."""
    owner = await view.scalar(select(Task.owner_id).where(Task.id == task_id))
    if owner != owner_id:
        raise NotFound("There is no such task.")
    query = select(Job).where(Job.task_id == task_id).order_by(Job.created_at, Job.idx)
    found = (await view.scalars(query)).all()
    tries: dict[UUID, list[Attempt]] = {job.id: [] for job in found}
    of_jobs = select(Attempt).where(Attempt.job_id.in_(list(tries))).order_by(Attempt.fence)
    for attempt in (await view.scalars(of_jobs)).all():
        tries[attempt.job_id].append(attempt)
    return [(job, tries[job.id]) for job in found]


async def _with_pieces(view: View, tasks: Sequence[Task]) -> list[Seen]:
    by_task: dict[UUID, list[Job]] = {task.id: [] for task in tasks}
    query = (
        select(Job)
        .where(Job.task_id.in_(list(by_task)))
        .order_by(Job.created_at, Job.idx)
        .execution_options(populate_existing=True)
    )
    found = (await view.scalars(query)).all() if tasks else []
    for job in found:
        by_task[job.task_id].append(job)
    done = [job.id for job in found if job.status == "completed"]
    assets = await media.of_jobs(view, done) if done else {}
    return [Seen(task, by_task[task.id], assets, {}) for task in tasks]
