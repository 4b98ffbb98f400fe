"""fal's own: its paths, its words for what went wrong, and how far what it says reaches."""

import json
from typing import Any
from uuid import uuid4

import pytest

from gesso.providers import (
    Accepted,
    Answer,
    Cancelled,
    Credential,
    Delivered,
    Failed,
    NotCancelled,
    Piece,
    Push,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.fal import Fal

ROOT = "https://queue.fal.run"
KEY = Credential("a", ROOT, {"key": "id:secret"})
PLACE = f"{ROOT}/fal-ai/flux/requests/r1"
TAKEN = {
    "request_id": "r1", "status_url": f"{PLACE}/status", "response_url": PLACE,
    "cancel_url": f"{PLACE}/cancel",
}  # fmt: skip


def order(callback_url: str = "https://gesso.example.org/hooks/fal/a.b?c") -> Submission:
    return Submission(
        ref=uuid4(), model="fal-ai/flux/dev", input={"prompt": "an owl"}, sources={},
        callback_url=callback_url, scratch="", credential=KEY,
    )  # fmt: skip


def ticket(model: str = "fal-ai/flux/dev", **metadata: str) -> Ticket:
    return Ticket(uuid4(), model, "r1", metadata, "", KEY)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, given, body if isinstance(body, bytes) else json.dumps(body).encode())


def drive(flow: Any, *answers: Answer) -> Any:
    """The flow's verdict, and the addresses that it asked."""
    calls = []
    try:
        wish = next(flow)
        for each in answers:
            calls.append(wish)
            wish = flow.send(each)
    except StopIteration as stop:
        return stop.value, calls
    raise AssertionError(f"it still wants {wish}")


def test_the_body_is_the_input_and_the_hook_a_query() -> None:
    verdict, (call,) = drive(Fal().submit(order()), answer(TAKEN))
    assert verdict.provider_job_id == "r1"
    assert verdict.poll_after == 15.0
    assert verdict.metadata["response_url"] == PLACE
    hook = "https%3A%2F%2Fgesso.example.org%2Fhooks%2Ffal%2Fa.b%3Fc"
    assert call.url == f"{ROOT}/fal-ai/flux/dev?fal_webhook={hook}"
    assert (call.json, call.headers["Authorization"]) == ({"prompt": "an owl"}, "Key id:secret")
    verdict, (call,) = drive(Fal().submit(order("http://127.0.0.1/x")), answer(TAKEN))
    assert (call.url, verdict.poll_after) == (f"{ROOT}/fal-ai/flux/dev", 2.0)
    assert isinstance(verdict, Accepted)


def detail(kind: str) -> dict[str, Any]:
    return {"detail": [{"loc": ["body", "prompt"], "msg": "No.", "type": kind}]}


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (422, detail("content_policy_violation"), Refused("content_policy", "prompt: No.")),
        (422, detail("one_of"), Refused("invalid_input", "prompt: No.")),
        (401, {"detail": "No key."}, Refused("key_refused", "No key.", again=True)),
        (404, {"detail": "Nothing."}, Refused("unknown_model", "Nothing.")),
        (429, {"detail": ""}, Refused("rate_limited", "fal could not make it.", again=True)),
        (409, {}, Refused("overloaded", "fal could not make it.", again=True)),
        (400, b"<html>", Refused("invalid_input", "fal answered with status 400.")),
    ],
)
def test_refusals_in_its_words(status: int, body: Any, refusal: Refused) -> None:
    assert drive(Fal().submit(order()), answer(body, status))[0] == refusal


@pytest.mark.parametrize(
    "said",
    [answer({}, 504), answer(b"", 502), answer({}), answer([1]), answer(b"x"), answer({}, 408)],
)
def test_where_nobody_can_know_it_says_so(said: Answer) -> None:
    with pytest.raises(Unsure):
        drive(Fal().submit(order()), said)


