"""fal.ai: its queue API.

Sources: fal_client 1.0.3 (`client.py`, `auth.py`); docs.fal.ai on the queue, on webhooks and on
errors; the readme of fal-endpoint-types on where schemas are published. A job is submitted by its
model's path, and told about at addresses that the answer names.
There is no failed status: what failed is completed too, and its result is the error.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from gesso.providers import readings
from gesso.providers.access import Access, Credential
from gesso.providers.flow import (
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.outputs import pieces_of, urls_in
from gesso.providers.provider import Offers, Provider
from gesso.providers.published import KEPT, LIMIT, document_in, schema_of_body
from gesso.providers.push import Forged, News, Push, Signed, reachable
from gesso.providers.signatures import Key, is_ed25519, is_timely, keys_of

_JWKS: Final = "https://rest.fal.ai/.well-known/jwks.json"
_JWKS_PATH: Final = "/.well-known/jwks.json"
_SCHEMAS: Final = "https://fal.ai"
_SCHEMAS_PATH: Final = "/api/openapi/queue/openapi.json"
_DAY: Final = 86_400.0
_QUICK: Final = 5.0
"""Seconds for the keys: fal waits for our answer meanwhile."""
_NAMESPACES: Final = ("workflows", "comfy")
_NET: Final = 15.0
"""Seconds until the first poll where a push is expected."""
_RESULT: Final = 4 << 20
_CODES: Final[Mapping[str, str]] = {
    "content_policy_violation": readings.CONTENT_POLICY,
    "client_cancelled": "cancelled",
    "generation_timeout": readings.PROVIDER_ERROR,
    "internal_server_error": readings.PROVIDER_ERROR,
    "downstream_service_error": readings.PROVIDER_ERROR,
    "downstream_service_unavailable": readings.PROVIDER_ERROR,
}
"""Its types of errors whose status alone would be misread."""


class Fal(Provider):
    """Any model that fal's queue serves, by its path: `fal-ai/flux/dev`."""

    name = "fal"
    offers = Offers(cancel=True, push="signed")
    access = Access(root="https://queue.fal.run", secrets={"key": "FAL_KEY"})

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Put it into the model's queue; the body is the model's input itself."""
        url = f"{order.credential.root}/{quote(order.model)}"
        hook = reachable(order)
        if hook is not None:
            url += f"?fal_webhook={quote(hook, safe='')}"
        answer = yield _call(order.credential, "POST", url, body=dict(order.input))
        if not answer.ok:
            kind, message = _told(answer)
            return readings.refused(answer, message, _CODES.get(kind))
        try:
            taken = answer.json()
            names = ("status_url", "response_url", "cancel_url")
            addresses = {name: str(taken[name]) for name in names if taken.get(name)}
            return Accepted(
                str(taken["request_id"]),
                poll_after=self.offers.first_poll if hook is None else _NET,
                metadata=addresses,
            )
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise Unsure(f"an answer without a request id: {error!r}") from error

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask for the status, and for the result where there is one."""
        answer = yield _call(ticket.credential, "GET", _address(ticket, "status_url", "/status"))
        try:
            status = readings.known(answer).json()["status"]
        except (ValueError, TypeError, KeyError) as error:
            raise Unsure(f"a status that makes no sense: {error!r}") from error
        if status != "COMPLETED":
            return Working(0.0 if status == "IN_QUEUE" else None)
        url = _address(ticket, "response_url", "")
        answer = yield _call(ticket.credential, "GET", url, limit=_RESULT)
        return _result(answer)

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Ask it to stop. That it was asked is no end yet: what runs may go on."""
        answer = yield _call(ticket.credential, "PUT", _address(ticket, "cancel_url", "/cancel"))
        if not answer.ok:
            return NotCancelled()
        answer = yield _call(ticket.credential, "GET", _address(ticket, "status_url", "/status"))
        if answer.status == 404:
            return Cancelled()
        try:
            is_over = answer.ok and answer.json()["status"] == "COMPLETED"
        except (ValueError, TypeError, KeyError):
            is_over = False
        if not is_over:
            return NotCancelled()
        url = _address(ticket, "response_url", "")
        answer = yield _call(ticket.credential, "GET", url, limit=_RESULT)
        return Cancelled() if _told(answer)[0] == "client_cancelled" else NotCancelled()

    def schema(self, model: str, credential: Credential) -> Flow[Mapping[str, Any] | None]:
        """From the OpenAPI document of the model's queue, which is everybody's to read."""
        root = _SCHEMAS if credential.root in {"", self.access.root} else credential.root
        url = f"{root}{_SCHEMAS_PATH}?endpoint_id={quote(model, safe='')}"
        return schema_of_body(document_in((yield Call("GET", url, keep=KEPT, limit=LIMIT))))

    def verify_push(self, push: Push) -> Flow[Signed | Forged]:
        """Ed25519 over the request's id, the user's, the time and the body's hash, a line each."""
        names = ("request-id", "user-id", "timestamp", "signature")
        given = [push.headers.get(f"x-fal-webhook-{name}", "") for name in names]
        if not all(given) or not is_timely(given[2], push.received_at):
            return Forged("a header is missing, or the time is not now")
        try:
            signature = bytes.fromhex(given[3])
        except ValueError:
            return Forged("a signature that is no hex")
        lines = [*given[:3], hashlib.sha256(push.body).hexdigest()]
        message = "\n".join(lines).encode("utf-8", "surrogateescape")
        for fresh in (False, True):
            answer = yield Call("GET", _jwks(push), total=_QUICK, keep=_DAY, fresh=fresh)
            if is_ed25519(message, signature, _keys(readings.known(answer))):
                return Signed()
        return Forged("no key of fal's signed it")

    def read_push(self, push: Push) -> News:
        """What became of which request; a payload that fal could not pack has to be fetched."""
        told = readings.json_object(push.body)
        name, payload = told.get("request_id"), told.get("payload")
        if not isinstance(name, str) or told.get("status") not in {"OK", "ERROR"}:
            raise ValueError("a report without a request id or a status")
        if payload is None:
            return News(name)
        if told["status"] == "OK":
            return News(name, _delivered(payload))
        said = re.search(r"\b[45]\d\d\b", str(told.get("error")))
        return News(name, _failed(payload, int(said[0]) if said else 500, retryable=None))


