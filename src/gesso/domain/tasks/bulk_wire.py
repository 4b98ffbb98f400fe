"""Many of one's own tasks at once, as they are meant and told at the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gesso.domain.tasks.bulk import Choice, Outcome
from gesso.domain.tasks.history import Filters
from gesso.domain.tasks.history_wire import Words
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.wire import TaskStatus
from gesso.infra.errors import Invalid
from gesso.infra.web.instants import Instant
from gesso.kit.ids import parse_id
from gesso.kit.money import credits_text

TaskId = Annotated[str, Field(max_length=40)]


class ChoiceIn(BaseModel):
    """Which of one's tasks are meant: those that meet all of it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    status: list[TaskStatus] = Field([], max_length=7)
    type: list[Annotated[str, Field(max_length=64)]] = Field([], max_length=20)
    q: Words | None = Field(None, description="Words that the prompt has in it.")
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")
    ids: list[TaskId] = Field([], max_length=500, description="Only these, if any are named.")
    spared: list[TaskId] = Field([], max_length=500, description="None of these.")


class BulkIn(BaseModel):
    """What is to be done, with which tasks."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["cancel"]
    tasks: ChoiceIn
    dry_run: bool = Field(False, description="Only tell what it would come to.")


class BulkOut(BaseModel):
    """What it comes to, by what was so when it was asked for."""

    id: str | None = Field(description="Of the work; null where it was only told.")
    action: Literal["cancel"]
    matches: int
    affected: int = Field(description="Those that will be asked to stop.")
    too_late: int = Field(description="Those that have ended, or are asked to stop already.")
    frozen: str = Field(description="Held for the affected; what is not delivered comes free.")
    free_at_once: str = Field(description="Of that, for pieces that nobody has begun.")


class BulkRunOut(BaseModel):
    """How far it has come."""

    id: str
    status: Literal["queued", "running", "retrying", "completed", "failed", "cancelled"]
    progress: float
    affected: int | None = Field(description="How many were asked to stop; null until it is done.")
    created_at: datetime
    finished_at: datetime | None


def chosen(asked: ChoiceIn, owner_id: UUID, menu: Menu, *, until: datetime | None = None) -> Choice:
    """The tasks that are meant; Invalid for an id that is none."""
    return Choice(
        owner_id,
        Filters(asked.status, asked.type, asked.q, asked.since, asked.until),
        menu.names,
        _ids(asked.ids, "ids"),
        _ids(asked.spared, "spared"),
        until,
    )


def _ids(texts: list[str], name: str) -> list[UUID]:
    found = [parse_id("task", text) for text in texts]
    for place, known in enumerate(found):
        if known is None:
            pointer = f"#/tasks/{name}/{place}"
            raise Invalid("This is no task's id.", code="bad_task_id", pointer=pointer)
    return [known for known in found if known is not None]


def told(outcome: Outcome, run_id: str | None) -> BulkOut:
    """What it comes to."""
    return BulkOut(
        id=run_id,
        action="cancel",
        matches=outcome.matches,
        affected=outcome.stoppable,
        too_late=outcome.matches - outcome.stoppable,
        frozen=credits_text(outcome.frozen),
        free_at_once=credits_text(outcome.free_at_once),
    )
