"""Whatever a server does, an exchange ends in its time and in few bytes, and says what is known."""

import asyncio
import gzip
import resource
import zlib
from collections.abc import AsyncIterator
from functools import cache

import pytest

from gesso.infra.http import (
    AnswerTooLong,
    Guard,
    Http,
    HttpError,
    NoAnswer,
    NotThere,
    Reply,
    TimedOut,
    Unreachable,
)
from tests.unit.http.rough import Exchange, Manner, Rough, rough

HERE = Guard.that_allows(["127.0.0.1/32"])


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(HERE) as http:
        yield http


async def _ask(http: Http, manner: Manner, **terms: float) -> Reply:
    total, silence = terms.get("total", 20.0), terms.get("silence", 20.0)
    async with rough(manner) as server:
        return await http.request(
            "POST", server.url, headers={}, body=b"{}",
            total=total, silence=silence, limit=int(terms.get("limit", 1 << 20)),
        )  # fmt: skip


async def _fetch(http: Http, url: str, total: float = 20) -> bytes:
    return b"".join([chunk async for chunk in http.download(url, total=total)])


async def test_an_error_is_an_answer_like_any_other(http: Http) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer(503, b'{"error": "busy"}', {"Retry-After": "2"})

    reply = await _ask(http, refuse)
    assert (reply.status, reply.body) == (503, b'{"error": "busy"}')
    assert reply.headers["Retry-After"] == "2"


async def test_a_redirect_is_an_answer_and_is_not_followed(http: Http) -> None:
    async def move(exchange: Exchange) -> None:
        await exchange.answer(307, headers={"Location": "/elsewhere"})

    assert (await _ask(http, move)).status == 307


async def test_silence_ends_in_its_time(http: Http) -> None:
    async def say_nothing(_exchange: Exchange) -> None:
        await asyncio.sleep(60)

    with pytest.raises(TimedOut):
        await _ask(http, say_nothing, silence=0.1)


async def test_one_byte_now_and_then_does_not_buy_time_for_ever(http: Http) -> None:
    async def drip(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await exchange.say(b".")
            await asyncio.sleep(0.02)

    with pytest.raises(TimedOut):
        await _ask(http, drip, total=0.4)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"\x16\x03\x01\x02\x00 this is no HTTP",
    ],
)
@pytest.mark.parametrize("rudely", [True, False])
async def test_what_is_not_a_whole_answer_leaves_it_open(
    http: Http,
    said: bytes,
    rudely: bool,  # noqa: FBT001  # a case's own
) -> None:
    async def stop_in_the_middle(exchange: Exchange) -> None:
        await exchange.say(said)
        if rudely:
            await asyncio.sleep(0.05)  # until it has left
            exchange.reset()
        else:
            exchange.writer.close()

    with pytest.raises(NoAnswer):
        await _ask(http, stop_in_the_middle)


@pytest.mark.parametrize("status", [200, 500])
async def test_an_endless_body_is_not_read_to_its_end(http: Http, status: int) -> None:
    async def never_end(exchange: Exchange) -> None:
        await exchange.say(f"HTTP/1.1 {status} So\r\nConnection: close\r\n\r\n".encode())
        while True:
            await exchange.say(b"x" * 65536)

    with pytest.raises(AnswerTooLong):
        await _ask(http, never_end, limit=100_000)


async def test_what_comes_after_the_told_length_is_not_part_of_the_answer(http: Http) -> None:
    async def say_more(exchange: Exchange) -> None:
        await exchange.say(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n"
        )

    assert (await _ask(http, say_more)).body == b"hello"


@cache
def _bomb(coding: str) -> bytes:
    """128 MiB of nothing, in a few bytes."""
    pack = gzip.compress if coding == "gzip" else zlib.compress
    return pack(bytes(128 << 20), 1)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_bomb_does_not_go_off(http: Http, coding: str, status: int) -> None:
    bomb = _bomb(coding)
    assert len(bomb) < 1 << 20

    async def throw(exchange: Exchange) -> None:
        await exchange.answer(status, bomb, {"Content-Encoding": coding})

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(AnswerTooLong):
        await _ask(http, throw)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 48 << 10, f"{grown} KiB more"


async def test_the_limit_counts_what_is_unpacked(http: Http) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, gzip.compress(b"x" * 1000), {"Content-Encoding": "gzip"})

    assert (await _ask(http, answer, limit=1000)).body == b"x" * 1000
    with pytest.raises(AnswerTooLong):
        await _ask(http, answer, limit=999)


async def test_nobody_at_the_door_is_nobody_asked(http: Http) -> None:
    with pytest.raises(Unreachable):
        await http.request("POST", "http://127.0.0.1:9", headers={}, body=None, total=10, limit=100)


@pytest.fixture
async def maze() -> AsyncIterator[Rough]:
    """`/3` leads through three redirects to the file, `/4` through four, `/loop` nowhere."""

    async def lead(exchange: Exchange) -> None:
        way = exchange.path.removeprefix("/")
        if way == "0":
            await exchange.answer(body=b"found")
        elif way == "gone":
            await exchange.answer(404, b"gone")
        else:
            target = "loop" if way == "loop" else str(int(way) - 1)
            await exchange.answer(302, b"moved", {"Location": target})

    async with rough(lead) as server:
        yield server


async def test_a_download_follows_three_redirects_and_no_more(http: Http, maze: Rough) -> None:
    assert await _fetch(http, f"{maze.url}/3") == b"found"
    for endless in ("4", "loop"):
        with pytest.raises(HttpError, match="moved too often"):
            await _fetch(http, f"{maze.url}/{endless}")


async def test_a_download_that_is_not_there_says_so(http: Http, maze: Rough) -> None:
    with pytest.raises(NotThere) as refused:
        await _fetch(http, f"{maze.url}/gone")
    assert refused.value.status == 404


async def test_a_download_cut_short_is_none(http: Http) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
        exchange.writer.close()

    async with rough(cut) as server:
        with pytest.raises(NoAnswer):
            await _fetch(http, server.url)


async def test_a_warm_connection_is_used_again(http: Http) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(body=b"{}")

    async with rough(answer) as server:
        for _ in range(3):
            await http.request("POST", server.url, headers={}, body=b"", total=5, limit=100)
        assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_what_is_lost_on_a_warm_connection_is_not_sent_again_unasked(
    http: Http, method: str
) -> None:
    async def answer_once(exchange: Exchange) -> None:
        if exchange.path == "/first":
            await exchange.answer()
        else:
            exchange.reset()

    async with rough(answer_once) as server:
        await http.request("GET", f"{server.url}/first", headers={}, body=None, total=5, limit=100)
        with pytest.raises(NoAnswer):
            await http.request(method, server.url, headers={}, body=b"x", total=5, limit=100)
        assert [seen.method for seen in server.seen] == ["GET", method]
