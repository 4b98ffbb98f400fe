"""The words between gesso and a provider:
what is asked, what is answered, and how a verdict is told.

The one rule that guards the user's money: `Refused` and `Absent` may be returned only where the
provider certainly did not take the job. Where nobody can know, a flow raises `Unsure`; the driver
does so for an exchange that was cut off.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Source:
    """A stored input: where a provider may fetch it, and where a local worker finds its bytes."""

    url: str
    path: str | None
    content_type: str
    made_from: Mapping[str, object] | None = None
    """The input that it was made from, when one of our own jobs made it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One attempt at one piece: what a provider is asked to make."""

    ref: UUID
    model: str
    input: Mapping[str, Any]
    sources: Mapping[str, Source]
    callback_url: str
    scratch: str
    """A directory of this attempt's own, for providers that work on this machine."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job that a provider has taken, or may have taken."""

    ref: UUID
    model: str
    provider_job_id: str | None
    metadata: Mapping[str, Any]
    scratch: str


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request to make; `total` is the longest the whole exchange may take, in seconds."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    body: bytes | None = None
    total: float = 60.0
    limit: int = 1 << 20
    """Bytes of the answer that are read; a longer answer is an error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a `Call`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.body)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Render:
    """Work for a worker process:
    `function` (as "module:name") with these arguments; its result is the answer.

    The function is given `progress` besides, to be called with a share between 0 and 1.
    """

    function: str
    arguments: Mapping[str, Any]
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One result: at an address of the provider's, in a file of this machine, or as bytes."""

    url: str | None = None
    path: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the job. A flow that stays with its job yields this instead of
    returning it.
    """

    provider_job_id: str
    poll_after: float = 2.0
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Working:
    """Not ready yet; `progress` between 0 and 1 where the provider tells."""

    progress: float | None = None
    poll_after: float | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider has finished; `cost` is what it takes, in millionths of its currency, where it
    tells.
    """

    pieces: tuple[Piece, ...]
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly did not take the job."""

    code: str
    message: str
    again: bool = False
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider took the job and says that it failed; `again` only where the failure costs
    nothing.
    """

    code: str
    message: str
    again: bool = False
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider proves that it never took the job."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The provider has stopped; `cost` is what it takes all the same."""

    cost: int = 0


@dataclass(frozen=True, slots=True)
class NotCancelled:
    """The provider goes on: it cannot stop any more, or cannot stop at all."""


class Unsure(Exception):
    """Nobody can know whether the provider took the job: it may have, and its answer was lost."""


Verdict = Accepted | Working | Delivered | Refused | Failed | Absent | Cancelled | NotCancelled

T_co = TypeVar("T_co", covariant=True)
Flow = Generator[Call | Render | Accepted, Any, T_co]


@dataclass(frozen=True, slots=True)
class Offers:
    """What a provider can do; the engine behaves accordingly."""

    lookup: bool = False
    """It can be asked about a job of which only our reference is known."""
    cancel: bool = False
    stays: bool = False
    """Its submit flow ends with the result: a worker stays with the job, and its death ends it."""
    first_poll: float = 2.0
    slowest_poll: float = 60.0


class Provider(Protocol):
    """An outside service that does jobs. Every method is a flow and does no I/O itself."""

    @property
    def name(self) -> str:
        """The name by which the catalogue and the job's row know it."""
        ...

    @property
    def offers(self) -> Offers:
        """What the engine may count on."""
        ...

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Ask for the work."""
        ...

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        ...

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Ask it to stop."""
        ...

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """Ask whether it ever took the job that it knows by our reference."""
        ...
