"""generateContent: an answer or a picture, in the answer to the request itself.

What was lost on its way cannot be had again. A refusal over content is no error of HTTP: it stands
in the answer, and may be billed.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gesso.providers.flow import Answer, Call, Delivered, Failed, Flow, Piece, Refused, Submission
from gesso.providers.gemini.wire import OURS, POLICY, call, maps, object_of, parts, refusal, usage
from gesso.providers.language.climb import Rung, Said, Turn, climb, rungs_of
from gesso.providers.language.pictures import Shown
from gesso.providers.language.question import Question
from gesso.providers.language.schema import plain
from gesso.providers.language.shows import shows
from gesso.providers.readings import CONTENT_POLICY, INVALID_INPUT, PROVIDER_ERROR

_SECONDS: Final = 180.0
_FILM: Final = 12 << 20
"""Bytes of a film that goes along whole, with a third more for base64; of others, moments do."""
_LARGEST_ANSWER: Final = 64 << 20


def question(order: Submission) -> Flow[Delivered | Refused | Failed]:
    """Ask a question."""
    try:
        asked, rungs = Question.of(order.input), rungs_of(order.model, order.input)
    except ValueError as error:
        return Refused(INVALID_INPUT, str(error))
    ready = yield from shows(order, films=_FILM)
    if isinstance(ready, Refused):
        return ready

    def ask(rung: Rung, turns: Sequence[Turn]) -> Call:
        body = _body(asked, ready, turns)
        path = f"models/{rung.model}:generateContent"
        return call(order.credential, "POST", path, json=body, total=_SECONDS, limit=4 << 20)

    return (yield from climb(asked, rungs, ask, read))


def picture(order: Submission) -> Flow[Delivered | Refused | Failed]:
    """Ask for a picture, made of those that go along or of words alone."""
    ready = yield from shows(order)
    if isinstance(ready, Refused):
        return ready
    body = {name: each for name, each in order.input.items() if name not in OURS}
    if ready:
        *before, last = body["contents"]
        body["contents"] = [*before, {**last, "parts": [*parts(ready), *last["parts"]]}]
    answer = yield call(
        order.credential,
        "POST",
        f"models/{order.model}:generateContent",
        json=body,
        total=_SECONDS,
        limit=_LARGEST_ANSWER,
    )
    rung = rungs_of(order.model, order.input)[0]
    return painted(answer, rung)


def _body(asked: Question, ready: Sequence[Shown], turns: Sequence[Turn]) -> dict[str, Any]:
    first = [*parts(ready), {"text": asked.text}]
    later = [{"role": turn.role, "parts": [{"text": turn.text}]} for turn in turns]
    return {
        "contents": [{"role": "user", "parts": first}, *later],
        "systemInstruction": {"parts": [{"text": asked.system}]},
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseJsonSchema": plain(asked.schema),
            "maxOutputTokens": asked.most_tokens,
        },
    }


def read(answer: Answer) -> Said | Refused | Failed:
    """What the answer to a question means; Unsure where it may have been billed unheard."""
    if not answer.ok:
        return refusal(answer)
    told = object_of(answer)
    text = "".join(str(each["text"]) for each in _parts(told) if "text" in each)
    stopped = None if text else _stopped(told)
    is_whole = _finish(told) != "MAX_TOKENS"
    if not text and stopped is None and is_whole:
        return Failed(PROVIDER_ERROR, "Gemini's answer says nothing.")
    return Said(text, usage(told), is_whole=is_whole, stopped=stopped)


def painted(answer: Answer, rung: Rung) -> Delivered | Refused | Failed:
    """What the answer to a wish for a picture means."""
    if not answer.ok:
        return refusal(answer)
    told = object_of(answer)
    used = usage(told)
    pieces = tuple(piece for piece in map(_piece, _parts(told)) if piece is not None)
    if pieces:
        return Delivered(pieces, cost=rung.cost(used), usage=used)
    code, message = _stopped(told) or (PROVIDER_ERROR, "Gemini has made no picture.")
    return Failed(code, message, cost=rung.cost(used) or 0, usage=used)


def _parts(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    first = next(iter(maps(told.get("candidates"))), {})
    content = first.get("content")
    # What is marked as a thought is not part of the answer.
    told_parts = maps(content.get("parts")) if isinstance(content, Mapping) else []
    return [each for each in told_parts if not each.get("thought")]


def _finish(told: Mapping[str, Any]) -> str:
    first = next(iter(maps(told.get("candidates"))), {})
    return str(first.get("finishReason", ""))


def _stopped(told: Mapping[str, Any]) -> tuple[str, str] | None:
    feedback = told.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, Mapping) else None
    if blocked:
        return CONTENT_POLICY, f"Gemini has blocked it: {blocked}."
    if _finish(told) in POLICY:
        return CONTENT_POLICY, f"Gemini has stopped over content: {_finish(told)}."
    return None


def _piece(part: Mapping[str, Any]) -> Piece | None:
    inline = part.get("inlineData")
    if not isinstance(inline, Mapping):
        return None
    try:
        data = base64.b64decode(str(inline.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Piece(data=data) if data else None
