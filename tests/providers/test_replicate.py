"""Replicate's own: its kinds of models, its words, its secret, and how far what it says reaches."""

import base64
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
    Forged,
    Piece,
    Push,
    Refused,
    Signed,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.replicate import Replicate
from gesso.simulators.replicate import ReplicateSimulator

ROOT = "https://api.replicate.com"
KEY = Credential("a", ROOT, {"key": "r8_example"})
VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
HOOK = "https://gesso.example.org/hooks/replicate/x.y"


def order(model: str, callback_url: str = HOOK) -> Submission:
    return Submission(
        ref=uuid4(), model=model, input={"prompt": "an owl"}, sources={},
        callback_url=callback_url, scratch="", credential=KEY,
    )  # fmt: skip


def ticket(**metadata: str) -> Ticket:
    return Ticket(uuid4(), "owner/name", "gm3q", metadata, "", KEY)


def drive(flow: Any, *answers: Answer) -> Any:
    """The flow's verdict, and what it asked for."""
    calls = []
    try:
        wish = next(flow)
        for answer in answers:
            calls.append(wish)
            wish = flow.send(answer)
    except StopIteration as stop:
        return stop.value, calls
    raise AssertionError(f"it still wants {wish}")


def told(code: int = 200, **members: Any) -> Answer:
    return Answer(code, {}, json.dumps({"id": "gm3q", **members}).encode())


@pytest.mark.parametrize(
    ("model", "path", "version"),
    [
        ("owner/name", "/v1/models/owner/name/predictions", None),
        (f"owner/name:{VERSION}", "/v1/predictions", f"owner/name:{VERSION}"),
        (VERSION, "/v1/predictions", VERSION),
        ("deployments/owner/name", "/v1/deployments/owner/name/predictions", None),
        ("owner/na me?x", "/v1/models/owner/na%20me%3Fx/predictions", None),
    ],
)
def test_each_kind_of_model_has_its_door(model: str, path: str, version: str | None) -> None:
    verdict, (call,) = drive(Replicate().submit(order(model)), told(201, status="starting"))
    assert verdict == Accepted("gm3q", poll_after=15.0)
    assert call.url == ROOT + path
    assert call.json.get("version") == version
    assert (call.json["webhook"], call.json["webhook_events_filter"]) == (HOOK, ["completed"])
    assert call.headers == {"Authorization": "Bearer r8_example"}


def test_an_address_that_cannot_be_reached_is_not_named() -> None:
    here = order("owner/name", "http://127.0.0.1:8000/hooks/replicate/x.y")
    verdict, (call,) = drive(Replicate().submit(here), told(201))
    assert "webhook" not in call.json
    assert verdict.poll_after == 2.0


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (401, {"detail": "No token"}, Refused("key_refused", "No token", again=True)),
        (402, {"title": "Credit"}, Refused("quota_exhausted", "Credit", again=True)),
        (404, {}, Refused("unknown_model", "status 404")),
        (422, {"detail": "- input"}, Refused("invalid_input", "- input")),
        (
            429,
            {"detail": "Your rate limit resets in ~30s."},
            Refused("rate_limited", "Your rate limit resets in ~30s.", again=True, after=30.0),
        ),
    ],
)
def test_refusals_in_its_words(status: int, body: Any, refusal: Refused) -> None:
    answer = Answer(status, {}, json.dumps(body).encode())
    assert drive(Replicate().submit(order("owner/name")), answer)[0] == refusal


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, b"{}"),
        Answer(502, {}, b"<html>"),
        Answer(201, {}, b"[]"),
        Answer(201, {}, b"{}"),
    ],
)
def test_where_nobody_can_know_it_says_so(answer: Answer) -> None:
    with pytest.raises(Unsure):
        drive(Replicate().submit(order("owner/name")), answer)


NSFW = "NSFW content detected in the output"
FILE = "https://replicate.delivery/x/out.png"


