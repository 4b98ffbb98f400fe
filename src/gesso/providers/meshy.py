"""Meshy: models of words and of pictures. Costs are in Meshy's credits; what fails is refunded.

Source: docs.meshy.ai/api (image-to-3d, errors, webhooks, task-lifecycle) and its OpenAPI document.
Pushes go to one address of the account, which is set on Meshy's pages; they are not signed. Whether
a DELETE stops a task that runs is not known, so nothing is stopped.
"""

from dataclasses import replace
from typing import Any, ClassVar

from gesso.providers.access import Access
from gesso.providers.flow import (
    Accepted,
    Answer,
    Delivered,
    Failed,
    Flow,
    Refused,
    Submission,
    Ticket,
)
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.readings import CONTENT_POLICY, INVALID_INPUT
from gesso.providers.words import Amount, Code, Id, Link, Percent, Said, Soft, Words, glance, read

_ROOTS = {
    "text-to-3d": "/v2/text-to-3d",
    "image-to-3d": "/v1/image-to-3d",
    "multi-image-to-3d": "/v1/multi-image-to-3d",
    "retexture": "/v1/retexture",
    "remesh": "/v1/remesh",
}


class _Created(Words):
    result: Id


class _Complaint(Words):
    message: Soft[Said] = None


class _Files(Words):
    glb: Soft[Link] = None


class _TaskError(Words):
    type: Soft[Code] = None
    code: Soft[Code] = None
    message: Soft[Said] = None


class _Task(Words):
    id: Id
    status: Code
    progress: Soft[Percent] = None
    model_urls: Soft[_Files] = None
    consumed_credits: Soft[Amount] = None
    task_error: Soft[_TaskError] = None


class _Named(Words):
    id: Id


class Meshy(Polled):
    """Tasks, each shown at the endpoint that took it."""

    name = "meshy"
    title = "Meshy"
    access = Access("https://api.meshy.ai/openapi", {"key": "MESHY_API_KEY"})
    currency = "meshy credits"
    offers = Offers(first_poll=3.0)
    inline_bytes = 20 << 20
    stages: ClassVar = {
        "pending": "working",
        "in_progress": "working",
        "succeeded": "done",
        "failed": "failed",
        "canceled": "cancelled",
    }

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Ask for the work. A model is refined by the name of the preview that it was."""
        if order.input.get("mode") == "refine":
            model = order.sources.get("model")
            if model is None or model.provider != self.name or not model.provider_job_id:
                return Refused(INVALID_INPUT, "Meshy refines only what it has made itself.")
            words = {**order.input, "preview_task_id": model.provider_job_id}
            order = replace(order, input=words)
        return (yield from super().submit(order))

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An endpoint for each skill; a model of words begins as a preview without colours."""
        where, model = endpoint(order.model)
        mode = {"mode": "preview"} if where == "text-to-3d" else {}
        return _ROOTS[where], {"ai_model": model, **mode, **words}

    def taken(self, answer: Answer) -> str:
        """The task's id, which is all that the answer says."""
        return read(_Created, answer.body).result

    def trouble(self, answer: Answer) -> Trouble | None:
        """Its status says which; the body only has a sentence."""
        said = glance(_Complaint, answer.body)
        return Trouble(message=said.message) if said and said.message else None

    def place(self, ticket: Ticket) -> str:
        """At the endpoint that took it."""
        where = _ROOTS[endpoint(ticket.model)[0]]
        return f"{where}/{segment(ticket.provider_job_id)}"

    def report(self, ticket: Ticket, answer: Answer) -> Report:  # noqa: ARG002
        """The GLB is the model; other formats hold the same."""
        task = read(_Task, answer.body)
        error = task.task_error or _TaskError()
        link = task.model_urls.glb if task.model_urls else None
        is_refunded = task.status.lower() == "failed" and task.consumed_credits is None
        return Report(
            task.status,
            progress=None if task.progress is None else task.progress / 100,
            links=(link,) if link else (),
            cost=0.0 if is_refunded else task.consumed_credits,
            code=_code(error),
            message=error.message,
        )

    def pushed(self, body: bytes) -> str | None:
        """The task itself, as it would be shown."""
        told = glance(_Named, body)
        return told.id if told else None


def _code(error: _TaskError) -> str | None:
    if error.code == "moderation_blocked":
        return CONTENT_POLICY
    return INVALID_INPUT if error.type == "invalid_input" else None
