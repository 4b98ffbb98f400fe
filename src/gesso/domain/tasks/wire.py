"""Tasks as JSON: what a client sends and sees. Money is decimal text in credits, ids carry their
kind.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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
    """A task's money in credits: all that was frozen, and of that what was charged and what went
    back.
    """

    held: str
    charged: str
    released: str


class SpanOut(BaseModel):
    """A range of seconds, from the usual fast to the usual slow; never a promise."""

    low: int
    high: int


class FileOut(BaseModel):
    """One more file of a piece that is several."""

    kind: Literal["image", "video", "model"]
    asset_id: str
    url: str = Field(description="A signed link that works without a key, for a while.")
    thumbnail_url: str
    content_type: str
    size: int


class OutputOut(BaseModel):
    """One piece of a task, from its place in line to its file."""

    job_id: str
    rev: int = Field(description="Of its job: rises with every change, as events of the job tell.")
    index: int
    phase: str
    status: JobStatus
    progress: float
    position: int | None = Field(None, description="Place in line while it waits; 1 is next.")
    wait: SpanOut | None = Field(
        None, description="Until it begins, while it waits; null where nobody can tell."
    )
    kind: Literal["image", "video", "model", "value"] | None = None
    value: dict[str, Any] | None = Field(
        None, description="The result itself, where it is words or figures and no file."
    )
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
    more: list[FileOut] = Field([], description="Its further files, where it has several.")
    error: ErrorOut | None = None


class TaskOut(BaseModel):
    """A task as its owner sees it. `rev` rises with every change; `as_of` is where the live stream
    goes on.
    """

    id: str
    type: str
    status: TaskStatus
    phase: str
    params: dict[str, Any]
    outputs: list[OutputOut]
    result: dict[str, Any] | None = Field(
        None, description="The value of the first output that has one; none: the results are files."
    )
    selected_image_index: int | None
    progress: float
    cost: CostOut
    refunded: str = Field("0", description="What operators gave back of what was charged.")
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
    usage: dict[str, int] = Field(description="What was used up, in the provider's units.")


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
    charge: str | None = Field(
        None, description="What it costs, where that depends on what is used up; never more."
    )
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


class EstimateLineOut(BaseModel):
    """A line of an estimate: so many pieces of one phase."""

    phase: str
    unit: str
    count: int
    price: str
    amount: str
    held_now: bool = Field(description="False: only if the task goes on to that phase.")
    model: str


class EstimateOut(BaseModel):
    """What an order comes to, in money and in time."""

    held: str = Field(description="Frozen at submit, and the most that the first phase can cost.")
    most: str = Field(description="All that it can ever cost, later phases included.")
    available: str = Field(description="In the wallet that would pay.")
    covered: bool = Field(description="Whether that is enough for `held`.")
    price_version: str
    lines: list[EstimateLineOut]
    ahead: int = Field(description="How many would go before it, at most 1000.")
    wait: SpanOut | None = Field(
        description="Until its first piece begins; null where nobody can tell."
    )
    takes: SpanOut | None = Field(
        description="From there until its first phase is done; null where nothing like it was "
        "delivered within a day."
    )


class SelectionIn(BaseModel):
    """The owner's choice of a picture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    selected_image_index: int = Field(ge=0, le=63)


class PhaseOut(BaseModel):
    """A paid phase of an operation and what a piece of it costs in each tier, in credits."""

    name: str
    unit: str
    prices: dict[str, str]
    metered: bool = Field(description="Charged by what is used up, and frozen at its most.")
    takes: dict[str, SpanOut] = Field(
        description="How long a piece takes, by tier; none where nothing was delivered lately."
    )


class OperationOut(BaseModel):
    """A kind of task: what it takes, what it costs."""

    model_config = ConfigDict(populate_by_name=True)

    type: str
    title: str
    summary: str
    available: bool = Field(description="Whether anybody can be asked for it now.")
    phases: list[PhaseOut]
    params_schema: dict[str, Any] = Field(
        serialization_alias="schema",
        description="What an order takes (JSON Schema without references, in the words that forms "
        "know): its own fields first. `x-ui` tells how a field is shown, `x-ui.group` where.",
    )
    result_schema: dict[str, Any] | None = Field(
        description="What `result` holds when it is completed; none: its results are files."
    )


class OperationsOut(BaseModel):
    """Everything that can be asked for here."""

    version: str = Field(description="Of the prices; what an estimate calls `price_version`.")
    items: list[OperationOut]
    next_cursor: str | None = None
