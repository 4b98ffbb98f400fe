"""Tasks, their jobs, every try of a job, and the queues that they wait in.

A job's `due_at` is the moment from which anyone may take the row: when a queued job is given up,
when a retry is ripe, when a provider is to be asked, when a worker's silence has lasted long
enough. Taking the row moves it one lease ahead and raises `fence`; a write-back with an older fence
is refused. One column and one index serve every duty.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gesso.infra.db import Main, belongs, partial_index
from gesso.work import DueRow

TASK_STATUSES = (
    "queued",
    "running",
    "awaiting_selection",
    "completed",
    "failed",
    "cancelled",
    "expired",
)
JOB_STATUSES = (
    "queued", "submitting", "unknown", "running", "cancelling", "ingesting", "retrying",
    "completed", "failed", "cancelled", "expired",
)  # fmt: skip
TERMINAL = ("completed", "failed", "cancelled", "expired")
AT_PROVIDER = ("submitting", "unknown", "running", "cancelling")
ATTEMPT_OUTCOMES = (
    "open", "accepted", "unknown",
    "completed", "rejected", "failed", "absent", "cancelled", "leaked",
)  # fmt: skip

ERASED = "erased"
"""In place of an error's code whose owner is gone."""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def _ended() -> str:
    return f"({_one_of('status', TERMINAL)}) = (finished_at is not null)"


class Task(Main):
    """What a user asked and pays for. `meta` holds what only its operation understands."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(_one_of("status", TASK_STATUSES), name="status"),
        CheckConstraint(_ended(), name="ended"),
        CheckConstraint(
            "charged >= 0 and released >= 0 and held >= charged + released", name="money"
        ),
        CheckConstraint("refunded between 0 and charged", name="refunded"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallet.id"))
    type: Mapped[str]
    status: Mapped[str]
    phase: Mapped[str]
    meta: Mapped[dict[str, object]] = mapped_column("metadata")
    result: Mapped[dict[str, object] | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    held: Mapped[int] = mapped_column(default=0)
    """All that was ever frozen for it; of that, what was charged and what was given back.
    Micro-credits.
    """
    charged: Mapped[int] = mapped_column(default=0)
    released: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What operators gave back of what was charged."""
    selected_image_index: Mapped[int | None] = mapped_column(SmallInteger)
    retry_of: Mapped[UUID | None]
    rev: Mapped[int] = mapped_column(default=1)
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime]


Index("ix_task_owner", Task.owner_id, Task.id)
partial_index("ix_task_awaiting", Task.deadline_at, where=Task.status == "awaiting_selection")
partial_index("ix_task_live", Task.wallet_id, where=text("finished_at is null"))
partial_index("ix_task_ended", Task.finished_at, where=text("finished_at is not null"))


class Job(DueRow, Main):
    """One call of one provider for a task, paid by the piece."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(_one_of("status", JOB_STATUSES), name="status"),
        CheckConstraint(_ended(), name="ended"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("attempt <= max_attempts", name="attempts"),
        CheckConstraint("progress between 0 and 1", name="progress"),
        CheckConstraint("idx between 0 and 63", name="idx"),
        UniqueConstraint("task_id", "phase", "idx"),
    )

    tenant_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    phase: Mapped[str]
    idx: Mapped[int] = mapped_column(SmallInteger)
    source_job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"))
    """The picture that a model is made from, where one job's piece feeds another."""
    queue: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    turn: Mapped[int]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    attempt_id: Mapped[UUID | None]
    """The attempt in force; a write-back that names another one is late and changes nothing."""
    max_attempts: Mapped[int] = mapped_column(SmallInteger)
    deadline_at: Mapped[datetime]
    price: Mapped[int]
    """The most that it can cost its user, in micro-credits; frozen with its phase."""
    charge: Mapped[int | None]
    """What it costs when it is delivered, where that depends on what was used up; never more."""
    provider: Mapped[str]
    provider_model: Mapped[str]
    provider_job_id: Mapped[str | None]
    meta: Mapped[dict[str, object]] = mapped_column("metadata")
    output: Mapped[dict[str, object] | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    rev: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]

    @property
    def charged(self) -> int:
        """What its user pays for it when it is delivered."""
        return self.price if self.charge is None else self.charge


