"""Bodies: strict JSON, bounded in size, depth and time."""

import asyncio
import json
from typing import Annotated, Any, Literal

import pytest
from aiohttp import ClientSession
from pydantic import BaseModel, ConfigDict, Field, field_validator
from structlog.testing import capture_logs

from gesso.infra.web import new_router
from tests.unit.web.serving import build, problem_of, serve

router = new_router("thing")
JSON = {"Content-Type": "application/json"}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Piece(Strict):
    size: int = Field(ge=1)


class Picture(Strict):
    type: Literal["picture"]
    prompt: str = Field(max_length=10)
    pieces: list[Piece] = []
    picture: int = 0

    @field_validator("prompt")
    @classmethod
    def speak(cls, prompt: str) -> str:
        if prompt == "silence":
            raise ValueError("say something")
        return prompt


class Video(Strict):
    type: Literal["video"]
    seconds: float


@router.post("/things")
async def make(body: Annotated[Picture | Video, Field(discriminator="type")]) -> str:
    return body.type


@router.post("/anything")
async def take(body: dict[str, Any]) -> list[str]:
    return sorted(body)


@router.post("/nothing")
async def take_nothing() -> str:
    return "done"


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


async def send(client: ClientSession, raw: bytes, path: str = "anything") -> tuple[int, Any]:
    async with client.post(f"/api/v1/{path}", data=raw, headers=JSON) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"{'a': 1}", 400, "malformed_json"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": -Infinity}', 400, "malformed_json"),
        (b'{"a": 1e999}', 400, "malformed_json"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
        (b'{"a": "\xff"}', 400, "malformed_json"),
        (b'{"a": "\\ud800"}', 400, "malformed_json"),
        ('{"a": 1}'.encode("utf-16"), 400, "malformed_json"),
        (b'{"a": "\\u0000"}', 422, "invalid_request"),
        (b'{"a\\u0000": 1}', 422, "invalid_request"),
        (nested(33), 400, "too_deep"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "too_deep"),
        (b"[1]", 422, "invalid_request"),
        (b"", 422, "invalid_request"),
    ],
)
async def test_what_is_not_our_json_is_refused(raw: bytes, status: int, code: str) -> None:
    async with serve(build(router)) as client:
        answered, body = await send(client, raw)
    assert (answered, body["code"]) == (status, code)


@pytest.mark.parametrize(
    "raw",
    [
        nested(32),
        json.dumps({"a": [[1]] * 100}).encode(),
        b'{"a": "\\\\u0000 in words"}',
        b'{"a": "1e999"}',
        b'{"a": 1e300}',
    ],
)
async def test_what_only_looks_bad_is_taken(raw: bytes) -> None:
    async with serve(build(router)) as client:
        assert await send(client, raw) == (200, ["a"])


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/jsonp", ""])
async def test_a_body_that_does_not_call_itself_json_is_refused(media_type: str) -> None:
    async with serve(build(router)) as client:
        headers = {"Content-Type": media_type}
        async with client.post("/api/v1/anything", data=b"{}", headers=headers) as response:
            body = await problem_of(response)
    assert (response.status, body["code"]) == (415, "unsupported_media_type")
    assert response.headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/merge-patch+json"]
)
async def test_json_under_any_of_its_names_is_taken(media_type: str) -> None:
    async with serve(build(router)) as client:
        headers = {"Content-Type": media_type}
        async with client.post("/api/v1/anything", data=b'{"b":1}', headers=headers) as response:
            assert await response.json() == ["b"]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"type": "picture"}, [("#/prompt", "missing")]),
        ({"type": "picture", "prompt": "x" * 11}, [("#/prompt", "string_too_long")]),
        ({"type": "picture", "prompt": "silence"}, [("#/prompt", "value_error")]),
        (
            {"type": "picture", "prompt": "x", "a/b~c": 1},
            [("#/a~1b~0c", "extra_forbidden")],
        ),
        (
            {"type": "picture", "prompt": "x", "pieces": [{"size": 1}, {"size": 0}, {}]},
            [("#/pieces/1/size", "greater_than_equal"), ("#/pieces/2/size", "missing")],
        ),
        ({"type": "picture", "prompt": "x", "picture": "x"}, [("#/picture", "int_parsing")]),
        ({"type": "statue", "prompt": "x"}, [("#/type", "union_tag_invalid")]),
        ({"prompt": "x"}, [("#/type", "union_tag_not_found")]),
        ({"type": "video", "seconds": {}}, [("#/seconds", "float_type")]),
        ("picture", [("#", "model_attributes_type")]),
    ],
)
async def test_each_finding_points_at_what_the_client_wrote(
    sent: object, found: list[tuple[str, str]]
) -> None:
    async with serve(build(router)) as client:
        status, body = await send(client, json.dumps(sent).encode(), "things")
    assert (status, body["code"]) == (422, "invalid_request")
    assert [(each["pointer"], each["code"]) for each in body["errors"]] == found


async def test_a_refusal_repeats_nothing_that_was_sent() -> None:
    secret = "opensesame" * 50
    bad = {"type": secret}, {"type": "video", "seconds": secret}, {"type": "picture", "prompt": []}
    async with serve(build(router)) as client:
        for sent in bad:
            _, body = await send(client, json.dumps(sent).encode(), "things")
            assert "opensesame" not in json.dumps(body)


async def test_a_thousand_mistakes_are_answered_with_twenty() -> None:
    sent = {"type": "picture", "prompt": "x", "pieces": [{}] * 1000}
    async with serve(build(router)) as client:
        _, body = await send(client, json.dumps(sent).encode(), "things")
    assert len(body["errors"]) == 20


async def test_a_body_is_taken_up_to_the_last_byte_allowed() -> None:
    async with serve(build(router, max_body=1024)) as client:
        assert await send(client, b'{"a":1}'.ljust(1024)) == (200, ["a"])
        status, body = await send(client, b'{"a":1}'.ljust(1025))
    assert (status, body["code"], body["max_bytes"]) == (413, "body_too_large", 1024)


@pytest.mark.parametrize("path", ["anything", "nothing", "nowhere"])
async def test_a_large_body_is_refused_by_its_length_on_every_path(path: str) -> None:
    async with serve(build(router, max_body=1024)) as client:
        status, body = await send(client, b"x" * 10_000, path)
    assert (status, body["code"]) == (413, "body_too_large")


async def test_a_body_without_a_length_is_refused_where_it_grows_too_large() -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 100

    async with (
        serve(build(router, max_body=1024)) as client,
        client.post("/api/v1/anything", data=endless(), headers=JSON) as response,
    ):
        body = await problem_of(response)
    assert (response.status, body["code"]) == (413, "body_too_large")
    assert response.headers["Connection"] == "close"


async def test_a_body_that_dawdles_is_cut_off() -> None:
    async with serve(build(router, body_seconds=0.2)) as client:
        assert client._base_url is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", client._base_url.port)
        head = "POST /api/v1/anything HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 50\r\n\r\n{{".encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"body_too_slow"' in answer


async def test_who_hangs_up_in_the_middle_is_no_fault_of_ours() -> None:
    with capture_logs() as logs:
        async with serve(build(router)) as client:
            assert client._base_url is not None
            _, writer = await asyncio.open_connection("127.0.0.1", client._base_url.port)
            head = "POST /api/v1/anything HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: 50\r\n\r\n{{".encode())
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()
            await asyncio.sleep(0.05)
    assert not [line for line in logs if line["event"] == "request_crashed"]
