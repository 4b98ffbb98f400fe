"""News: what a worker can say of a job, and the grip without which nobody listens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grip:
    """The right to write a job back: held by whoever took it last."""

    job_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has taken the job under an id of its own; look again after so many seconds.

    `stays`: the worker stays with the job and keeps its grip.
    """

    grip: Grip
    provider_job_id: str
    poll_after: float
    stays: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The provider has delivered these pieces, and takes so much for them (where known)."""

    grip: Grip
    pieces: Sequence[Mapping[str, Any]]
    cost: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is (between 0 and 1), and in how many seconds to look again."""

    grip: Grip
    share: float
    again_after: float
    stays: bool


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing new; look again after so many seconds."""

    grip: Grip
    again_after: float
    stays: bool = False
