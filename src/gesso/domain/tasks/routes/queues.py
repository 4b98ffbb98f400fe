"""Queues over HTTP, for operators."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol, cast

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.domain import auditlog
from gesso.domain.identity import GuardedHouse, OperatorDep
from gesso.domain.tasks import queues
from gesso.domain.tasks.line import Line, Pace
from gesso.domain.tasks.queues import Count, Load
from gesso.domain.tasks.render import span_out
from gesso.domain.tasks.wire import SpanOut
from gesso.infra.cache import Cache
from gesso.infra.errors import NotFound
from gesso.infra.web import TxDep, house_of, new_router, problems
from gesso.kit.money import credits_text

router = new_router("queues")

_COUNTED: Final = 1.0
"""Seconds for which one count of all jobs is good, however many operators look."""

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
    oldest_at: datetime | None = Field(description="When the oldest that waits was asked for.")
    frozen: str = Field(description="Credits that are held for those that wait.")
    at_provider: int
    ended_per_minute: int = Field(description="Well or badly, within the last minute.")
    takes: SpanOut | None = Field(description="What delivered pieces took lately, in seconds.")
    drains_in: SpanOut | None = Field(
        description="Until all that wait have begun, if nothing joins them; null where it stands "
        "still or nobody can tell."
    )
    rev: int


_SETTINGS = {
    "name", "active", "max_concurrency", "timeout_seconds", "max_attempts", "backoff_first",
    "backoff_cap", "priority_enabled", "rev",
}  # fmt: skip


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


class CountingHouse(GuardedHouse, Protocol):
    """What these routes need of the house."""

    @property
    def cache(self) -> Cache:
        """Keeps for a moment what is dear to count."""

    @property
    def line(self) -> Line:
        """Knows how every queue goes."""


@router.get("/queues")
async def list_queues(request: Request, _operator: OperatorDep) -> QueuesOut:
    """List the queues, their settings, and their load as it was within the last second."""
    house = cast(CountingHouse, house_of(request))

    async def count() -> Any:
        async with house.db.view() as view:
            return {name: asdict(each) for name, each in (await queues.count(view)).items()}

    kept = await house.cache.namespace("queues").fetch("counts", _COUNTED, count)
    counts = {name: Count(**each) for name, each in kept.items()}
    async with house.db.view() as view:
        paces = await house.line.paces(view)
        return QueuesOut(items=[_out(load, paces) for load in await queues.settings(view, counts)])


@router.patch("/queues/{name}", responses=problems(NotFound))
async def change_queue(
    request: Request, tx: TxDep, _operator: OperatorDep, name: QueuePath, change: QueueIn
) -> QueueOut:
    """Change a queue's settings; they are in force at the next admission, everywhere, without a
    restart.
    """
    changes = change.model_dump(exclude_none=True)
    await queues.change(tx, name, changes)
    await auditlog.note(tx, auditlog.actor(request), "queue.change", name, changes)
    paces = await cast(CountingHouse, house_of(request)).line.paces(tx)
    loads = await queues.settings(tx)
    return next(_out(load, paces) for load in loads if load.queue.name == name)


def _out(load: Load, paces: Mapping[str, Pace]) -> QueueOut:
    count, pace = load.count, paces[load.queue.name]
    facts: dict[str, Any] = {name: getattr(load.queue, name) for name in _SETTINGS}
    oldest = None if count.oldest_at is None else datetime.fromtimestamp(count.oldest_at, UTC)
    return QueueOut(
        **facts,
        waiting=count.waiting,
        oldest_at=oldest,
        frozen=credits_text(count.frozen),
        at_provider=count.at_provider,
        ended_per_minute=count.ended,
        takes=span_out(pace.takes),
        drains_in=span_out(pace.wait(count.waiting - 1)) if count.waiting else None,
    )
