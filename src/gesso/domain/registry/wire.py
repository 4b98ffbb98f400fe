"""Runs and schedules as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from gesso.domain.registry.tables import NEVER, TERMINAL, Run, Schedule
from gesso.infra.web.instants import Instant
from gesso.kit.ids import public_id
from gesso.work import MOST_LOST

RunStatus = Literal["queued", "running", "retrying", "completed", "failed", "cancelled"]
Overlap = Literal["skip", "allow"]
Arguments = Annotated[
    dict[str, JsonValue], Field(description="By name, as the function's schema says.")
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+( [!-~]+)*$")]
Cron = Annotated[
    str,
    Field(min_length=9, max_length=200, description="Five fields: minute hour day month weekday."),
]
Every = Annotated[int, Field(ge=1, le=31_622_400, description="Seconds between two moments.")]
Zone = Annotated[str, Field(min_length=1, max_length=64, description="e.g. Europe/Vienna.")]
_YEAR = 31_622_400
_TIME = range(2000, NEVER.year)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RunIn(_Body):
    """A run that is asked for; what is left out is as its function says."""

    function: Name
    arguments: Arguments = Field(default_factory=dict)
    delay_seconds: float | None = Field(None, ge=0, le=_YEAR)
    run_at: Instant | None = Field(None)
    priority: int | None = Field(None, ge=0, le=9)
    max_attempts: int | None = Field(None, ge=1, le=20)
    deduplication_key: Label | None = Field(
        None, description="While a run of this function and key lives, there is no other."
    )

    @model_validator(mode="after")
    def _one_time(self) -> "RunIn":
        if self.delay_seconds is not None and self.run_at is not None:
            raise ValueError("give either delay_seconds or run_at")
        if self.run_at is not None and self.run_at.year not in _TIME:
            raise ValueError("run_at is too far away")
        return self


class Failure(BaseModel):
    """What went wrong last."""

    code: str
    message: str | None


class RunOut(BaseModel):
    """A run as it stands."""

    id: str
    function: str
    queue: str
    arguments: dict[str, Any]
    status: RunStatus
    priority: int
    attempt: int
    max_attempts: int
    progress: float
    due_at: datetime | None = Field(
        description="When it may be taken up; null when it is in hand, parked or has ended."
    )
    parked: bool = Field(
        description="Whoever took it up died of it, again and again; it is a dead letter now."
    )
    result: JsonValue
    error: Failure | None = Field(description="Of its last try; null once it is completed.")
    deduplication_key: str | None
    schedule_id: str | None
    fire_at: datetime | None = Field(description="The moment of its schedule that it stands for.")
    cancel_requested_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ScheduleIn(_Body):
    """A schedule to be made: a registered function, and a cron line or an interval."""

    function: Name
    name: Name | None = None
    arguments: Arguments = Field(default_factory=dict)
    cron: Cron | None = None
    every_seconds: Every | None = None
    time_zone: Zone = "UTC"
    overlap: Overlap = Field("skip", description="skip: not while a run of it has not ended.")
    active: bool = True

    @model_validator(mode="after")
    def _one_timing(self) -> "ScheduleIn":
        if (self.cron is None) == (self.every_seconds is None):
            raise ValueError("give either cron or every_seconds")
        return self


class ScheduleChange(_Body):
    """The settings to change; those that are left out stay as they are."""

    active: bool | None = None
    cron: Cron | None = None
    every_seconds: Every | None = None
    time_zone: Zone | None = None
    arguments: Arguments | None = None
    overlap: Overlap | None = None

    @model_validator(mode="after")
    def _something(self) -> "ScheduleChange":
        if not self.model_dump(exclude_none=True):
            raise ValueError("name at least one setting")
        if self.cron is not None and self.every_seconds is not None:
            raise ValueError("give either cron or every_seconds")
        return self


class ScheduleOut(BaseModel):
    """A schedule as it stands."""

    id: str
    name: str | None
    function: str
    arguments: dict[str, Any]
    cron: str | None
    every_seconds: int | None
    time_zone: str
    overlap: Overlap
    active: bool
    built_in: bool
    next_fire_at: datetime | None = Field(description="Null while it is not active.")
    last_fire_at: datetime | None
    created_at: datetime
    updated_at: datetime
    rev: int


_SAME_OF_RUN = set(RunOut.model_fields) & set(Run.__table__.columns.keys()) - {
    "id", "due_at", "schedule_id",
}  # fmt: skip
_SAME_OF_SCHEDULE = set(ScheduleOut.model_fields) - {"id", "next_fire_at"}


def run_out(run: Run) -> RunOut:
    """The run as the API shows it."""
    parked = run.status not in TERMINAL and run.holder is None and run.lost >= MOST_LOST
    facts: dict[str, Any] = {name: getattr(run, name) for name in _SAME_OF_RUN}
    waits = run.status in ("queued", "retrying") and not parked
    return RunOut(
        **facts,
        id=public_id("run", run.id),
        due_at=run.due_at if waits else None,
        parked=parked,
        error=Failure(code=run.error_code, message=run.error_message) if run.error_code else None,
        schedule_id=public_id("sched", run.schedule_id) if run.schedule_id else None,
    )


def schedule_out(schedule: Schedule) -> ScheduleOut:
    """The schedule as the API shows it."""
    facts: dict[str, Any] = {name: getattr(schedule, name) for name in _SAME_OF_SCHEDULE}
    return ScheduleOut(
        **facts,
        id=public_id("sched", schedule.id),
        next_fire_at=schedule.next_fire_at if schedule.active else None,
    )
