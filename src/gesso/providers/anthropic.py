"""Anthropic's Messages: a question, pictures if there are any, and an answer as JSON.

Source: the SDK `anthropic` 2.12.0. Sampling parameters are refused since the version 2026-10-21, so
none are sent. The answer to a submission is the result; what was lost on its way cannot be had
again, and there is nothing to ask, to stop or to look up.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gesso.providers.access import Access
from gesso.providers.flow import (
    Answer,
    Call,
    Delivered,
    Failed,
    Flow,
    Refused,
    Submission,
    Ticket,
    Unsure,
)
from gesso.providers.language.climb import Rung, Said, Turn, climb, rungs_of, tokens
from gesso.providers.language.pictures import Shown
from gesso.providers.language.question import Question
from gesso.providers.language.schema import plain
from gesso.providers.language.shows import shows
from gesso.providers.provider import Provider
from gesso.providers.readings import (
    CONTENT_POLICY,
    INVALID_INPUT,
    OVERLOADED,
    PROVIDER_ERROR,
    refused,
    retry_after,
)

_VERSION: Final = "2026-10-21"
_SECONDS: Final = 180.0
_LIMIT: Final = 4 << 20


class Anthropic(Provider):
    """Answers questions; takes pictures, and moments of films."""

    name = "anthropic"
    access = Access(root="https://api.anthropic.com", secrets={"key": "ANTHROPIC_API_KEY"})

    def submit(self, order: Submission) -> Flow[Delivered | Refused | Failed]:
        """Ask, and wait for the answer."""
        try:
            question, rungs = Question.of(order.input), rungs_of(order.model, order.input)
        except ValueError as error:
            return Refused(INVALID_INPUT, str(error))
        pictures = yield from shows(order)
        if isinstance(pictures, Refused):
            return pictures

        def ask(rung: Rung, turns: Sequence[Turn]) -> Call:
            return Call(
                "POST",
                f"{order.credential.root}/v1/messages",
                headers={"x-api-key": order.credential.secret(), "anthropic-version": _VERSION},
                json=_body(question, rung, pictures, turns),
                total=_SECONDS,
                silence=_SECONDS,
                limit=_LIMIT,
            )

        return (yield from climb(question, rungs, ask, read))

    def poll(self, ticket: Ticket) -> Flow[Failed]:
        """Nothing is ever under way there."""
        raise Unsure(f"anthropic knows no job {ticket.ref}")
        yield


def _body(
    question: Question, rung: Rung, pictures: Sequence[Shown], turns: Sequence[Turn]
) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for picture in pictures:
        if picture["at"] is not None:
            content.append({"type": "text", "text": f"The film at {picture['at']:g} s:"})
        source = {"type": "base64", "media_type": picture["mime"], "data": picture["data"]}
        content.append({"type": "image", "source": source})
    content.append({"type": "text", "text": question.text})
    later = [
        {"role": "assistant" if turn.role == "model" else "user", "content": turn.text}
        for turn in turns
    ]
    return {
        "model": rung.model,
        "max_tokens": question.most_tokens,
        "system": question.system,
        "messages": [{"role": "user", "content": content}, *later],
        "output_config": {"format": {"type": "json_schema", "schema": plain(question.schema)}},
    }


def read(answer: Answer) -> Said | Refused | Failed:
    """What an answer means; Unsure where the work may have been done and billed all the same."""
    told = _object(answer)
    if not answer.ok:
        return _refusal(answer, told)
    content = told.get("content")
    if not isinstance(content, list):
        return Failed(PROVIDER_ERROR, "Anthropic's answer is no message.")
    blocks = [block for block in content if isinstance(block, Mapping)]
    text = "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")
    usage = tokens(
        told.get("usage"),
        input_tokens=("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
        output_tokens=("output_tokens",),
    )
    match told.get("stop_reason"):
        case "refusal":
            return Said(text, usage, stopped=(CONTENT_POLICY, "The model refuses to answer that."))
        case "model_context_window_exceeded":
            return Said(text, usage, stopped=(INVALID_INPUT, "It is too long for the model."))
        case stop:
            return Said(text, usage, is_whole=stop != "max_tokens")


def _refusal(answer: Answer, told: Mapping[str, Any]) -> Refused:
    error = told.get("error")
    error = error if isinstance(error, Mapping) else {}
    message = str(error.get("message") or f"Anthropic answered {answer.status}.")
    if answer.status == 529 and error.get("type") == "overloaded_error":
        # Turned away at the door: unlike behind a 500, nothing was begun.
        return Refused(OVERLOADED, message, again=True, after=retry_after(answer))
    return refused(answer, message)


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}