@pytest.mark.parametrize(
    ("prediction", "verdict"),
    [
        ({"status": "starting"}, Working(0.0)),
        ({"status": "processing", "logs": "x\n 42%|####      | 21/50 [00:01]"}, Working(0.42)),
        ({"status": "processing", "logs": None}, Working()),
        ({"status": "succeeded", "output": FILE}, Delivered((Piece(url=FILE),))),
        (
            {"status": "succeeded", "output": [FILE, FILE], "metrics": {"predict_time": 1.2}},
            Delivered((Piece(url=FILE),), usage={"seconds": 2}),
        ),
        (
            {"status": "succeeded", "output": {"a": {"b": "data:image/png;base64,AAEC"}}},
            Delivered((Piece(data=b"\0\1\2"),)),
        ),
        (
            {"status": "succeeded", "output": ["a", "word"]},
            Delivered(value={"output": ["a", "word"]}),
        ),
        (
            {"status": "succeeded", "output": None, "data_removed": True},
            Failed("result_expired", "Replicate does not have the result any more."),
        ),
        ({"status": "failed", "error": NSFW}, Failed("content_policy", NSFW)),
        ({"status": "failed", "error": "CUDA"}, Failed("provider_error", "CUDA")),
        (
            {"status": "aborted"},
            Failed("overloaded", "Replicate did not begin in time.", again=True),
        ),
        (
            {"status": "canceled"},
            Failed("provider_cancelled", "It was cancelled at Replicate."),
        ),
    ],
)
def test_what_a_prediction_says(prediction: Any, verdict: Any) -> None:
    found, (call,) = drive(Replicate().poll(ticket()), told(**prediction))
    assert found == verdict
    assert call.url == f"{ROOT}/v1/predictions/gm3q"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"status": "resting"}', b"x"])
def test_a_prediction_that_makes_no_sense_is_asked_about_again(body: bytes) -> None:
    with pytest.raises(Unsure):
        drive(Replicate().poll(ticket()), Answer(200, {}, body))


def test_the_token_goes_to_replicate_alone() -> None:
    _, (call,) = drive(
        Replicate().poll(ticket(get="https://evil.example.org/x")), told(status="starting")
    )
    assert call.url == f"{ROOT}/v1/predictions/gm3q"
    _, (call,) = drive(Replicate().poll(ticket(get=f"{ROOT}/v2/x")), told(status="starting"))
    assert call.url == f"{ROOT}/v2/x"


def test_a_cancellation_is_one_when_replicate_says_so() -> None:
    assert drive(Replicate().cancel(ticket()), told(status="canceled"))[0] == Cancelled()
    going_on = drive(Replicate().cancel(ticket()), told(status="processing"))[0]
    assert type(going_on).__name__ == "NotCancelled"


def secret_of(simulator: ReplicateSimulator) -> Answer:
    secret = "whsec_" + base64.b64encode(simulator.signing_key).decode()
    return Answer(200, {}, json.dumps({"key": secret}).encode())


def test_a_report_is_signed_by_the_accounts_secret() -> None:
    simulator, other = ReplicateSimulator(), ReplicateSimulator()
    body = b'{"id": "gm3q", "status": "succeeded", "output": "https://replicate.delivery/a.png"}'
    headers = {name.lower(): value for name, value in simulator.signed("msg_1", body).items()}
    at = float(headers["webhook-timestamp"])
    push = Push(headers, body, at, KEY)
    verdict, calls = drive(Replicate().verify_push(push), secret_of(simulator))
    assert verdict == Signed("msg_1")
    assert (calls[0].keep, calls[0].headers) == (86_400.0, {"Authorization": "Bearer r8_example"})
    # The secret was changed a moment ago.
    verdict, calls = drive(Replicate().verify_push(push), secret_of(other), secret_of(simulator))
    assert verdict == Signed("msg_1")
    assert [call.fresh for call in calls] == [False, True]
    verdict, _ = drive(Replicate().verify_push(push), secret_of(other), secret_of(other))
    assert isinstance(verdict, Forged)
    stale = Push(headers, body, at + 301, KEY)
    assert drive(Replicate().verify_push(stale)) == (Forged("too old, or too new"), [])
    for broken in (Answer(401, {}, b"{}"), Answer(200, {}, b"{}"), Answer(200, {}, b'{"key": ""}')):
        with pytest.raises(Unsure):
            drive(Replicate().verify_push(push), broken)
    news = Replicate().read_push(push)
    assert news.provider_job_id == "gm3q"
    assert news.verdict == Delivered((Piece(url="https://replicate.delivery/a.png"),))
