"""Readings: what an answer means wherever providers agree; each adapter reads its own words first.

The codes stand in tasks and attempts. Whose fault a code is decides what follows: a user's own
teaches nothing about a provider, a key's rests that key, the provider's counts against it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

from gesso.providers.flow import Answer, Refused, Unsure

CONTENT_POLICY: Final = "content_policy"
INVALID_INPUT: Final = "invalid_input"
UNKNOWN_MODEL: Final = "unknown_model"
KEY_REFUSED: Final = "key_refused"
QUOTA_EXHAUSTED: Final = "quota_exhausted"
RATE_LIMITED: Final = "rate_limited"
OVERLOADED: Final = "overloaded"
PROVIDER_ERROR: Final = "provider_error"
RESULT_EXPIRED: Final = "result_expired"

Fault = Literal["user", "key", "provider"]
_FAULTS: Final[Mapping[str, Fault]] = {
    CONTENT_POLICY: "user",
    INVALID_INPUT: "user",
    KEY_REFUSED: "key",
    QUOTA_EXHAUSTED: "key",
    RATE_LIMITED: "key",
}
_PASSING: Final = {KEY_REFUSED, QUOTA_EXHAUSTED, RATE_LIMITED, OVERLOADED, PROVIDER_ERROR}
_LONGEST_WAIT = 3600.0


def fault_of(code: str) -> Fault:
    """Whose fault a code is; what nobody has named is the provider's."""
    return _FAULTS.get(code, "provider")


def may_pass(code: str) -> bool:
    """Whether another try, some time later or with another key, may go better."""
    return code in _PASSING


def refused(answer: Answer, message: str, code: str | None = None) -> Refused:
    """The refusal that a submission's answer is; Unsure where the job may be at work all the same.

    A status below 500 is certain. So is 503 with `Retry-After` (RFC 9110, 15.6.4), but nothing else
    above: a gateway may have lost its provider's answer.
    """
    wait = retry_after(answer)
    if not answer.is_refusal:
        if answer.status == 503 and wait is not None:
            return Refused(code or OVERLOADED, message, again=True, after=wait)
        raise Unsure(f"status {answer.status}: {message}")
    match answer.status:
        case 401 | 403:
            return Refused(code or KEY_REFUSED, message, again=True)
        case 402:
            return Refused(code or QUOTA_EXHAUSTED, message, again=True)
        case 404:
            return Refused(code or UNKNOWN_MODEL, message)
        case 409 | 423 | 425:
            return Refused(code or OVERLOADED, message, again=True, after=wait)
        case 429:
            return Refused(code or RATE_LIMITED, message, again=True, after=wait)
    return Refused(code or INVALID_INPUT, message)


def known(answer: Answer) -> Answer:
    """The answer to a question about a job, if it is one; Unsure for every other status."""
    if not answer.ok:
        raise Unsure(f"status {answer.status}")
    return answer


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that these bytes are; ValueError when they are none."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested without end") from error
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def retry_after(answer: Answer) -> float | None:
    """The seconds that the provider asks us to wait, an hour at most (RFC 9110, 10.2.3)."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    told = headers.get("retry-after", "").strip()
    in_thousandths = headers.get("retry-after-ms", "").strip()  # OpenAI's own, and finer
    if in_thousandths.isascii() and in_thousandths.isdigit():
        return min(int(in_thousandths[:12]) / 1000, _LONGEST_WAIT)
    if not told:
        return None
    try:
        seconds = float(int(told))
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT)
