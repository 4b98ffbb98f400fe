"""Replicate: predictions, by official models, versions and deployments.

Sources: replicate 1.0.7 (`prediction.py`, `webhook.py`) and 2.0.0b4 (docstrings of its resources),
replicate for JavaScript 1.4.0; replicate.com/docs on the life of predictions, on webhooks and on
`models.get` and `models.versions.get`, whose `openapi_schema` has the component `Input`. Every
answer and every report is the prediction itself. What it made is deleted after an hour.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
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
from gesso.providers.outputs import is_address, pieces_of, texts_in
from gesso.providers.provider import Offers, Provider
from gesso.providers.published import KEPT, LIMIT, document_in, schema_named
from gesso.providers.push import Forged, News, Push, Signed, reachable
from gesso.providers.signatures import standard_webhook

_DAY: Final = 86_400.0
_QUICK: Final = 5.0
"""Seconds for the secret: Replicate waits for our answer meanwhile."""
_NET: Final = 15.0
"""Seconds until the first poll where a push is expected."""
_LIMIT: Final = 8 << 20
"""Bytes of a prediction: it repeats its input, and its output may be the file itself."""
_VERSION: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[\w.-]+/[\w.-]+")
_PROGRESS: Final = re.compile(r"^\s*(\d+)%\s*\|.+?\|\s*\d+/\d+")
_RESETS: Final = re.compile(r"resets in ~?(\d+)s")
_POLICY: Final = re.compile(r"\bnsfw\b|content policy|flagged as sensitive|safety", re.IGNORECASE)
"""Refusals over content are free text; what is not recognised is an ordinary failure."""


class Replicate(Provider):
    """Any model there: `owner/name`, `owner/name:version`, a version alone, or
    `deployments/owner/name`.
    """

    name = "replicate"
    offers = Offers(cancel=True, push="signed")
    access = Access(root="https://api.replicate.com", secrets={"key": "REPLICATE_API_TOKEN"})

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Make a prediction. It is never waited for: the connection would be all that holds it."""
        path, body = _where(order.model)
        body["input"] = dict(order.input)
        hook = reachable(order)
        if hook is not None:
            body |= {"webhook": hook, "webhook_events_filter": ["completed"]}
        answer = yield _call(order.credential, "POST", order.credential.root + path, body)
        if not answer.ok:
            return _refused(answer)
        try:
            made = readings.json_object(answer.body)
            return Accepted(
                str(made["id"]),
                poll_after=self.offers.first_poll if hook is None else _NET,
                metadata=_addresses(made.get("urls")),
            )
        except (ValueError, KeyError) as error:
            raise Unsure(f"an answer without an id: {error!r}") from error

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        answer = yield _call(ticket.credential, "GET", _address(ticket, "get", ""))
        try:
            verdict = _verdict(readings.json_object(readings.known(answer).body))
        except ValueError as error:
            raise Unsure(f"a prediction that makes no sense: {error}") from error
        if isinstance(verdict, Cancelled):
            return Failed("provider_cancelled", "It was cancelled at Replicate.")
        return verdict

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Ask it to stop; what it ran until then is billed, and nobody tells how much."""
        answer = yield _call(ticket.credential, "POST", _address(ticket, "cancel", "/cancel"))
        try:
            is_over = answer.ok and readings.json_object(answer.body).get("status") == "canceled"
        except ValueError:
            is_over = False
        return Cancelled() if is_over else NotCancelled()

    def schema(self, model: str, credential: Credential) -> Flow[Mapping[str, Any] | None]:
        """From the version that would run; of a deployment, and of a version alone, none is told
        without another question.
        """
        path, _, version = model.partition(":")
        if not _NAME.fullmatch(path) or not credential.secrets:
            return None
        url = f"{credential.root}/v1/models/{quote(path)}"
        url += f"/versions/{quote(version)}" if version else ""
        told = document_in((yield Call("GET", url, _headers(credential), keep=KEPT, limit=LIMIT)))
        found = (told or {}).get("latest_version") if told and not version else told
        return schema_named((found or {}).get("openapi_schema"), "Input")

    def verify_push(self, push: Push) -> Flow[Signed | Forged]:
        """Standard Webhooks, by the account's secret."""
        verdict = standard_webhook(push)  # without a secret: whatever is wrong already
        if isinstance(verdict, Forged) and verdict.reason != "no signature fits":
            return verdict
        url = f"{push.credential.root}/v1/webhooks/default/secret"
        headers = _headers(push.credential)
        for fresh in (False, True):
            answer = yield Call("GET", url, headers, total=_QUICK, keep=_DAY, fresh=fresh)
            verdict = _signed(push, readings.known(answer))
            if isinstance(verdict, Signed):
                break
        return verdict

    def read_push(self, push: Push) -> News:
        """The prediction as it stands."""
        prediction = readings.json_object(push.body)
        if not isinstance(prediction.get("id"), str):
            raise ValueError("a prediction without an id")
        return News(prediction["id"], _verdict(prediction))