def _call(
    credential: Credential, method: str, url: str, *, body: object = None, limit: int = 1 << 20
) -> Call:
    headers = {"Authorization": f"Key {credential.secret()}"}
    return Call(method, url, headers=headers, json=body, limit=limit, total=30.0)


def _address(ticket: Ticket, name: str, ending: str) -> str:
    """The address that the submission's answer named; where that answer was lost, the one that it
    must have been. The key goes to no other host than to the one it is for.
    """
    root = ticket.credential.root
    named = str(ticket.metadata.get(name, ""))
    if named and urlsplit(named)[:2] == urlsplit(root)[:2]:
        return named
    parts = ticket.model.split("/")
    path = "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])
    return f"{root}/{quote(path)}/requests/{quote(str(ticket.provider_job_id))}{ending}"


def _result(answer: Answer) -> Delivered | Failed:
    """The result of a completed job: its output, or the error that it ended with."""
    if answer.ok:
        try:
            return _delivered(answer.json())
        except ValueError as error:
            raise Unsure("a result that is no JSON") from error
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.status in {404, 410}:
        return Failed(readings.RESULT_EXPIRED, "fal does not have the result any more.")
    if answer.status in {401, 403, 408, 429} or not isinstance(body, dict) or "detail" not in body:
        raise Unsure(f"status {answer.status} in place of a result")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    told = headers.get("x-fal-retryable")
    return _failed(body, answer.status, retryable=None if told is None else told == "true")


def _failed(body: Any, status: int, *, retryable: bool | None) -> Failed:
    """A failure in fal's words. What ended with 500 and more is never billed; 422 may be."""
    kind, message = _words(body)
    code = _CODES.get(kind, readings.PROVIDER_ERROR if status >= 500 else readings.INVALID_INPUT)
    again = status >= 500 and retryable is not False
    return Failed(code, message, again=again)


def _told(answer: Answer) -> tuple[str, str]:
    try:
        return _words(answer.json())
    except ValueError:
        return "", f"fal answered with status {answer.status}."


def _words(body: Any) -> tuple[str, str]:
    """The type of an error and its message: of a model's, which lists details, or fal's own."""
    body = body if isinstance(body, dict) else {}
    detail = body.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        first = detail[0]
        place = ".".join(str(part) for part in first.get("loc") or () if part != "body")
        message = str(first.get("msg") or "It was refused.")
        return str(first.get("type") or ""), f"{place}: {message}" if place else message
    message = detail if isinstance(detail, str) and detail else "fal could not make it."
    return str(body.get("error_type") or ""), message


def _delivered(output: Any) -> Delivered:
    """Every file that the output names; where it names none, the output itself is the result."""
    pieces = pieces_of(urls_in(output))
    value = output if isinstance(output, dict) and not pieces else None
    return Delivered(pieces, value=value)


def _jwks(push: Push) -> str:
    """Where its keys are published: with a root of its own, beside that."""
    named = push.credential.secrets.get("jwks")
    if named:
        return named
    root = push.credential.root
    return _JWKS if root in {"", Fal.access.root} else root + _JWKS_PATH


def _keys(answer: Answer) -> Iterable[Key]:
    try:
        return keys_of(readings.known(answer).json())
    except ValueError as error:
        raise Unsure("fal's keys make no sense") from error
