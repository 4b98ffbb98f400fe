"""Tripo: models of words and of pictures; it pushes nothing and stops nothing.

Source: the package tripo3d 1.0.0 (client.py, _http.py, models.py, exceptions.py), which speaks the
third version of the API alone. Costs are in Tripo's credits.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from gesso.providers.access import Access
from gesso.providers.flow import (
    Answer,
    Delivered,
    Failed,
    Flow,
    Refused,
    Source,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.inputs import UNREADABLE, file_of
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.readings import CONTENT_POLICY, RESULT_EXPIRED, known
from gesso.providers.words import (
    Amount,
    Code,
    Id,
    Link,
    Percent,
    Said,
    Soft,
    Words,
    glance,
    read,
)

_SKILLS = {
    "text-to-model", "image-to-model", "multiview-to-model", "text-to-image", "image-to-image",
}  # fmt: skip
_CODES = {"banned": CONTENT_POLICY, "expired": RESULT_EXPIRED}


class _Envelope(Words):
    code: Soft[int] = None
    status: Soft[Code] = None
    message: Soft[Said] = None


class _Named(Words):
    task_id: Id


class _Created(Words):
    data: _Named


class _Token(Words):
    file_token: Id


class _Uploaded(Words):
    data: _Token


class _Output(Words):
    model_url: Soft[Link] = None
    generated_image_url: Soft[Link] = None


class _Task(Words):
    status: Code
    progress: Soft[Percent] = None
    output: Soft[_Output] = None
    credits_consumed: Soft[Amount] = None
    error_msg: Soft[Said] = None


class _Shown(Words):
    data: _Task


class _Several(Words):
    tasks: dict[str, Soft[_Task]]


class _ShownTogether(Words):
    data: _Several


class Tripo(Polled):
    """Tasks under `/v3/tasks`, each answer in an envelope with a code."""

    name = "tripo"
    title = "Tripo"
    access = Access("https://openapi.tripo3d.ai", {"key": "TRIPO_API_KEY"})
    currency = "tripo credits"
    offers = Offers(first_poll=2.0, slowest_poll=30.0, together=32)
    stages: ClassVar = {
        "queued": "working",
        "running": "working",
        "success": "done",
        "failed": "failed",
        "banned": "failed",
        "expired": "failed",
        "cancelled": "cancelled",
    }

    def bring(self, order: Submission, source: Source) -> Flow[str | Refused]:
        """The token of an upload stands where a link would."""
        if source.path is None:
            return UNREADABLE
        call = self.call(order.credential, "POST", "/v3/files")
        answer = yield replace(call, form=(("file", file_of(source)),), total=300.0, prepares=True)
        uploaded = glance(_Uploaded, answer.body) if answer.ok else None
        return uploaded.data.file_token if uploaded else self.not_brought(answer)

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An endpoint for each skill."""
        where, model = endpoint(order.model)
        if where not in _SKILLS:
            raise LookupError(where)
        return f"/v3/generation/{where}", {"model": model, **words}

    def taken(self, answer: Answer) -> str:
        """The task's id."""
        return read(_Created, answer.body).data.task_id

    def trouble(self, answer: Answer) -> Trouble | None:
        """Any code but 0; nobody has published which means what."""
        said = glance(_Envelope, answer.body)
        if said is None or not (said.code or said.status == "error"):
            return None
        return Trouble(message=said.message)

    def place(self, ticket: Ticket) -> str:
        """One place for tasks of every kind."""
        return f"/v3/tasks/{segment(ticket.provider_job_id)}"

    def report(self, ticket: Ticket, answer: Answer) -> Report:  # noqa: ARG002
        """Its model, or else its picture."""
        return _report(read(_Shown, answer.body).data)

    def poll_together(
        self, tickets: Sequence[Ticket]
    ) -> Flow[Sequence[Working | Delivered | Failed | None]]:
        """Ask for a list of tasks; those that it misses are not in it."""
        ids = [ticket.provider_job_id or "" for ticket in tickets]
        call = self.call(tickets[0].credential, "POST", "/v3/tasks/list", {"task_ids": ids})
        answer = yield replace(call, prepares=True)
        shown = read(_ShownTogether, known(answer).body).data.tasks
        return [self._shown(shown.get(each)) for each in ids]

    def _shown(self, task: _Task | None) -> Working | Delivered | Failed | None:
        try:
            return None if task is None else self.verdict(_report(task))
        except Unsure:
            return None


def _report(task: _Task) -> Report:
    output = task.output or _Output()
    links = [link for link in (output.model_url or output.generated_image_url,) if link]
    return Report(
        task.status,
        progress=None if task.progress is None else task.progress / 100,
        links=links,
        cost=task.credits_consumed,
        code=_CODES.get(task.status.lower()),
        message=task.error_msg,
    )
