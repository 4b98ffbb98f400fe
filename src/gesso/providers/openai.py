"""OpenAI's images: made of words, or out of pictures; the answer to a submission is the result.

Source: the SDK `openai` 3.54.0 (resources/images.py, types/image_*). The answer comes when the
pictures are done, minutes later, and holds them as base64. No job has an id, and none can be asked
about, stopped or sent under a key that would keep it from being done twice: a lost answer stays
lost. The input is the request's body in OpenAI's words; `rates` in it is ours, the price of a
million tokens (`{"input": 5, "output": 40}`), by which the answer's usage becomes a cost.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from gesso.infra.http import File
from gesso.providers.access import Access
from gesso.providers.flow import (
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
)
from gesso.providers.provider import Offers, Provider
from gesso.providers.readings import CONTENT_POLICY, KEY_REFUSED, QUOTA_EXHAUSTED, refused

_SECONDS: Final = 600.0
"""As long as the SDK waits."""
_LIMIT: Final = 96 << 20
_ABSURD: Final = 10**12
"""Tokens that no answer can have used up."""
_OURS: Final = frozenset({"rates"})
_TAKEN_ALONE: Final = frozenset({"mask", "markup"})
"""Inputs with a field of their own; every other one is a picture to work from."""
_POLICY: Final = frozenset({"moderation_blocked", "content_policy_violation"})
_QUOTA: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_ABOUT_KEYS: Final = frozenset({KEY_REFUSED, QUOTA_EXHAUSTED})


class OpenAI(Provider):
    """Pictures at once, or after minutes."""

    name = "openai"
    access = Access(root="https://api.openai.com/v1", secrets={"key": "OPENAI_API_KEY"})
    offers = Offers(stays=True)

    def submit(self, order: Submission) -> Flow[Delivered | Refused]:
        """Ask for pictures, and wait for them."""
        answer = yield _edit(order) if order.sources else _generate(order)
        return _read(answer, order.input.get("rates"))

    def poll(self, ticket: Ticket) -> Flow[Failed]:
        """Nothing can be asked there."""
        raise Unsure(f"OpenAI knows no job {ticket.ref}")
        yield


def _generate(order: Submission) -> Call:
    words = {name: value for name, value in order.input.items() if name not in _OURS}
    return Call(
        "POST",
        f"{order.credential.root}/images/generations",
        headers=_headers(order),
        json={**words, "model": order.model},
        total=_SECONDS,
        silence=_SECONDS,
        limit=_LIMIT,
    )


def _edit(order: Submission) -> Call:
    """A form: one picture in the field `image`, several in `image[]`."""
    alone = [(name, order.sources[name]) for name in sorted(_TAKEN_ALONE & order.sources.keys())]
    pictures = [each for name, each in order.sources.items() if name not in _TAKEN_ALONE]
    field = "image" if len(pictures) == 1 else "image[]"
    files = [(field, each) for each in pictures] + alone
    words = {
        name: value
        for name, value in order.input.items()
        if name not in _OURS and name not in order.sources
    }
    return Call(
        "POST",
        f"{order.credential.root}/images/edits",
        headers=_headers(order),
        form=[
            ("model", order.model),
            *((name, _text(value)) for name, value in words.items()),
            *((name, _file(name, source)) for name, source in files),
        ],
        total=_SECONDS,
        silence=_SECONDS,
        limit=_LIMIT,
    )


def _headers(order: Submission) -> dict[str, str]:
    return {"Authorization": f"Bearer {order.credential.secret()}"}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file(field: str, source: Source) -> File:
    kind = source.content_type.rpartition("/")[2]
    return File(str(source.path), source.content_type, name=f"{field.removesuffix('[]')}.{kind}")


def _read(answer: Answer, rates: object) -> Delivered | Refused:
    """What the answer says; Unsure where pictures were made, perhaps, and cannot be had."""
    told = _object(answer)
    if not answer.ok:
        return _refusal(answer, told)
    data = told.get("data")
    pieces = tuple(_pieces(data) if isinstance(data, list) else ())
    if not pieces:
        raise Unsure("OpenAI's answer holds no picture")
    usage = _usage(told.get("usage"))
    return Delivered(pieces, cost=_cost(usage, rates), usage=usage)


def _refusal(answer: Answer, told: Mapping[str, Any]) -> Refused:
    error = told.get("error")
    said: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    word = str(said.get("code") or said.get("type") or "")
    code = CONTENT_POLICY if word in _POLICY else QUOTA_EXHAUSTED if word in _QUOTA else None
    refusal = refused(answer, str(said.get("message") or f"OpenAI says {answer.status}."), code)
    if refusal.code in _ABOUT_KEYS:
        # Its sentence quotes from the key, and it is no business of the user's.
        return Refused(refusal.code, "OpenAI takes no orders of ours now.", again=True)
    return refusal


def _pieces(data: list[Any]) -> list[Piece]:
    texts = [each.get("b64_json") for each in data if isinstance(each, Mapping)]
    try:
        return [Piece(data=b64decode(text)) for text in texts if isinstance(text, str)]
    except (binascii.Error, ValueError) as error:
        raise Unsure("OpenAI's picture is no base64") from error


def _usage(told: object) -> dict[str, int]:
    if not isinstance(told, Mapping):
        return {}
    counts = ((name, told.get(name)) for name in ("input_tokens", "output_tokens"))
    return {
        name: count
        for name, count in counts
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _ABSURD
    }


def _cost(usage: Mapping[str, int], rates: object) -> int | None:
    """Millionths of a dollar: that is what a token costs at one dollar a million."""
    if not isinstance(rates, Mapping) or not usage:
        return None
    return round(
        usage.get("input_tokens", 0) * float(rates.get("input", 0))
        + usage.get("output_tokens", 0) * float(rates.get("output", 0))
    )


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}
