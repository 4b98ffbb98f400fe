"""Apify: actors that go through public pages; the result is rows, not files.

The model is an actor (`user~name`), the input is the actor's own. What stands in it under `?` says
how the actor is run and goes to the query: `timeout`, `memory`, `build`, `maxItems`,
`maxTotalChargeUsd`. What stands under `=` says how its rows are told in other words: each name, and
where in a row its value is (`{"author": "author.name|author"}`).

A run cannot be found by a reference of ours, so a lost answer is mended by the webhook alone; that
is unsigned, and only makes us ask. Sources: apify-client 3.4.0; docs.apify.com/webhooks.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote, urlencode

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
from gesso.providers.provider import Offers, Provider
from gesso.providers.push import Hint, News, Push, reachable
from gesso.providers.readings import PROVIDER_ERROR, RATE_LIMITED, RESULT_EXPIRED, known, refused

_ENDS: Final = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")
"""The ends of a run as webhooks call them; the status of the last is spelt `TIMED-OUT`."""
_BUSY: Final = frozenset({"actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded"})
"""Refusals of an account that has too much under way."""
_BUSY_SECONDS: Final = 10.0

_NET: Final = 15.0
"""Seconds until a run that reports its end is asked about all the same."""
_OURS: Final = frozenset({"?", "="})
"""What stands in an input and is not for the actor."""
_PAGE: Final = 200
"""Rows that are read at once."""
_PAGE_BYTES: Final = 16 << 20
_MOST_ROWS: Final = 10_000
_MOST_BYTES: Final = 64 << 20
"""Bytes of all pages after which no other is read."""


class Apify(Provider):
    """Starts a run, is told or asks how it ended, reads the rows that it left, stops it."""

    name = "apify"
    offers = Offers(cancel=True, push="hint", first_poll=5.0, slowest_poll=60.0)
    access = Access(root="https://api.apify.com", secrets={"key": "APIFY_TOKEN"})

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Start a run of the actor."""
        asked = {name: each for name, each in order.input.items() if name not in _OURS}
        how = dict(order.input.get("?", {}))
        address = reachable(order)
        query = urlencode(how | ({"webhooks": _webhooks(address)} if address else {}))
        path = f"/v2/actors/{quote(order.model, safe='~')}/runs?{query}"
        answer = yield _call(order.credential, "POST", path, asked)
        if not answer.ok:
            return _refusal(answer)
        return Accepted(str(_data(answer)["id"]), poll_after=_NET if address else 2.0)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how the run stands; where it went well, read its rows."""
        path = f"/v2/actor-runs/{quote(str(ticket.provider_job_id), safe='')}"
        answer = yield _call(ticket.credential, "GET", path)
        if answer.status == 404:
            return Failed(RESULT_EXPIRED, "Apify does not know this run any more.")
        run = _data(known(answer))
        cost = _cost(run)
        match run.get("status"):
            case "READY" | "RUNNING" | "TIMING-OUT" | "ABORTING":
                return Working()
            case "SUCCEEDED":
                value = yield from _rows(ticket, str(run["defaultDatasetId"]))
                return Delivered(value=value, cost=cost, usage={"rows": len(value["rows"])})
            case "TIMED-OUT":
                return Failed("timed_out", "The actor took too long.", cost=cost or 0)
            case "ABORTED":
                return Failed("cancelled", "The run was stopped at Apify.", cost=cost or 0)
            case "FAILED":
                said = str(run.get("statusMessage") or "It says no more.")
                return Failed(PROVIDER_ERROR, f"The actor failed: {said}", cost=cost or 0)
        raise Unsure(f"the run is {run.get('status')!r}")

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Have the run stopped; what it has used up until then is billed."""
        path = f"/v2/actor-runs/{quote(str(ticket.provider_job_id), safe='')}/abort"
        answer = yield _call(ticket.credential, "POST", path)
        if answer.status >= 500 or answer.status == 429:
            raise Unsure(f"status {answer.status}")
        if answer.ok and (run := _data(answer)).get("status") in {"ABORTING", "ABORTED"}:
            return Cancelled(_cost(run) or 0)
        return NotCancelled()

    def verify_push(self, push: Push) -> Flow[Hint]:  # noqa: ARG002
        """Nothing is signed here; what the run is worth is asked of Apify."""
        return Hint()
        yield

    def read_push(self, push: Push) -> News:
        """The run that has ended."""
        told = json.loads(push.body)
        try:
            return News(str(told["eventData"]["actorRunId"]))
        except (KeyError, TypeError) as error:
            raise ValueError("no run is named") from error


