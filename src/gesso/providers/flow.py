"""The words between gesso and a provider:
what is asked, what is answered, and how a verdict is told.

The one rule that guards the user's money: `Refused` and `Absent` may be returned only where the
provider certainly did not take the job. Where nobody can know, a flow raises `Unsure`; the driver
does so for an exchange that was cut off.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from gesso.infra.http import File, Form
from gesso.providers.access import Credential


@dataclass(frozen=True, slots=True)
class Source:
    """A stored input: where a provider may fetch it, and where a local worker finds its bytes."""

    url: str
    path: str | None
    content_type: str
    size: int = 0
    """In bytes."""
    made_from: Mapping[str, object] | None = None
    """The input that it was made from, when one of our own jobs made it."""
    provider: str | None = None
    """Who made it, when one of our own jobs did."""
    provider_job_id: str | None = None
    """What they call the job that made it."""


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
    credential: Credential
    """With which key, and at which address."""
    recipe: str | None = None
    """The stored document that its model is made by, as JSON; for providers that take one."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job that a provider has taken, or may have taken."""

    ref: UUID
    model: str
    provider_job_id: str | None
    metadata: Mapping[str, Any]
    scratch: str
    credential: Credential
    """The one that the job was submitted with."""
    input: Mapping[str, Any] = field(default_factory=dict)
    """What was asked for in the provider's words, but for the addresses of stored inputs."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The stored inputs, for polls of a provider that `needs_sources`."""
    ending: bool = False
    """It is the last look: the job is not wanted any more, or its time is over. Nothing more is to
    be done for it, and what is there now counts.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request to make; of `json`, `form` and `body` it has one at most."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    form: Form = ()
    """Fields of a multipart form; a `File` among them is streamed."""
    body: bytes | File | None = None
    total: float = 60.0
    """The longest the whole exchange may take, in seconds."""
    silence: float = 30.0
    """The longest it may be silent; a provider that answers when it is done needs more."""
    limit: int = 1 << 20
    """Bytes of the answer that are read; a longer answer is an error."""
    keep: float = 0.0
    """Seconds for which a good answer may be given again without asking: for keys and schemas."""
    fresh: bool = False
    """A kept answer was no good: ask again, but for one that is hardly a minute old."""
    prepares: bool = False
    """It takes no job, whatever becomes of it: an upload, or a question asked by POST. A submission
    that breaks off here was certainly not taken, nor was one that breaks off at a GET.
    """

    after: float = 0.0
    """Seconds to wait before it is sent, where a provider is known to be a moment late."""

    @property
    def takes_nothing(self) -> bool:
        """Whether the provider certainly takes no job by it."""
        return self.prepares or self.method in {"GET", "HEAD"}


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

    @property
    def is_refusal(self) -> bool:
        """Whether the status alone makes certain that nothing was taken."""
        return 400 <= self.status < 500 and self.status != 408


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
class Read:
    """A file of this machine to be read: its bytes are the answer, or None where they are more than
    `limit`. OSError is raised in the flow.
    """

    path: str
    limit: int


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
    metadata: Mapping[str, Any] | None = None
    """What the next ticket is to carry, written down before anything else is done for the job;
    none: what the last one carried.
    """


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider has finished; `cost` is what it takes, in millionths of its currency, where it
    tells.
    """

    pieces: tuple[Piece, ...] = ()
    cost: int | None = None
    value: Mapping[str, Any] | None = None
    """The result where it is words or figures and no file."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """What was used up, in the provider's units: tokens in and out, seconds, credits."""


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
    usage: Mapping[str, int] = field(default_factory=dict)
    """What was used up all the same."""


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
Flow = Generator[Call | Render | Read | Accepted, Any, T_co]