def _where(model: str) -> tuple[str, dict[str, Any]]:
    """Where predictions of this model are made, and what the body has to say of it."""
    if _VERSION.fullmatch(model) or ":" in model:
        # With its model's name, so that no version passes for one of another model.
        return "/v1/predictions", {"version": model}
    if model.startswith("deployments/"):
        return f"/v1/{quote(model)}/predictions", {}
    return f"/v1/models/{quote(model)}/predictions", {}


def _headers(credential: Credential) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {credential.secret()}"}


def _call(credential: Credential, method: str, url: str, body: object = None) -> Call:
    return Call(method, url, _headers(credential), json=body, limit=_LIMIT, total=30.0)


def _addresses(told: object) -> dict[str, str]:
    known = told if isinstance(told, dict) else {}
    return {name: str(known[name]) for name in ("get", "cancel") if name in known}


def _address(ticket: Ticket, name: str, ending: str) -> str:
    """The address that the answer to the submission named; where that was lost, what it must have
    been. The token goes to no other host than to the one it is for.
    """
    root = ticket.credential.root
    named = str(ticket.metadata.get(name, ""))
    if named and urlsplit(named)[:2] == urlsplit(root)[:2]:
        return named
    return f"{root}/v1/predictions/{quote(str(ticket.provider_job_id))}{ending}"


def _refused(answer: Answer) -> Refused:
    """A refusal in Replicate's words; when to come back stands in a header, or in the text."""
    try:
        told = readings.json_object(answer.body)
    except ValueError:
        told = {}
    message = str(told.get("detail") or told.get("title") or f"status {answer.status}")
    refusal = readings.refused(answer, message)
    resets = _RESETS.search(message)
    if refusal.code == readings.RATE_LIMITED and refusal.after is None and resets:
        return replace(refusal, after=min(float(resets[1]), 3600.0))
    return refusal


def _verdict(prediction: Mapping[str, Any]) -> Working | Delivered | Failed | Cancelled:
    """What a prediction says; ValueError for a state that nobody knows."""
    match prediction.get("status"):
        case "starting":
            return Working(0.0)
        case "processing":
            return Working(_progress(prediction.get("logs")))
        case "succeeded":
            return _delivered(prediction)
        case "failed":
            message = str(prediction.get("error") or "Replicate could not make it.")
            is_policy = _POLICY.search(message) is not None
            code = readings.CONTENT_POLICY if is_policy else readings.PROVIDER_ERROR
            return Failed(code, message)
        case "canceled":
            return Cancelled()
        case "aborted":
            # Its time to begin was over; it is not billed.
            return Failed(readings.OVERLOADED, "Replicate did not begin in time.", again=True)
    raise ValueError(f"the status {prediction.get('status')!r}")


def _delivered(prediction: Mapping[str, Any]) -> Delivered | Failed:
    """The files of its output; where it has none, the output itself."""
    output = prediction.get("output")
    if output is None and prediction.get("data_removed"):
        return Failed(readings.RESULT_EXPIRED, "Replicate does not have the result any more.")
    pieces = pieces_of(each for each in texts_in(output) if is_address(each))
    metrics = prediction.get("metrics")
    seconds = metrics.get("predict_time") if isinstance(metrics, dict) else None
    usage = {"seconds": math.ceil(seconds)} if isinstance(seconds, int | float) else {}
    value = {"output": output} if output is not None and not pieces else None
    return Delivered(pieces, value=value, usage=usage)


def _progress(logs: object) -> float | None:
    """How far the last line of the logs says that it is: tqdm's lines are all that is told."""
    lines = logs.splitlines() if isinstance(logs, str) else []
    told = _PROGRESS.search(lines[-1]) if lines else None
    return min(1.0, int(told[1]) / 100) if told else None


def _signed(push: Push, answer: Answer) -> Signed | Forged:
    try:
        secret = readings.json_object(readings.known(answer).body)["key"]
        return standard_webhook(push, str(secret))
    except (ValueError, KeyError) as error:
        raise Unsure("the account's secret makes no sense") from error
