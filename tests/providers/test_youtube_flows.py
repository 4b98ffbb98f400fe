"""YouTube, flow by flow: what every answer of a session means."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gesso.providers import (
    Absent,
    Accepted,
    Answer,
    Cancelled,
    Credential,
    Delivered,
    Failed,
    File,
    NotCancelled,
    Refused,
    Source,
    Unsure,
    Working,
)
from gesso.providers.youtube import YouTube
from gesso.providers.youtube.upload import Upload
from tests.providers.by_hand import answer, order, play, ticket

ROOT = YouTube.access.root
CREDENTIAL = Credential(
    "test", ROOT, {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
)
CHUNK = YouTube.chunk
TOTAL = 2 * CHUNK + 5
FILM = Source("https://gesso.example/film", "/film.mp4", "video/mp4", TOTAL)
SESSION = f"{ROOT}/upload/youtube/v3/videos?upload_id=1"
UPLOAD = Upload(SESSION, TOTAL)
TOKEN = answer(200, {"access_token": "token"})
VIDEO = {"id": "v1", "status": {"uploadStatus": "uploaded", "privacyStatus": "private"}}


def has(received: int, **headers: str) -> Answer:
    """A session's answer that it has so many bytes."""
    return answer(308, **({"Range": f"bytes=0-{received - 1}"} if received else {}), **headers)


def polled(
    upload: Upload, *answers: Answer, ending: bool = False
) -> tuple[list[Mapping[str, Any]], Any]:
    """The ranges that a poll sends when it is answered so, and its verdict."""
    asked = ticket(CREDENTIAL, upload.kept(), ending=ending, video=FILM)
    with_tokens = [each for said in answers for each in (TOKEN, said)]
    calls, verdict = play(YouTube().poll(asked), with_tokens)
    puts = [call for call in calls if call.method == "PUT"]
    assert all(call.headers["Authorization"] == "Bearer token" for call in puts)
    return [
        {"range": call.headers["Content-Range"], "file": call.body, "to": call.url} for call in puts
    ], verdict


def test_a_session_is_opened_at_google_with_a_token_of_google() -> None:
    given = {"snippet": {"title": "t"}, "status": {}, "notifySubscribers": False}
    (token, begin), verdict = play(
        YouTube().submit(order(CREDENTIAL, given, video=FILM)),
        [TOKEN, answer(200, Location=SESSION)],
    )
    assert token.url == "https://oauth2.googleapis.com/token"
    assert token.body == b"grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r"
    assert token.keep < 3600
    assert token.prepares
    assert begin.prepares
    assert begin.url.startswith(f"{ROOT}/upload/youtube/v3/videos?uploadType=resumable&")
    assert begin.url.endswith("&notifySubscribers=false")
    assert begin.headers["X-Upload-Content-Length"] == str(TOTAL)
    assert begin.json == {"snippet": {"title": "t"}, "status": {}}
    assert verdict == Accepted(str(order(CREDENTIAL, {}).ref), 0.0, UPLOAD.kept())


@pytest.mark.parametrize("place", ["", "/upload?id=1", "http://youtube.googleapis.com/x"])
def test_a_token_goes_to_no_address_that_is_not_safe(place: str) -> None:
    with pytest.raises(Unsure):
        play(
            YouTube().submit(order(CREDENTIAL, {}, video=FILM)),
            [TOKEN, answer(200, Location=place)],
        )


@pytest.mark.parametrize(
    ("said", "code", "again"),
    [
        ((403, "quotaExceeded"), "quota_exhausted", True),
        ((400, "uploadLimitExceeded"), "quota_exhausted", True),
        ((403, "userRateLimitExceeded"), "rate_limited", True),
        ((403, "forbidden"), "key_refused", True),
        ((400, "invalidTitle"), "invalid_input", False),
        ((503, "backendError"), "overloaded", True),
    ],
)
def test_every_refusal_of_a_session_is_certain(
    said: tuple[int, str], code: str, *, again: bool
) -> None:
    status, reason = said
    body = {"error": {"code": status, "message": "No.", "errors": [{"reason": reason}]}}
    _, verdict = play(
        YouTube().submit(order(CREDENTIAL, {}, video=FILM)), [TOKEN, answer(status, body)]
    )
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.again) == (code, again)


@pytest.mark.parametrize(
    ("said", "code"),
    [(answer(400, {"error": "invalid_grant"}), "key_refused"), (answer(500), "overloaded")],
)
def test_without_a_token_nothing_is_submitted(said: Answer, code: str) -> None:
    _, verdict = play(YouTube().submit(order(CREDENTIAL, {}, video=FILM)), [said])
    assert isinstance(verdict, Refused)
    assert verdict.code == code


def test_a_token_that_was_taken_back_is_replaced_once() -> None:
    said = [TOKEN, answer(401), TOKEN, answer(200, Location=SESSION)]
    calls, verdict = play(YouTube().submit(order(CREDENTIAL, {}, video=FILM)), said)
    assert [call.fresh for call in calls] == [False, False, True, False]
    assert isinstance(verdict, Accepted)


