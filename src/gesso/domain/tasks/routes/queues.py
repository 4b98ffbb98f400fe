"""Queues over HTTP, for operators."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.domain.identity import OperatorDep
from gesso.domain.tasks import queues
from gesso.domain.tasks.queues import Load
from gesso.infra.errors import NotFound
from gesso.infra.web import TxDep, ViewDep, new_router, problems

router = new_router("queues")

QueuePath = Annotated[
    str, Path(max_length=64, pattern=r"^[a-z0-9_]+$", description="A queue's name.")
]


class QueueOut(BaseModel):
    """A queue: its settings and what is in it now."""

    name: str
    active: bool
    max_concurrency: int
    timeout_seconds: int
    max_attempts: int
    backoff_first: float
    backoff_cap: float
    priority_enabled: bool
    waiting: int
    at_provider: int
    rev: int


class QueuesOut(BaseModel):
    """Every queue."""

    items: list[QueueOut]
    next_cursor: str | None = None


class QueueIn(BaseModel):
    """The settings to change; those that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    active: bool | None = None
    max_concurrency: int | None = Field(None, ge=0, le=100_000)
    timeout_seconds: int | None = Field(None, ge=1, le=604_800)
    max_attempts: int | None = Field(None, ge=1, le=20)
    backoff_first: float | None = Field(None, gt=0, le=3600)
    backoff_cap: float | None = Field(None, gt=0, le=86_400)
    priority_enabled: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "QueueIn":
        if not self.model_dump(exclude_none=True):
            raise ValueError("name at least one setting")
        return self


@router.get("/queues")
async def list_queues(view: ViewDep, _operator: OperatorDep) -> QueuesOut:
    """List the queues, their settings and their load."""
    return QueuesOut(items=[_out(load) for load in await queues.settings(view)])


@router.patch("/queues/{name}", responses=problems(NotFound))
async def change_queue(
    tx: TxDep, _operator: OperatorDep, name: QueuePath, change: QueueIn
) -> QueueOut:
    """Change a queue's settings; they are in force at the next admission, everywhere, without a
    restart.
    """
    await queues.change(tx, name, change.model_dump(exclude_none=True))
    return next(_out(load) for load in await queues.settings(tx) if load.queue.name == name)


def _out(load: Load) -> QueueOut:
    facts: dict[str, Any] = {
        name: getattr(load.queue, name)
        for name in QueueOut.model_fields
        if name not in ("waiting", "at_provider")
    }
    return QueueOut(**facts, waiting=load.waiting, at_provider=load.at_provider)
