"""Runway: films and pictures as tasks; it pushes nothing, so it is polled.

Sources: the package runwayml 5.24.0 (resources/tasks.py, uploads.py) and
docs.dev.runwayml.com/errors. Costs are in Runway's credits.
"""

from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from gesso.infra.http import File
from gesso.providers import inputs
from gesso.providers.access import Access, Credential
from gesso.providers.flow import (
    Answer,
    Call,
    Cancelled,
    Flow,
    NotCancelled,
    Refused,
    Source,
    Submission,
    Ticket,
)
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.readings import CONTENT_POLICY, known
from gesso.providers.words import Amount, Code, Id, Link, Said, Share, Soft, Words, glance, read

VERSION = "2024-11-06"
_ENDPOINTS = {
    "text_to_video", "image_to_video", "video_to_video", "text_to_image", "video_upscale",
    "image_upscale", "character_performance", "text_to_speech", "sound_effect",
}  # fmt: skip
_INLINE = 3 << 20
"""A data URI may have 5 MB, and is a third longer than what it holds."""


class _Created(Words):
    id: Id


class _Complaint(Words):
    error: Soft[Said] = None


class _Slot(Words):
    uri: str = Field(alias="runwayUri")
    upload_url: Link = Field(alias="uploadUrl")
    fields: Soft[dict[str, str]] = None


class _Credits(Words):
    credits: Soft[Amount] = None


class _Task(Words):
    status: Code
    progress: Soft[Share] = None
    output: Soft[tuple[Link, ...]] = None
    failure: Soft[Said] = None
    failure_code: Soft[Code] = Field(None, alias="failureCode")
    cost: Soft[_Credits] = None
    estimate: Soft[_Credits] = Field(None, alias="estimatedCost")


class Runway(Polled):
    """Tasks under `/v1/tasks`; a task that has finished is deleted by what would cancel it."""

    name = "runway"
    title = "Runway"
    access = Access("https://api.dev.runwayml.com", {"key": "RUNWAYML_API_SECRET"})
    currency = "runway credits"
    offers = Offers(cancel=True, first_poll=5.0)
    stages: ClassVar = {
        "pending": "working",
        "throttled": "working",
        "running": "working",
        "succeeded": "done",
        "failed": "failed",
        "cancelled": "cancelled",
    }

    def headers(self, credential: Credential) -> dict[str, str]:
        """The key, and the version of the API that this speaks."""
        return {**super().headers(credential), "X-Runway-Version": VERSION}

    def bring(self, order: Submission, source: Source) -> Flow[str | Refused]:
        """A data URI where it is small enough, an upload where it is not."""
        text = yield from inputs.inline(source, _INLINE)
        if text is not None:
            return text
        file = inputs.file_of(source)
        wanted = {"filename": file.filename, "type": "ephemeral"}
        call = self.call(order.credential, "POST", "/v1/uploads", wanted)
        answer = yield replace(call, prepares=True)
        slot = glance(_Slot, answer.body) if answer.ok else None
        if slot is None:
            return self.not_brought(answer)
        form: list[tuple[str, str | File]] = [*(slot.fields or {}).items(), ("file", file)]
        answer = yield Call("POST", slot.upload_url, form=form, total=300.0, prepares=True)
        return slot.uri if answer.ok else self.not_brought(answer)

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An endpoint for each skill; the model is named in the body."""
        where, model = endpoint(order.model)
        if where not in _ENDPOINTS:
            raise LookupError(where)
        return f"/v1/{where}", {"model": model, **words}

    def taken(self, answer: Answer) -> str:
        """The task's UUID."""
        return read(_Created, answer.body).id

    def trouble(self, answer: Answer) -> Trouble | None:
        """Its status says which; the body only has a sentence."""
        said = glance(_Complaint, answer.body)
        return Trouble(message=said.error) if said and said.error else None

    def place(self, ticket: Ticket) -> str:
        """One place for tasks of every kind."""
        return f"/v1/tasks/{segment(ticket.provider_job_id)}"

    def report(self, ticket: Ticket, answer: Answer) -> Report:  # noqa: ARG002
        """A refund shows in the credits: they are 0 then."""
        task = read(_Task, answer.body)
        code = task.failure_code or ""
        return Report(
            task.status,
            progress=task.progress,
            links=task.output or (),
            cost=task.cost.credits if task.cost else None,
            code=CONTENT_POLICY if code.startswith("SAFETY.") else None,
            message=task.failure or code or None,
        )

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Stop it while it waits or runs. What had begun to run is not refunded."""
        place = self.place(ticket)
        before = read(_Task, known((yield self.call(ticket.credential, "GET", place))).body)
        if self.stages.get(before.status.lower()) != "working":
            return NotCancelled()
        answer = yield self.call(ticket.credential, "DELETE", place)
        if not answer.ok:
            return NotCancelled()
        answer = yield self.call(ticket.credential, "GET", place)
        after = glance(_Task, answer.body) if answer.ok else None
        ran = before.status == "RUNNING" and before.estimate
        bill = (after and after.cost) or ran or None
        return Cancelled(cost=round((bill.credits or 0) * 1_000_000) if bill else 0)
