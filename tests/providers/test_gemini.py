"""Gemini's pictures and films, by what their flows yield; odd answers come to a verdict."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.providers import (
    Accepted,
    Answer,
    Cancelled,
    Credential,
    Delivered,
    Failed,
    NotCancelled,
    Piece,
    Refused,
    Source,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.gemini import Gemini
from tests.providers.test_questions import JSON, carried

ROOT = "https://gemini.example"
KEY = Credential("test", ROOT, {"key": "a-key"})
TICKET = Ticket(UUID(int=1), "omni", "v1_x", {}, "", KEY)
URI = f"{ROOT}/v1/files/abc:download?alt=media"
SHOWN = [{"mime": "image/jpeg", "data": "QQ==", "at": None}]
PICTURE = Source("https://x.example", "/x.png", "image/png")


def order(words: Mapping[str, Any], **sources: Source) -> Submission:
    return Submission(UUID(int=1), "omni", words, sources, "", "", KEY)


def said(body: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def film(**result: Any) -> Answer:
    step = {"type": "model_output", "content": [{"type": "video", **result}]}
    return said({"id": "v1_x", "status": "completed", "steps": [step]})


def poll(*answers: Answer) -> tuple[Any, list[Any]]:
    return carried(Gemini().poll(TICKET), *answers)


def test_a_film_is_begun_in_the_background_with_its_picture() -> None:
    words = {"input": "make it move", "response_format": {"type": "video"}, "rates": {"input": 1}}
    verdict, (_, call) = carried(
        Gemini().submit(order(words, image=PICTURE)), SHOWN, said({"id": "v1_x"})
    )
    assert verdict == Accepted("v1_x", poll_after=5.0)
    assert (call.method, call.url) == ("POST", f"{ROOT}/v1/interactions")
    assert call.headers == {"x-goog-api-key": "a-key"}
    assert call.json == {
        "model": "omni",
        "background": True,
        "store": True,
        "input": [
            {"type": "image", "data": "QQ==", "mime_type": "image/jpeg"},
            {"type": "text", "text": "make it move"},
        ],
        "response_format": {"type": "video"},
    }


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": 7}, []])
def test_a_film_that_was_taken_under_no_name_leaves_it_open(body: object) -> None:
    with pytest.raises(Unsure):
        carried(Gemini().submit(order({"input": "x"})), said(body))


def test_a_film_is_fetched_with_the_key_once_its_file_is_ready() -> None:
    assert poll(film(uri=URI), said({"state": "PROCESSING"}))[0] == Working(poll_after=5.0)
    ready = [film(uri=URI), said({"state": "ACTIVE"}), Answer(200, {}, b"film")]
    verdict, (_, file, download) = poll(*ready)
    assert verdict == Delivered((Piece(data=b"film"),))
    assert file.url == f"{ROOT}/v1/files/abc"
    assert download.url == URI
    assert download.headers == {"x-goog-api-key": "a-key"}


def test_the_key_goes_to_nobody_else() -> None:
    for address in (
        "https://elsewhere.example/f",
        f"{ROOT}.evil.example/v1/files/abc",
        "file:///x",
    ):
        verdict, calls = poll(film(uri=address))
        assert verdict == Delivered((Piece(url=address),))
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said({"status": "failed", "errors": [{"code": "SAFETY"}]}), "content_policy"),
        (said({"status": "failed", "errors": [{"code": "X"}]}), "provider_error"),
        (said({"status": "failed", "steps": [{"error": {"code": "SPII"}}]}), "content_policy"),
        (said({"status": "budget_exceeded"}), "provider_error"),
        (said({"status": "completed", "steps": []}), "provider_error"),
        (film(data="no base64!"), "provider_error"),
        (film(), "provider_error"),
    ],
)  # fmt: skip
def test_a_film_that_failed_is_not_tried_again_at_our_cost(answer: Answer, code: str) -> None:
    verdict, _ = poll(answer)
    assert isinstance(verdict, Failed)
    assert (verdict.code, verdict.again) == (code, False)


def test_a_film_that_is_gone_says_so() -> None:
    verdict, _ = poll(film(uri=URI), said({}, 404))
    assert isinstance(verdict, Failed)
    assert verdict.code == "result_expired"


def test_a_film_is_stopped_only_if_gemini_says_so() -> None:
    stopped, _ = carried(Gemini().cancel(TICKET), said({"status": "cancelled"}))
    assert stopped == Cancelled()
    for answer in (said({"status": "completed"}), said({}, 404), Answer(200, {}, b"<")):
        assert carried(Gemini().cancel(TICKET), answer)[0] == NotCancelled()


def test_a_picture_is_in_the_answer() -> None:
    words = {"contents": [{"role": "user", "parts": [{"text": "an owl"}]}], "rates": {"input": 2}}
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(b"png").decode()}}
    thought = {"thought": True, **part}
    body = {
        "candidates": [{"content": {"parts": [thought, part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 10},
    }
    flow = Gemini().submit(order(words, image=PICTURE))
    verdict, (_, call) = carried(flow, SHOWN, said(body))
    assert verdict.pieces == (Piece(data=b"png"),)
    assert verdict.cost == 20
    assert "rates" not in call.json
    kinds = [list(part) for part in call.json["contents"][0]["parts"]]
    assert kinds == [["inlineData"], ["text"]]


@given(JSON | st.fixed_dictionaries({"status": JSON | st.just("completed"), "steps": JSON}))
def test_no_report_breaks_the_poll(body: object) -> None:
    try:
        verdict, _ = poll(said(body), said(body), said(body))
    except Unsure:
        return
    assert isinstance(verdict, Working | Delivered | Failed) or verdict is None


def test_an_entry_without_a_door_is_refused() -> None:
    verdict, calls = carried(Gemini().submit(order({"prompt": "x"})))
    assert isinstance(verdict, Refused)
    assert calls == []
