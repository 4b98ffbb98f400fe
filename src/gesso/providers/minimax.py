"""MiniMax: films of Hailuo, through two generations of one API; reported by unsigned pushes.

Sources: platform.minimax.io, video generation and its OpenAPI document; for the second generation
the clients of others, which agree. It tells no costs and stops nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from gesso.providers.access import Access
from gesso.providers.flow import Answer, Delivered, Failed, Flow, Submission, Ticket, Working
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.push import Challenge, Forged, Hint, Push, Signed, reachable
from gesso.providers.readings import (
    CONTENT_POLICY,
    INVALID_INPUT,
    KEY_REFUSED,
    QUOTA_EXHAUSTED,
    RATE_LIMITED,
    known,
)
from gesso.providers.words import Code, Id, Link, Said, Soft, Words, glance, read

_CODES: Mapping[int, str] = {
    1002: RATE_LIMITED, 1004: KEY_REFUSED, 1008: QUOTA_EXHAUSTED, 1026: CONTENT_POLICY,
    1027: CONTENT_POLICY, 2013: INVALID_INPUT, 2049: KEY_REFUSED, 2056: QUOTA_EXHAUSTED,
}  # fmt: skip


class _Base(Words):
    status_code: int = 0
    status_msg: Soft[Said] = None


class _Sentence(Words):
    message: Soft[Said] = None


class _Complaint(Words):
    base_resp: Soft[_Base] = None
    error: Soft[_Sentence] = None


class _Named(Words):
    task_id: Id


class _Queried(Words):
    """A task of the first generation."""

    status: Code
    file_id: Soft[Id] = None
    base_resp: Soft[_Base] = None


class _File(Words):
    download_url: Link


class _Retrieved(Words):
    file: _File


class _Content(Words):
    url: Soft[Link] = None


class _Task(Words):
    status: Code
    content: Soft[_Content] = None
    error: Soft[_Sentence] = None


class _Shown(Words):
    """A task of the second generation."""

    task: _Task


class _Challenge(Words):
    challenge: str


class MiniMax(Polled):
    """Tasks of `v1` and `v2`; a result of the first is a file, whose link has to be asked for."""

    name = "minimax"
    title = "MiniMax"
    access = Access("https://api.minimax.io", {"key": "MINIMAX_API_KEY"})
    offers = Offers(push="hint", first_poll=5.0)
    inline_bytes = (20 << 20) - 1
    stages: ClassVar = {
        "queueing": "working",
        "preparing": "working",
        "queued": "working",
        "processing": "working",
        "running": "working",
        "success": "done",
        "succeeded": "done",
        "fail": "failed",
        "failed": "failed",
        "cancelled": "cancelled",
    }

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The generation is the endpoint."""
        generation, model = endpoint(order.model)
        if generation not in {"v1", "v2"}:
            raise LookupError(generation)
        hook = reachable(order)
        callback = {"callback_url": hook} if hook else {}
        return f"/{generation}/video_generation", {"model": model, **words, **callback}

    def taken(self, answer: Answer) -> str:
        """The task's id."""
        return read(_Named, answer.body).task_id

    def trouble(self, answer: Answer) -> Trouble | None:
        """Refusals of the first generation come with a status of 200 and a code of their own."""
        said = glance(_Complaint, answer.body)
        if said and said.base_resp and said.base_resp.status_code:
            code = _CODES.get(said.base_resp.status_code)
            return Trouble(code, said.base_resp.status_msg)
        return Trouble(message=said.error.message) if said and said.error else None

    def place(self, ticket: Ticket) -> str:
        """The first generation asks in a query, the second in the path."""
        task_id = segment(ticket.provider_job_id)
        if _is_second(ticket):
            return f"/v2/query/video_generation/{task_id}"
        return f"/v1/query/video_generation?task_id={task_id}"

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is and, where it is done, for the link to the file."""
        answer = yield self.call(ticket.credential, "GET", self.place(ticket))
        report = self.report(ticket, known(answer))
        if not _is_second(ticket) and self.stages.get(report.state.lower()) == "done":
            query = urlencode({"file_id": read(_Queried, answer.body).file_id or ""})
            answer = yield self.call(ticket.credential, "GET", f"/v1/files/retrieve?{query}")
            link = read(_Retrieved, known(answer).body).file.download_url
            report = replace(report, links=(link,))
        return self.verdict(report)

    def report(self, ticket: Ticket, answer: Answer) -> Report:
        """Without the link, in the first generation."""
        if _is_second(ticket):
            task = read(_Shown, answer.body).task
            link = task.content.url if task.content else None
            message = task.error.message if task.error else None
            return Report(task.status, links=(link,) if link else (), message=message)
        shown = read(_Queried, answer.body)
        base = shown.base_resp or _Base()
        code = _CODES.get(base.status_code)
        message = base.status_msg if base.status_code else None
        return Report(shown.status, code=code, message=message)

    def verify_push(self, push: Push) -> Flow[Signed | Hint | Forged | Challenge]:
        """Before the first report it asks whether the address is ours, and waits three seconds."""
        asked = glance(_Challenge, push.body)
        if asked is not None and self.pushed(push.body) is None:
            return Challenge(json.dumps({"challenge": asked.challenge}).encode())
        return (yield from super().verify_push(push))

    def pushed(self, body: bytes) -> str | None:
        """Shaped like the answer to a question."""
        told = glance(_Named, body)
        return told.task_id if told else None


def _is_second(ticket: Ticket) -> bool:
    return endpoint(ticket.model)[0] == "v2"
