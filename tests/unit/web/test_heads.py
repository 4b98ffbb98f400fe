"""Heads of requests: they have an end."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gesso.app.protocol import guarded
from gesso.infra.branches import ServerSettings
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.web import new_router
from tests.unit.web.serving import build, serve

router = new_router("thing")
FIRST = b"GET /api/v1/thing HTTP/1.1\r\nHost: x\r\n"
SOME = b"X-Some: " + b"a" * 92 + b"\r\n"


@router.get("/thing")
async def thing() -> str:
    return "here"


@router.post("/thing")
async def take(body: list[str]) -> int:
    return len(body)


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    protocol = guarded(ServerSettings(), LimitsSettings())
    async with serve(build(router), protocol) as client:
        yield client


async def say(client: ClientSession, *parts: bytes) -> bytes:
    """All that comes back until the other side closes."""
    place = client._base_url
    assert place is not None
    reader, writer = await asyncio.open_connection(place.host, place.port)
    async with asyncio.timeout(5):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        got = await reader.read()
    writer.close()
    return got


@pytest.mark.parametrize(
    "parts",
    [
        (FIRST + SOME * 700 + b"\r\n",),
        (FIRST, *[SOME * 100] * 7, b"\r\n"),
        (FIRST + b"X-Long: ", *[b"a" * 10_000] * 8),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",),
        (b"GET /", *[b"a" * 10_000] * 8),
    ],
)
async def test_a_head_that_does_not_end_is_refused(
    client: ClientSession, parts: tuple[bytes, ...]
) -> None:
    head, _, body = (await say(client, *parts)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert json.loads(body)["code"] == "head_too_large"


async def test_heads_are_counted_one_by_one_and_bodies_are_none(client: ClientSession) -> None:
    large = json.dumps(["a" * 200_000]).encode()
    take = b"POST /api/v1/thing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    take += b"Content-Length: %d\r\n\r\n%b" % (len(large), large)
    last = FIRST + b"Connection: close\r\n" + SOME * 600 + b"\r\n"
    got = await say(client, take, take[:-9], take[-9:] + FIRST + SOME * 600 + b"\r\n", last)
    assert got.count(b"HTTP/1.1 200 OK") == 4
