"""News: what a worker can say of a job; without the grip in force nobody listens."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from gesso.infra.db import Tx
from gesso.work import Grip


@dataclass(frozen=True, slots=True)
class Intent:
    """The job is about to be sent, with this credential of ours."""

    grip: Grip
    credential: str | None = None
    trace: Mapping[str, Any] | None = None
    """Which one that is, as the job's trace tells it."""


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
    """The provider has delivered these pieces, or a value that is no file, and takes so much for
    it (where known).
    """

    grip: Grip
    pieces: Sequence[Mapping[str, Any]]
    cost: int
    value: Mapping[str, Any] | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    charge: int | None = None
    """What its user owes for what was used up, in micro-credits; None: the job's price."""
    kept_for: float | None = None
    """Seconds for which its worker keeps the job in hand, to store the result; None: it lets go."""

    @property
    def output(self) -> dict[str, Any]:
        """What the job remembers of it."""
        pieces = {"pieces": [dict(piece) for piece in self.pieces]}
        return pieces if self.value is None else {**pieces, "value": dict(self.value)}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is (between 0 and 1), and in how many seconds to look again."""

    grip: Grip
    share: float
    again_after: float
    stays: bool
    metadata: Mapping[str, Any] | None = None
    """What the next look is to know; none: what this one knew."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing new; look again after so many seconds."""

    grip: Grip
    again_after: float
    stays: bool = False


class _Report(Protocol):
    @property
    def grip(self) -> Grip: ...


R = TypeVar("R", bound=_Report)
Verb = Callable[[Tx, Sequence[R]], Awaitable[list[bool]]]


def newest_only(verb: Verb[R]) -> Verb[R]:
    """Of several reports on one job, the verb hears the one under the highest fence: a fence never
    falls, so the others are late.
    """

    @wraps(verb)
    async def hear(tx: Tx, reports: Sequence[R]) -> list[bool]:
        newest: dict[UUID, R] = {}
        for report in reports:
            known = newest.get(report.grip.id)
            if known is None or known.grip.fence <= report.grip.fence:
                newest[report.grip.id] = report
        answers = await verb(tx, list(newest.values()))
        true = {r.grip for r, is_true in zip(newest.values(), answers, strict=True) if is_true}
        return [report.grip in true for report in reports]

    return hear
