"""What YouTube's answers mean. Source: discovery document youtube.v3, revision 20261104."""

from collections.abc import Mapping
from typing import Any, Final

from gesso.providers.flow import Answer, Delivered, Failed, Refused, Unsure
from gesso.providers.readings import (
    CONTENT_POLICY,
    INVALID_INPUT,
    KEY_REFUSED,
    OVERLOADED,
    PROVIDER_ERROR,
    QUOTA_EXHAUSTED,
    RATE_LIMITED,
    refused,
    retry_after,
)

_QUOTAS: Final = frozenset({"quotaExceeded", "uploadLimitExceeded", "dailyLimitExceeded"})
_RATES: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_NOT_ITS_FAULT: Final = frozenset({"uploadAborted"})
_POLICY: Final = frozenset(
    {"copyright", "inappropriate", "termsOfUse", "legal", "claim", "trademark"}
)


def refusal(answer: Answer) -> Refused:
    """Why no session was opened. Nothing is published without one, so every refusal is certain."""
    reason, message = error_of(answer)
    wait = retry_after(answer)
    if reason in _QUOTAS:
        return Refused(QUOTA_EXHAUSTED, message, again=True, after=wait)
    if reason in _RATES:
        return Refused(RATE_LIMITED, message, again=True, after=wait)
    if answer.status == 408 or not 400 <= answer.status < 500:
        return Refused(OVERLOADED, message, again=True, after=wait)
    return refused(answer, message)


def is_passing(answer: Answer) -> bool:
    """Whether an upload that is answered so may go on later."""
    reason, _ = error_of(answer)
    passing = answer.status in {401, 408, 429} or not 400 <= answer.status < 500
    return passing or reason in _QUOTAS | _RATES


def rejection(answer: Answer) -> Failed:
    """Why an upload under way was refused for good; nothing of it is published."""
    _, message = error_of(answer)
    return Failed(KEY_REFUSED if answer.status == 403 else INVALID_INPUT, message)


def error_of(answer: Answer) -> tuple[str, str]:
    """YouTube's name of the error, and its words."""
    try:
        error = answer.json()["error"]
        reasons = [str(each["reason"]) for each in error.get("errors", ()) if each.get("reason")]
        return reasons[0] if reasons else "", str(error["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return "", f"YouTube answered {answer.status}."


def video_of(answer: Answer) -> Mapping[str, Any]:
    """The video that the end of an upload is answered with."""
    try:
        video = answer.json()
        video["id"]
    except (KeyError, TypeError, ValueError) as error:
        raise Unsure("an end of an upload that names no video") from error
    return dict(video)


def verdict_on(video: Mapping[str, Any]) -> Delivered | Failed | None:
    """What became of a video that was uploaded; None while it is being processed."""
    status = video.get("status") or {}
    match status.get("uploadStatus"):
        case "processed":
            return delivered(video)
        case "failed":
            reason = str(status.get("failureReason", "unknown"))
            code = PROVIDER_ERROR if reason in _NOT_ITS_FAULT else INVALID_INPUT
            return Failed(code, f"YouTube could not process the video: {reason}.")
        case "rejected":
            reason = str(status.get("rejectionReason", "unknown"))
            code = CONTENT_POLICY if reason in _POLICY else "rejected"
            return Failed(code, f"YouTube rejected the video: {reason}.")
        case "deleted":
            return Failed("deleted", "The video was deleted at YouTube.")
    return None


def delivered(video: Mapping[str, Any]) -> Delivered:
    """The video as it is published; `state` is `uploaded` while YouTube still processes it."""
    status = video.get("status") or {}
    name = str(video["id"])
    value = {
        "video_id": name,
        "url": f"https://www.youtube.com/watch?v={name}",
        "state": str(status.get("uploadStatus") or "uploaded"),
        "privacy": status.get("privacyStatus"),
        "publish_at": status.get("publishAt"),
    }
    return Delivered(value={key: each for key, each in value.items() if each}, cost=0)


def processed(video: Mapping[str, Any]) -> float:
    """How much of a video has been processed, between 0 and 1, as far as it is told."""
    told = (video.get("processingDetails") or {}).get("processingProgress") or {}
    try:
        return min(1.0, int(told["partsProcessed"]) / int(told["partsTotal"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 0.0
