"""Outcomes: what a call tells of its provider's health, and whether it may be made once more."""

from dataclasses import dataclass
from typing import Final

from gesso.infra.http import (
    AnswerTooLong,
    HttpError,
    NoAnswer,
    NotAllowed,
    NotSent,
    Reply,
    TimedOut,
    Unreachable,
)
from gesso.kit.backoff import equal_jitter
from gesso.providers.flow import Answer, Call
from gesso.providers.readings import retry_after

_LONGEST_WAIT: Final = 2.0
"""Seconds that a repetition may be waited for; who has to wait longer comes back another time."""
_PAUSE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call went."""

    name: str
    """For the metrics."""
    is_fault: bool | None = None
    """Whether it is the provider's fault; None where it tells nothing of the provider."""


def of_reply(reply: Reply) -> Outcome:
    """What an answer tells: a refusal is a sign of life."""
    match reply.status:
        case 408 | 429:
            return Outcome("busy")
        case status if status >= 500:
            return Outcome("fault", is_fault=True)
        case status if status >= 400:
            return Outcome("refused", is_fault=False)
    return Outcome("ok", is_fault=False)


def of_error(error: HttpError) -> Outcome:
    """What it tells that there was no answer."""
    match error:
        case Unreachable():
            return Outcome("unreachable", is_fault=True)
        case NotAllowed():
            return Outcome("not_allowed")
        case NotSent():
            return Outcome("withdrawn")
        case TimedOut():
            return Outcome("timed_out", is_fault=True)
        case NoAnswer():
            return Outcome("cut_off", is_fault=True)
        case AnswerTooLong():
            return Outcome("too_long")
    return Outcome("not_there")


def pause_before_repeating(call: Call, came: Reply | HttpError) -> float | None:
    """Seconds after which the call may be made once more; None where it may not.

    What never left may be sent. What has left is repeated only where it asked a question, and not
    where it waited its whole time in vain. A submission that has left is never sent again.
    """
    asks = call.method in {"GET", "HEAD"}
    match came:
        case Unreachable():
            return _soon()
        case NoAnswer() if asks and not isinstance(came, TimedOut):
            return _soon()
        case Reply() if asks and came.status in {429, 500, 502, 503, 504}:
            wait = retry_after(Answer(came.status, came.headers, b""))
            if wait is None:
                return None if came.status == 429 else _soon()
            return wait if wait <= _LONGEST_WAIT else None
    return None


def _soon() -> float:
    return equal_jitter(1, first=_PAUSE, cap=_PAUSE)
