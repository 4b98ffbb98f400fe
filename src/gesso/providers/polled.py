"""Polled providers: one call takes a task, another shows how it stands by a word for its state.

What they have in common is here; an adapter is what differs: where to ask, what stands in the
answers, which word is which stage, and which of their codes is which of ours.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from gesso.providers import inputs
from gesso.providers.access import Credential
from gesso.providers.flow import (
    Accepted,
    Answer,
    Call,
    Delivered,
    Failed,
    Flow,
    Piece,
    Refused,
    Source,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.provider import Provider
from gesso.providers.push import Challenge, Forged, Hint, News, Push, Signed, reachable
from gesso.providers.readings import (
    PROVIDER_ERROR,
    UNKNOWN_MODEL,
    known,
    may_pass,
    refused,
    retry_after,
)

_NET = 15.0
"""Seconds until the first poll where a push is expected."""
Stage = Literal["working", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an answer complains of; `code`: which of our codes it is, where its own words tell."""

    code: str | None = None
    message: str | None = None
    after: float | None = None
    """Seconds to wait before another try, where the answer has no header that says so."""


@dataclass(frozen=True, slots=True)
class Report:
    """A task as its provider shows it."""

    state: str
    progress: float | None = None
    """Between 0 and 1."""
    links: Sequence[str] = ()
    cost: float | None = None
    """In the provider's credits; None: it does not tell."""
    code: str | None = None
    message: str | None = None


class Polled(Provider):
    """A provider whose task is asked for by a POST of JSON, and about by a GET.

    In the catalogue its models are named `endpoint/model`, since both decide where a task is.
    """

    title: ClassVar[str]
    """What it is called in sentences."""
    stages: ClassVar[Mapping[str, Stage]]
    """What its words for states mean, in lower case."""
    inline_bytes: ClassVar[int | None] = None
    """The largest picture that may stand in the request as a data URI; None: links only."""

    @abstractmethod
    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Where to ask for the work, and the body; LookupError where there is no such endpoint."""

    @abstractmethod
    def taken(self, answer: Answer) -> str:
        """The id that a task was given; Unsure where there is none to be read."""

    @abstractmethod
    def trouble(self, answer: Answer) -> Trouble | None:
        """What an answer complains of, by its body; None where it does not complain."""

    @abstractmethod
    def place(self, ticket: Ticket) -> str:
        """Where a task is shown."""

    @abstractmethod
    def report(self, ticket: Ticket, answer: Answer) -> Report:
        """What is shown there; Unsure where it cannot be read."""

    def pushed(self, body: bytes) -> str | None:
        """Which task a push is about; None where it cannot be read."""

    def headers(self, credential: Credential) -> Mapping[str, str]:
        """What opens the door: a Bearer token, unless said otherwise."""
        return {"Authorization": f"Bearer {credential.secret()}"}

    def bring(self, order: Submission, source: Source) -> Flow[str | Refused]:  # noqa: ARG002
        """What stands in the request for a picture that the provider cannot fetch."""
        if self.inline_bytes is None:
            return source.url
        text = yield from inputs.inline(source, self.inline_bytes)
        return inputs.too_large(self.inline_bytes) if text is None else text

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Ask for the work."""
        words = dict(order.input)
        for source in order.sources.values():
            if inputs.stands_in(words, source.url) and not inputs.is_public(source.url):
                brought = yield from self.bring(order, source)
                if isinstance(brought, Refused):
                    return brought
                words = inputs.replaced(words, source.url, brought)
        try:
            path, body = self.request(order, words)
        except LookupError:
            return Refused(UNKNOWN_MODEL, f"{self.title} has no model {order.model!r}.")
        answer = yield self.call(order.credential, "POST", path, body)
        trouble = self.trouble(answer)
        if answer.ok and trouble is None:
            is_told = self.offers.push and reachable(order) is not None
            return Accepted(self.taken(answer), _NET if is_told else self.offers.first_poll)
        return self._refused(answer, trouble or Trouble())

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        answer = yield self.call(ticket.credential, "GET", self.place(ticket))
        return self.verdict(self.report(ticket, known(answer)))

    def verify_push(self, push: Push) -> Flow[Signed | Hint | Forged | Challenge]:
        """Nobody signs these: a push is a reason to ask, and no more."""
        said = self.pushed(push.body) is not None
        return Hint() if said else Forged(f"{self.title} would not say that")
        yield

    def read_push(self, push: Push) -> News:
        """Which task it is about; what became of it, the provider has to be asked."""
        task_id = self.pushed(push.body)
        if task_id is None:
            raise ValueError(f"{self.title} would not say that")
        return News(task_id)

    def call(
        self,
        credential: Credential,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
    ) -> Call:
        """One call of its API."""
        return Call(method, credential.root + path, headers=self.headers(credential), json=body)

    def verdict(self, report: Report) -> Working | Delivered | Failed:
        """What a report comes to. A failure is worth another try only where it was free."""
        cost = None if report.cost is None else round(report.cost * 1_000_000)
        match self.stages.get(report.state.lower()):
            case "working":
                return Working(report.progress)
            case "done":
                return Delivered(tuple(Piece(url=link) for link in report.links), cost=cost)
            case "failed":
                code = report.code or PROVIDER_ERROR
                message = report.message or f"{self.title} could not make it."
                return Failed(code, message, again=cost == 0 and may_pass(code), cost=cost or 0)
            case "cancelled":
                return Failed("cancelled", f"{self.title} has stopped it.", cost=cost or 0)
        raise Unsure(f"{self.title} speaks of a state that is not known: {report.state!r}")

    def not_brought(self, answer: Answer) -> Refused:
        """The refusal that the answer to an upload is: nothing was asked for yet."""
        trouble = self.trouble(answer) or Trouble()
        message = trouble.message or f"{self.title} did not take the picture."
        if 400 <= answer.status < 500 and answer.status != 408:
            return refused(answer, message, trouble.code)
        return Refused(PROVIDER_ERROR, message, again=True, after=retry_after(answer))

    def _refused(self, answer: Answer, trouble: Trouble) -> Refused:
        """A refusal by its status, or by a code that is known where the status speaks of success
        or of less than the code does.
        """
        message = trouble.message or f"{self.title} refused it (status {answer.status})."
        if trouble.code is None and answer.ok:
            raise Unsure(f"{self.title} took it or not: {message}")
        if trouble.code is None or not answer.status < 500:
            return refused(answer, message, trouble.code)
        told = retry_after(answer)
        after = trouble.after if told is None else told
        return Refused(trouble.code, message, again=may_pass(trouble.code), after=after)


def endpoint(model: str) -> tuple[str, str]:
    """The two parts of a model's name in the catalogue: which endpoint, and which model there."""
    where, _, name = model.rpartition("/")
    return where, name


def segment(task_id: str | None) -> str:
    """A task's id as a part of a path; Unsure where there is none."""
    if not task_id:
        raise Unsure("nobody has told the task's id")
    return quote(task_id, safe="")
