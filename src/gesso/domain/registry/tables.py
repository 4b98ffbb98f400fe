"""Runs of registered functions, and the schedules that ask for them.

A run is a due row like a job (ADR 0003): `due_at` is the moment from which it may be taken, and one
lease ahead once somebody has it. What is parked is due at the end of time.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, partial_index
from gesso.work import DueRow

RUN_STATUSES = ("queued", "running", "retrying", "completed", "failed", "cancelled")
TERMINAL = ("completed", "failed", "cancelled")
WAITING = ("queued", "retrying")
OVERLAPS = ("skip", "allow")
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When a parked run is due, and when a schedule without a future fires."""

_any_json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class Schedule(Main):
    """When a registered function is to be run again and again, and with what."""

    __tablename__ = "schedule"
    __table_args__ = (
        CheckConstraint("(cron is null) <> (every_seconds is null)", name="timing"),
        CheckConstraint("every_seconds between 1 and 31622400", name="every"),
        CheckConstraint(_one_of("overlap", OVERLAPS), name="overlap"),
        UniqueConstraint("name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    function: Mapped[str]
    arguments: Mapped[dict[str, object]]
    cron: Mapped[str | None]
    every_seconds: Mapped[int | None]
    time_zone: Mapped[str]
    overlap: Mapped[str]
    """Whether it fires while a run of it has not ended yet."""
    active: Mapped[bool] = mapped_column(default=True)
    built_in: Mapped[bool] = mapped_column(default=False)
    next_fire_at: Mapped[datetime]
    last_fire_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    rev: Mapped[int] = mapped_column(default=1)


partial_index("ix_schedule_next", Schedule.next_fire_at, where=text("active"))


class Run(DueRow, Main):
    """One call of a registered function, tried until it returns or its tries are used up."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(_one_of("status", RUN_STATUSES), name="status"),
        CheckConstraint(
            f"({_one_of('status', TERMINAL)}) = (finished_at is not null)", name="ended"
        ),
        CheckConstraint("attempt between 0 and max_attempts", name="attempts"),
        CheckConstraint("priority between 0 and 9", name="priority"),
        CheckConstraint("progress between 0 and 1", name="progress"),
        UniqueConstraint("schedule_id", "fire_at"),
        UniqueConstraint("requested_by", "request_key"),
    )

    function: Mapped[str]
    queue: Mapped[str]
    arguments: Mapped[dict[str, object]]
    status: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    alone: Mapped[bool]
    """Never in hand beside another run of its function."""
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    max_attempts: Mapped[int] = mapped_column(SmallInteger)
    progress: Mapped[float] = mapped_column(default=0.0)
    result: Mapped[Any | None] = mapped_column(_any_json)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    deduplication_key: Mapped[str | None]
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedule.id", ondelete="SET NULL"))
    fire_at: Mapped[datetime | None]
    """The moment of its schedule for which it was made."""
    requested_by: Mapped[UUID | None]
    request_key: Mapped[str | None]
    fingerprint: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]


partial_index(
    "ix_run_due", Run.priority.desc(), Run.due_at, Run.id, where=text("finished_at is null")
)
partial_index("ix_run_ended", Run.finished_at, where=text("finished_at is not null"))
Index("ix_run_function", Run.function, Run.id)
# The database itself forbids a second live run under one key, and a second one beside another.
partial_index(
    "uq_run_live_key",
    Run.function,
    Run.deduplication_key,
    where=text("finished_at is null"),
    unique=True,
)
partial_index("uq_run_alone", Run.function, where=text("alone and status = 'running'"), unique=True)