def _call(
    credential: Credential, method: str, path: str, body: object = None, limit: int = 1 << 20
) -> Call:
    headers = {"Authorization": f"Bearer {credential.secret()}"}
    return Call(method, credential.root + path, headers=headers, json=body, limit=limit)


def _webhooks(url: str) -> str:
    """One for each end of this run alone, as the query takes it."""
    wanted = [{"eventTypes": [f"ACTOR.RUN.{end}" for end in _ENDS], "requestUrl": url}]
    return b64encode(json.dumps(wanted).encode()).decode()


def _refusal(answer: Answer) -> Refused:
    code, message = _error(answer)
    if code in _BUSY:
        return Refused(RATE_LIMITED, message, again=True, after=_BUSY_SECONDS)
    return refused(answer, message)


def _error(answer: Answer) -> tuple[str, str]:
    """What Apify calls the error, and says of it."""
    try:
        error = answer.json()["error"]
        return str(error["type"]), str(error["message"])
    except (KeyError, TypeError, ValueError):
        return "", f"Apify answered {answer.status}."


def _data(answer: Answer) -> Mapping[str, Any]:
    """The run that an answer tells of; Unsure where it tells of none."""
    try:
        run = answer.json()["data"]
        run["id"]
    except (KeyError, TypeError, ValueError) as error:
        raise Unsure("the answer tells of no run") from error
    return dict(run)


def _cost(run: Mapping[str, Any]) -> int | None:
    """What the run has cost so far, in millionths of a dollar, where it is told."""
    try:
        dollars = Decimal(str(run["usageTotalUsd"]))
        return max(0, int(dollars * 1_000_000))
    except (KeyError, InvalidOperation, ValueError, OverflowError):
        return None


def _most(how: Mapping[str, Any]) -> int:
    """How many rows are wanted at most."""
    try:
        return min(max(1, int(how["maxItems"])), _MOST_ROWS)
    except (KeyError, TypeError, ValueError):
        return _MOST_ROWS


def _rows(ticket: Ticket, dataset: str) -> Flow[dict[str, Any]]:
    """The rows of a dataset, page by page; `total` is how many there are at Apify."""
    most, words = _most(ticket.input.get("?", {})), ticket.input.get("=", {})
    rows: list[Any] = []
    total, taken = most, 0
    while len(rows) < min(most, total) and taken < _MOST_BYTES:
        page = {"format": "json", "offset": len(rows), "limit": min(_PAGE, most - len(rows))}
        path = f"/v2/datasets/{quote(dataset, safe='')}/items?{urlencode(page)}"
        answer = known((yield _call(ticket.credential, "GET", path, limit=_PAGE_BYTES)))
        found = _page(answer)
        rows += [told(row, words) for row in found] if words else found
        taken += len(answer.body)
        total = _total(answer) if found else len(rows)
    return {"rows": rows[:most], "total": max(total, len(rows))}


def told(row: Any, words: Mapping[str, str]) -> dict[str, Any]:
    """A row in other words: under each name the first value that is there; what is nowhere is left
    out.
    """
    found = {name: _at(row, places) for name, places in words.items()}
    return {name: value for name, value in found.items() if value is not None}


def _at(row: Any, places: str) -> Any:
    for place in places.split("|"):
        value = row
        for step in place.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _page(answer: Answer) -> list[Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise Unsure("a page that is no JSON") from error
    if not isinstance(found, list):
        raise Unsure("a page that is no list")
    return found


def _total(answer: Answer) -> int:
    """How many rows the dataset has; every page says so."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    told = headers.get("x-apify-pagination-total", "")
    if not told.isdecimal():
        raise Unsure("a page that does not tell of how many rows it is")
    return int(told)