def test_chunks_follow_what_the_session_has() -> None:
    sent, verdict = polled(UPLOAD, has(0), has(CHUNK - (1 << 18)), has(2 * CHUNK - (1 << 18)))
    assert [each["range"] for each in sent] == [
        f"bytes */{TOTAL}",
        f"bytes 0-{CHUNK - 1}/{TOTAL}",
        f"bytes {CHUNK - (1 << 18)}-{2 * CHUNK - (1 << 18) - 1}/{TOTAL}",
    ]
    assert sent[1]["file"] == File("/film.mp4", "video/mp4", start=0, length=CHUNK)
    assert isinstance(verdict, Working)
    assert verdict.metadata == replace(UPLOAD, last=True).kept(), "it is said before it is done"


def test_the_last_chunk_goes_only_once_it_is_written_down() -> None:
    sent, verdict = polled(UPLOAD, has(2 * CHUNK))
    assert len(sent) == 1
    assert verdict.metadata["last"] is True
    last = replace(UPLOAD, last=True)
    sent, verdict = polled(last, has(2 * CHUNK), answer(200, VIDEO))
    assert sent[1]["range"] == f"bytes {2 * CHUNK}-{TOTAL - 1}/{TOTAL}"
    assert verdict.metadata == replace(last, video="v1").kept()


def test_a_session_may_move() -> None:
    moved = SESSION.replace("id=1", "id=2")
    sent, verdict = polled(UPLOAD, has(0, Location=moved), answer(503))
    assert sent[1]["to"] == moved
    assert verdict.metadata["session"] == moved


@pytest.mark.parametrize("told", ["bytes=0-99999999999", "bytes=5-9", "all"])
def test_a_range_that_cannot_be_is_not_believed(told: str) -> None:
    with pytest.raises(Unsure):
        polled(UPLOAD, answer(308, Range=told))


@pytest.mark.parametrize("status", [404, 410])
def test_a_session_that_went_is_begun_anew_only_where_nothing_can_be_published(
    status: int,
) -> None:
    _, verdict = polled(UPLOAD, answer(status))
    assert isinstance(verdict, Failed)
    assert (verdict.code, verdict.again) == ("session_expired", True)
    _, verdict = polled(replace(UPLOAD, last=True), answer(status))
    assert (verdict.code, verdict.again) == ("fate_unknown", False)


def test_nothing_is_sent_for_what_is_at_its_end() -> None:
    sent, verdict = polled(UPLOAD, has(CHUNK), ending=True)
    assert (len(sent), type(verdict)) == (1, Working)
    _, verdict = polled(replace(UPLOAD, last=True), answer(200, VIDEO), ending=True)
    assert isinstance(verdict, Delivered)
    assert verdict.value is not None
    assert verdict.value["video_id"] == "v1"


@pytest.mark.parametrize(
    ("upload", "said", "verdict"),
    [
        (UPLOAD, has(CHUNK), Cancelled()),
        (UPLOAD, answer(404), Cancelled()),
        (replace(UPLOAD, last=True), answer(404), NotCancelled()),
        (replace(UPLOAD, last=True), answer(200, VIDEO), NotCancelled()),
    ],
)
def test_only_what_cannot_be_published_any_more_is_cancelled(
    upload: Upload, said: Answer, verdict: object
) -> None:
    _, found = play(YouTube().cancel(ticket(CREDENTIAL, upload.kept())), [TOKEN, said])
    assert found == verdict


def test_a_whole_upload_that_is_not_published_yet_is_not_called_off() -> None:
    with pytest.raises(Unsure):
        play(YouTube().cancel(ticket(CREDENTIAL, UPLOAD.kept())), [TOKEN, has(TOTAL)])


def test_a_session_that_nobody_remembers_has_published_nothing() -> None:
    unknown = replace(ticket(CREDENTIAL, {}), provider_job_id=None)
    assert play(YouTube().lookup(unknown), []) == ([], Absent())


@pytest.mark.parametrize(
    ("status", "verdict", "code"),
    [
        ({"uploadStatus": "processed"}, Delivered, None),
        ({"uploadStatus": "uploaded"}, Working, None),
        ({"uploadStatus": "failed", "failureReason": "codec"}, Failed, "invalid_input"),
        ({"uploadStatus": "rejected", "rejectionReason": "copyright"}, Failed, "content_policy"),
        ({"uploadStatus": "rejected", "rejectionReason": "duplicate"}, Failed, "rejected"),
        ({}, Working, None),
    ],
)
def test_what_becomes_of_a_published_video_is_read(
    status: Mapping[str, str], verdict: type, code: str | None
) -> None:
    published = replace(UPLOAD, last=True, video="v1")
    _, found = polled(published, answer(200, {"items": [{"id": "v1", "status": status}]}))
    assert isinstance(found, verdict)
    assert getattr(found, "code", None) == code
    assert not getattr(found, "again", False), "it is never published again"


def test_a_token_that_may_not_look_knows_that_the_video_is_there() -> None:
    body = {"error": {"code": 403, "message": "No.", "errors": [{"reason": "forbidden"}]}}
    _, found = polled(replace(UPLOAD, last=True, video="v1"), answer(403, body))
    assert found.value["state"] == "uploaded"