DONE = answer({"status": "COMPLETED", "logs": None})
FILE = "https://v3.fal.media/files/a.png"


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (answer({"images": [{"url": FILE}, {"url": FILE}]}), Delivered((Piece(url=FILE),))),
        (answer({"image": {"url": "data:x;base64,AAEC"}}), Delivered((Piece(data=b"\0\1\2"),))),
        (answer({"text": "words"}), Delivered(value={"text": "words"})),
        (answer(detail("content_policy_violation"), 422), Failed("content_policy", "prompt: No.")),
        (answer(detail("file_download_error"), 422), Failed("invalid_input", "prompt: No.")),
        (
            answer(detail("internal_server_error"), 500, x_fal_retryable="true"),
            Failed("provider_error", "prompt: No.", again=True),
        ),
        (
            answer(detail("internal_server_error"), 500, X_Fal_Retryable="false"),
            Failed("provider_error", "prompt: No."),
        ),
        (
            answer({"detail": "Timed out", "error_type": "request_timeout"}, 504),
            Failed("provider_error", "Timed out", again=True),
        ),
        (
            answer({"detail": "Gone"}, 404),
            Failed("result_expired", "fal does not have the result any more."),
        ),
    ],
)
def test_what_a_completed_request_came_to(result: Answer, verdict: Any) -> None:
    found, calls = drive(Fal().poll(ticket(**TAKEN)), DONE, result)
    assert found == verdict
    assert [call.url for call in calls] == [f"{PLACE}/status", PLACE]


@pytest.mark.parametrize(
    "said",
    [
        answer(b"<html>", 502),
        answer({}, 500),
        answer({"detail": "x"}, 429),
        answer({"detail": "x"}, 401),
    ],
)
def test_a_gateways_error_is_no_result(said: Answer) -> None:
    with pytest.raises(Unsure):
        drive(Fal().poll(ticket()), DONE, said)


def test_states_before_the_end() -> None:
    queued = answer({"status": "IN_QUEUE", "queue_position": 3}, 202)
    running = answer({"status": "IN_PROGRESS", "logs": []}, 200)
    assert drive(Fal().poll(ticket()), queued)[0] == Working(0.0)
    assert drive(Fal().poll(ticket()), running)[0] == Working()
    with pytest.raises(Unsure):
        drive(Fal().poll(ticket()), answer({"detail": "x"}, 404))


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("fal-ai/flux/dev", "fal-ai/flux"),
        ("fal-ai/flux", "fal-ai/flux"),
        ("workflows/anna/owl", "workflows/anna/owl"),
        ("comfy/anna/owl/extra", "comfy/anna/owl"),
    ],
)
def test_lost_addresses_are_what_they_must_have_been(model: str, path: str) -> None:
    for metadata in ({}, {"status_url": "https://evil.example.org/status"}):
        _, (call,) = drive(Fal().poll(ticket(model, **metadata)), answer({"status": "IN_QUEUE"}))
        assert call.url == f"{ROOT}/{path}/requests/r1/status"


def test_to_be_asked_to_stop_is_no_end() -> None:
    asked = answer({"status": "CANCELLATION_REQUESTED"}, 202)
    running = answer({"status": "IN_PROGRESS"}, 202)
    stopped = answer({"detail": "x", "error_type": "client_cancelled"}, 499)
    too_late = answer({"status": "ALREADY_COMPLETED"}, 400)
    made = answer({"images": [{"url": FILE}]})
    assert drive(Fal().cancel(ticket()), asked, running)[0] == NotCancelled()
    assert drive(Fal().cancel(ticket()), asked, DONE, stopped)[0] == Cancelled()
    assert drive(Fal().cancel(ticket()), asked, DONE, made)[0] == NotCancelled()
    assert drive(Fal().cancel(ticket()), asked, answer({}, 404))[0] == Cancelled()
    assert drive(Fal().cancel(ticket()), too_late)[0] == NotCancelled()


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        ({"status": "OK", "payload": {"video": {"url": FILE}}}, Delivered((Piece(url=FILE),))),
        ({"status": "OK", "payload": None, "payload_error": "too big"}, None),
        (
            {"status": "ERROR", "error": "Invalid status code: 422", "payload": detail("one_of")},
            Failed("invalid_input", "prompt: No."),
        ),
        (
            {"status": "ERROR", "error": "Invalid status code: 503", "payload": {"detail": "Busy"}},
            Failed("provider_error", "Busy", again=True),
        ),
    ],
)
def test_what_a_report_says(report: Any, verdict: Any) -> None:
    body = json.dumps({"request_id": "r1", "gateway_request_id": "g", **report}).encode()
    news = Fal().read_push(Push({}, body, 0.0, KEY))
    assert (news.provider_job_id, news.verdict) == ("r1", verdict)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"request_id": 7, "status": "OK"}', b'{"request_id": "r"}', b"[" * 9999],
)
def test_a_report_that_makes_no_sense(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Fal().read_push(Push({}, body, 0.0, KEY))
