"""Kling: films and pictures under an id of ours, reported by unsigned pushes; it stops nothing.

Sources: klingai.com, document API (rate limits, tasks); the copies of its documentation in
inference-sh/grid and WHQ25/rawgenai. Costs are in the units of Kling's resource packs.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from gesso.kit.jwt import sign_hs256
from gesso.providers import inputs
from gesso.providers.access import Access, Credential
from gesso.providers.flow import (
    Absent,
    Accepted,
    Answer,
    Delivered,
    Failed,
    Flow,
    Refused,
    Source,
    Submission,
    Ticket,
)
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.push import reachable
from gesso.providers.readings import (
    CONTENT_POLICY,
    INVALID_INPUT,
    KEY_REFUSED,
    QUOTA_EXHAUSTED,
    RATE_LIMITED,
    UNKNOWN_MODEL,
    known,
)
from gesso.providers.words import Amount, Code, Id, Link, Said, Soft, Words, glance, read

NOT_FOUND = 1203
_CODES: Mapping[int, str] = {
    1000: KEY_REFUSED, 1001: KEY_REFUSED, 1002: KEY_REFUSED, 1003: KEY_REFUSED, 1004: KEY_REFUSED,
    1100: KEY_REFUSED, 1101: QUOTA_EXHAUSTED, 1102: QUOTA_EXHAUSTED, 1103: KEY_REFUSED,
    1200: INVALID_INPUT, 1201: INVALID_INPUT, NOT_FOUND: UNKNOWN_MODEL,
    1300: CONTENT_POLICY, 1301: CONTENT_POLICY,
    1302: RATE_LIMITED, 1303: RATE_LIMITED, 1304: KEY_REFUSED,
}  # fmt: skip
_ENDPOINTS = {
    "videos/text2video", "videos/image2video", "videos/omni-video", "videos/video-extend",
    "videos/effects", "videos/lip-sync", "videos/avatar", "images/generations",
    "images/omni-image", "images/kolors-virtual-try-on", "images/expand",
}  # fmt: skip
_LARGEST = 10 << 20
_TOKEN_SECONDS, _SKEW_SECONDS = 1800, 5
_BUSY_SECONDS = 1.0


class _Envelope(Words):
    code: Soft[int] = None
    message: Soft[Said] = None


class _Named(Words):
    task_id: Id


class _Created(Words):
    data: _Named


class _Piece(Words):
    url: Link


class _Result(Words):
    videos: tuple[_Piece, ...] = ()
    images: tuple[_Piece, ...] = ()


class _Task(Words):
    task_id: Id
    task_status: Code
    task_status_msg: Soft[Said] = None
    task_result: Soft[_Result] = None
    final_unit_deduction: Soft[Amount] = None


class _Shown(Words):
    data: _Task


class Kling(Polled):
    """Tasks, each shown at the endpoint that took it, under its id or under ours."""

    name = "kling"
    title = "Kling"
    access = Access(
        "https://api-singapore.klingai.com",
        {"access_key": "KLING_ACCESS_KEY", "secret_key": "KLING_SECRET_KEY"},
    )
    currency = "kling units"
    offers = Offers(lookup=True, push="hint", first_poll=3.0)
    stages: ClassVar = {
        "submitted": "working",
        "processing": "working",
        "succeed": "done",
        "failed": "failed",
    }

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def headers(self, credential: Credential) -> dict[str, str]:
        """A fresh token for each call, good for half an hour."""
        now = int(self._now())
        claims = {
            "iss": credential.secret("access_key"),
            "exp": now + _TOKEN_SECONDS,
            "nbf": now - _SKEW_SECONDS,
        }
        return {"Authorization": f"Bearer {sign_hs256(claims, credential.secret('secret_key'))}"}

    def bring(self, order: Submission, source: Source) -> Flow[str | Refused]:  # noqa: ARG002
        """A picture in base64 without the head of a data URI."""
        text = yield from inputs.encoded(source, _LARGEST)
        return inputs.too_large(_LARGEST) if text is None else text

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Our id goes along: by it the task is found if the answer is lost."""
        where, model = endpoint(order.model)
        if where not in _ENDPOINTS:
            raise LookupError(where)
        hook = reachable(order)
        callback = {"callback_url": hook} if hook else {}
        ours = {"model_name": model, "external_task_id": str(order.ref)}
        return f"/v1/{where}", {**ours, **words, **callback}

    def taken(self, answer: Answer) -> str:
        """The task's id."""
        return read(_Created, answer.body).data.task_id

    def trouble(self, answer: Answer) -> Trouble | None:
        """Any code but 0, whatever the status."""
        said = glance(_Envelope, answer.body)
        if said is None or not said.code:
            return None
        after = _BUSY_SECONDS if said.code in {1302, 1303} else None
        return Trouble(_CODES.get(said.code), said.message, after)

    def place(self, ticket: Ticket) -> str:
        """At the endpoint that took it."""
        return f"/v1/{endpoint(ticket.model)[0]}/{segment(ticket.provider_job_id)}"

    def report(self, ticket: Ticket, answer: Answer) -> Report:  # noqa: ARG002
        """Its films, or else its pictures."""
        task = read(_Shown, answer.body).data
        result = task.task_result or _Result()
        return Report(
            task.task_status,
            links=[piece.url for piece in result.videos or result.images],
            cost=task.final_unit_deduction,
            message=task.task_status_msg,
        )

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """Ask for the task by our id, which may stand in the place of its own."""
        path = f"/v1/{endpoint(ticket.model)[0]}/{ticket.ref}"
        answer = yield self.call(ticket.credential, "GET", path)
        said = glance(_Envelope, answer.body)
        if answer.status == 404 and said and said.code == NOT_FOUND:
            return Absent()
        return Accepted(read(_Shown, known(answer).body).data.task_id)

    def pushed(self, body: bytes) -> str | None:
        """The same envelope that a question is answered with."""
        told = glance(_Created, body) or glance(_Named, body)
        if isinstance(told, _Created):
            return told.data.task_id
        return told.task_id if told else None
