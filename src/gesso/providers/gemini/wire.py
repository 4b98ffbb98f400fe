"""The wire: what requests to Gemini carry, and what its errors and reasons mean."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gesso.providers.access import Credential
from gesso.providers.flow import Answer, Call, Refused
from gesso.providers.language.climb import tokens
from gesso.providers.language.pictures import Shown
from gesso.providers.readings import refused, retry_after

OURS: Final = frozenset({"question", "rates", "stronger"})
"""Words of an entry's input that are for us, not for Gemini."""
POLICY: Final = frozenset({
    "SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
    "SPII", "RECITATION", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
})  # fmt: skip
"""Reasons to block a prompt or to end an answer that are about content."""


def call(
    credential: Credential,
    method: str,
    path: str,
    *,
    json: object = None,
    total: float = 60.0,
    limit: int = 1 << 20,
) -> Call:
    """A request with our key, to a path below `/v1` or to an address of Gemini's own."""
    root = credential.root
    url = path if path.startswith(f"{root}/") else f"{root}/v1/{path}"
    key = {"x-goog-api-key": credential.secret()}
    # It is silent until it has finished.
    return Call(method, url, headers=key, json=json, total=total, silence=total, limit=limit)


def parts(ready: Sequence[Shown]) -> list[dict[str, Any]]:
    """Pictures and films inside a request; moments of a film with their times."""
    told: list[dict[str, Any]] = []
    for each in ready:
        if each["at"] is not None:
            told.append({"text": f"The film at {each['at']:g} s:"})
        told.append({"inlineData": {"mimeType": each["mime"], "data": each["data"]}})
    return told


def object_of(answer: Answer) -> Mapping[str, Any]:
    """The answer's object; empty where it is none."""
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}


def maps(of: object) -> list[Mapping[str, Any]]:
    """The objects in a list that should hold nothing else."""
    return [each for each in of if isinstance(each, Mapping)] if isinstance(of, list) else []


def usage(told: Mapping[str, Any]) -> dict[str, int]:
    """Tokens in and out; what is thought before an answer is counted in the total alone."""
    counted = tokens(
        told.get("usageMetadata"),
        input_tokens=("promptTokenCount",),
        output_tokens=("candidatesTokenCount",),
        total=("totalTokenCount",),
    )
    total = counted.pop("total")
    thought = total - counted["input_tokens"]
    return {**counted, "output_tokens": max(counted["output_tokens"], thought)}


def refusal(answer: Answer) -> Refused:
    """What an error's answer means; Unsure where the work may have been done all the same."""
    told = object_of(answer).get("error")
    error = told if isinstance(told, Mapping) else {}
    verdict = refused(answer, str(error.get("message") or f"Gemini answered {answer.status}."))
    waits = [str(detail.get("retryDelay", "")) for detail in maps(error.get("details"))]
    wait = next((_seconds(wait) for wait in waits if _seconds(wait) is not None), None)
    if wait is None or retry_after(answer) is not None or not verdict.again:
        return verdict
    return Refused(verdict.code, verdict.message, again=True, after=wait)


def _seconds(told: str) -> float | None:
    """A duration such as `34s` (protobuf's JSON), an hour at most."""
    number = told.removesuffix("s")
    is_one = told.endswith("s") and number.replace(".", "", 1).isdecimal() and number.isascii()
    return min(float(number), 3600.0) if is_one else None