_waiting = text("status = 'queued'")
partial_index("ix_job_waiting", Job.queue, Job.turn, Job.id, where=_waiting)
partial_index(
    "ix_job_waiting_priority", Job.queue, Job.priority.desc(), Job.turn, Job.id, where=_waiting
)
partial_index("ix_job_at_provider", Job.queue, where=text(_one_of("status", AT_PROVIDER)))
partial_index("ix_job_due", Job.due_at, where=text("finished_at is null"))
partial_index("ix_job_ended", Job.finished_at, where=text("finished_at is not null"))
# The database itself forbids a second model for a request, and a second one from a picture.
partial_index("uq_job_model", Job.task_id, where=text("phase = 'model'"), unique=True)
partial_index("uq_job_source", Job.source_job_id, where=Job.source_job_id.is_not(None), unique=True)


class Attempt(Main):
    """One possible submission to a provider. A retry never reuses it, and its fate is always
    written down.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        CheckConstraint(_one_of("outcome", ATTEMPT_OUTCOMES), name="outcome"),
        CheckConstraint("provider_job_id is null or intent_at is not null", name="intent"),
        CheckConstraint("provider_cost >= 0", name="cost"),
        UniqueConstraint("job_id", "fence"),
        UniqueConstraint("provider", "provider_job_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Also the reference that the provider gets, where it takes one; signed, it is the token of its
    callback.
    """
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    no: Mapped[int] = mapped_column(SmallInteger)
    """Which try it is; one that provably never left, or that was refused for its key alone, does
    not count, so a number may come again.
    """
    fence: Mapped[int]
    provider: Mapped[str]
    provider_model: Mapped[str]
    provider_job_id: Mapped[str | None]
    credential: Mapped[str | None]
    """With which of our accounts there it was submitted."""
    intent_at: Mapped[datetime | None]
    """Committed before the first byte leaves: without it, nothing was sent."""
    outcome: Mapped[str]
    provider_cost: Mapped[int] = mapped_column(default=0)
    """What the provider takes for it, in millionths of its currency."""
    usage: Mapped[dict[str, object] | None]
    """What was used up, in the provider's units, where it tells: tokens in and out."""
    error_code: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


partial_index("ix_attempt_unknown", Attempt.created_at, where=text("outcome = 'unknown'"))
partial_index("ix_attempt_ended", Attempt.ended_at, where=text("ended_at is not null"))
partial_index(
    "ix_attempt_credential",
    Attempt.credential,
    where=text("ended_at is null and credential is not null"),
)

belongs(Attempt, Attempt.job_id, ("job", "tenant_id"))


class Queue(Main):
    """How one queue is worked off; operators change it while it runs."""

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("max_concurrency between 0 and 100000", name="max_concurrency"),
        CheckConstraint("timeout_seconds between 1 and 604800", name="timeout"),
        CheckConstraint("max_attempts between 1 and 20", name="max_attempts"),
        CheckConstraint("backoff_first > 0 and backoff_cap >= backoff_first", name="backoff"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(default=True)
    max_concurrency: Mapped[int]
    timeout_seconds: Mapped[int]
    max_attempts: Mapped[int]
    backoff_first: Mapped[float]
    backoff_cap: Mapped[float]
    priority_enabled: Mapped[bool] = mapped_column(default=False)
    virtual_time: Mapped[int] = mapped_column(default=0)
    """The turn that was served last: where a newcomer joins the line."""
    rev: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class FairClock(Main):
    """Where an owner's next job stands in the line of a queue (start-time fair queueing)."""

    __tablename__ = "fair_clock"

    queue: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn: Mapped[int]


class IdempotencyKey(Main):
    """A key under which an owner asked for something, written in the transaction that did it."""

    __tablename__ = "idempotency_key"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


belongs(IdempotencyKey, IdempotencyKey.owner_id, ("user_account", "tenant_id"))
