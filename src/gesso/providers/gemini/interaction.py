"""Interactions: films, made in the background and polled, delivered as files of Gemini's.

A file is ready some time after the film is, and is fetched with the key; the key goes to Gemini's
own address alone.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from gesso.providers.flow import (
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Piece,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.gemini.wire import OURS, POLICY, call, maps, object_of, refusal
from gesso.providers.language.shows import shows
from gesso.providers.readings import CONTENT_POLICY, PROVIDER_ERROR, RESULT_EXPIRED, known

_SUBMIT_SECONDS: Final = 120.0
_FILE: Final = 256 << 20
_ANSWER: Final = 16 << 20
"""Bytes of a report; a result of up to 4 MB may stand in it."""
_WORKING: Final = frozenset({"queued", "in_progress"})
_FILE_ID: Final = re.compile(r"/files/([A-Za-z0-9_-]{1,100})")


def begin(order: Submission) -> Flow[Accepted | Refused | Failed]:
    """Ask for a film; what is ready at once is fetched by the first poll all the same."""
    ready = yield from shows(order)
    if isinstance(ready, Refused):
        return ready
    body = {name: each for name, each in order.input.items() if name not in OURS}
    if ready:
        words = body["input"]
        told = [{"type": "text", "text": words}] if isinstance(words, str) else list(words)
        images = [
            {"type": "image", "data": each["data"], "mime_type": each["mime"]} for each in ready
        ]
        body["input"] = [*images, *told]
    body |= {"model": order.model, "background": True, "store": True}
    answer = yield call(
        order.credential, "POST", "interactions", json=body, total=_SUBMIT_SECONDS, limit=_ANSWER
    )
    if not answer.ok:
        return refusal(answer)
    name = object_of(answer).get("id")
    if not isinstance(name, str) or not name:
        raise Unsure("Gemini took it and told no id")
    return Accepted(name, poll_after=5.0)


def look(ticket: Ticket) -> Flow[Working | Delivered | Failed]:
    """Ask how far it is, and fetch what is ready."""
    path = f"interactions/{ticket.provider_job_id}"
    answer = known((yield call(ticket.credential, "GET", path, limit=_ANSWER)))
    told = object_of(answer)
    status = told.get("status")
    if not isinstance(status, str):
        raise Unsure("Gemini's report has no status")
    if status in _WORKING:
        return Working()
    if status != "completed":
        return _failed(status, told)
    pieces: list[Piece] = []
    for result in _results(told):
        piece = yield from _fetched(ticket, result)
        if isinstance(piece, Working | Failed):
            return piece
        pieces.append(piece)
    if not pieces:
        return Failed(PROVIDER_ERROR, "Gemini has finished without a film.")
    return Delivered(tuple(pieces))


def stop(ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
    """Ask it to stop."""
    path = f"interactions/{ticket.provider_job_id}/cancel"
    answer = yield call(ticket.credential, "POST", path, json={}, limit=_ANSWER)
    is_over = answer.ok and object_of(answer).get("status") == "cancelled"
    return Cancelled() if is_over else NotCancelled()


def _results(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    outputs = [step for step in maps(told.get("steps")) if step.get("type") == "model_output"]
    contents = [each for step in outputs for each in maps(step.get("content"))]
    return [each for each in contents if each.get("type") in ("video", "image")]


def _fetched(ticket: Ticket, result: Mapping[str, Any]) -> Flow[Piece | Working | Failed]:
    if isinstance(data := result.get("data"), str) and data:
        try:
            return Piece(data=base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            return Failed(PROVIDER_ERROR, "Gemini's film is no base64.")
    uri = str(result.get("uri") or "")
    if not uri.startswith(f"{ticket.credential.root}/"):
        return Piece(url=uri) if uri else Failed(PROVIDER_ERROR, "Gemini's film has no address.")
    if named := _FILE_ID.search(uri):
        file = yield call(ticket.credential, "GET", f"files/{named[1]}")
        if file.status in (404, 410):
            return Failed(RESULT_EXPIRED, "Gemini has thrown the film away.")
        known(file)
        match object_of(file).get("state"):
            case "FAILED":
                return Failed(PROVIDER_ERROR, "Gemini could not keep the film.")
            case "ACTIVE":
                pass
            case _:
                return Working(poll_after=5.0)
    address = f"{uri.partition('?')[0].removesuffix(':download')}:download?alt=media"
    content = known((yield call(ticket.credential, "GET", address, total=300, limit=_FILE)))
    return Piece(data=content.body)


def _failed(status: str, told: Mapping[str, Any]) -> Failed:
    errors = maps(told.get("errors"))
    errors += [e for step in maps(told.get("steps")) if isinstance(e := step.get("error"), Mapping)]
    first: Mapping[str, Any] = errors[0] if errors else {}
    message = str(first.get("message") or f"Gemini's film is {status}.")
    is_policy = any(str(error.get("code", "")).upper() in POLICY for error in errors)
    return Failed(CONTENT_POLICY if is_policy else PROVIDER_ERROR, message)
