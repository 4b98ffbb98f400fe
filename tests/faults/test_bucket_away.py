"""The bucket behind a broken network: every call ends in time, and nothing is half there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gesso.infra.storage import StorageUnavailable
from gesso.infra.storage.s3 import S3Storage
from gesso.infra.storage.upload import PART
from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, in_bucket, serving
from tests.faults.provider import Outside
from tests.faults.proxy import Proxy, Weather
from tests.house.s3 import Bucket

KEY = "tenant/piece"
PATIENCE = 1.0
"""Seconds of silence, as these storages are told."""
AT_LAST = 15.0
"""Seconds in which a call has ended for sure: a few patiences, and a busy machine."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def network(bucket: Bucket) -> AsyncIterator[Proxy]:
    async with Proxy(bucket.gateway.endpoint).open() as network:
        yield network


async def pieces(size: int, *, pause: float = 0.0) -> AsyncIterator[bytes]:
    for start in range(0, size, 1 << 20):
        yield bytes(min(1 << 20, size - start))
        await asyncio.sleep(pause)


async def read(storage: S3Storage) -> bytes:
    return b"".join([piece async for piece in await storage.open(KEY)])


async def unavailable(call: Awaitable[object]) -> None:
    """It says so, and soon."""
    async with asyncio.timeout(AT_LAST):
        with pytest.raises(StorageUnavailable):
            await call


@pytest.mark.parametrize("weather", ["cut", "silent"])
async def test_every_call_ends_in_time(bucket: Bucket, network: Proxy, weather: Weather) -> None:
    storage = bucket.storage(endpoint=network.url, timeout=PATIENCE)
    # The gateway takes its time over the first request of all.
    await bucket.storage().put(KEY, pieces(10), limit=10)
    network.turn(weather)
    for size in (10, 3 * PART):
        await unavailable(storage.put("tenant/new", pieces(size), limit=size))
    await asyncio.gather(
        *map(unavailable, (storage.open(KEY), storage.size(KEY), storage.delete(KEY))),
        *map(unavailable, (storage.check(), read(storage))),
    )
    network.turn("fair")
    assert await read(storage) == bytes(10)
    assert bucket.listed() == [KEY]


@pytest.mark.parametrize("weather", ["cut", "silent"])
async def test_an_upload_that_is_cut_off_in_the_middle_leaves_the_old_bytes(
    bucket: Bucket, network: Proxy, weather: Weather
) -> None:
    storage = bucket.storage(endpoint=network.url, timeout=PATIENCE)
    # The gateway takes its time over the first request of all.
    await bucket.storage().put(KEY, pieces(10), limit=10)
    size = 6 * PART
    sending = asyncio.create_task(storage.put(KEY, pieces(size, pause=0.02), limit=size))
    async with asyncio.timeout(AT_LAST):
        while not bucket.uploads():  # noqa: ASYNC110  # another process knows
            await asyncio.sleep(0.02)
    network.turn(weather)
    await unavailable(sending)
    network.turn("fair")
    assert await read(storage) == bytes(10)
    assert bucket.listed() == [KEY]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that behaves like this."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer.transport)
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        writer.transport.abort()

    lines: list[asyncio.WriteTransport] = []
    listening = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for line in lines:
            line.abort()
        await asyncio.sleep(0)


async def test_a_server_that_is_busy_is_asked_again_and_then_given_up(bucket: Bucket) -> None:
    asked = 0

    async def busy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()

    async with server(busy) as url:
        storage = bucket.storage(endpoint=url, timeout=5)
        await unavailable(storage.open(KEY))
        assert asked == 4
        await unavailable(storage.put(KEY, pieces(10), limit=10))
        assert asked == 8


async def test_an_answer_that_breaks_off_is_never_taken_for_the_whole(bucket: Bucket) -> None:
    async def truncated(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\netag: "x"\r\n'
            b"last-modified: Wed, 25 Nov 2026 10:00:00 GMT\r\n\r\n" + bytes(500)
        )
        await writer.drain()

    async with server(truncated) as url:
        await unavailable(read(bucket.storage(endpoint=url, timeout=PATIENCE)))


async def test_a_server_that_stops_in_the_middle_of_an_answer_is_given_up(
    bucket: Bucket,
) -> None:
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\netag: "x"\r\n'
            b"last-modified: Wed, 25 Nov 2026 10:00:00 GMT\r\n\r\n" + bytes(500)
        )
        await writer.drain()
        await reader.read()

    async with server(stalls) as url:
        storage = bucket.storage(endpoint=url, timeout=PATIENCE)
        begun = time.monotonic()
        await unavailable(read(storage))
        assert time.monotonic() - begun >= PATIENCE


async def test_a_reader_that_takes_its_time_is_not_cut_off(bucket: Bucket) -> None:
    size = 2 * PART
    await bucket.storage().put(KEY, pieces(size), limit=size)
    stream = await bucket.storage(timeout=PATIENCE).open(KEY)
    taken = len(await anext(stream))
    await asyncio.sleep(2 * PATIENCE)
    async for piece in stream:
        taken += len(piece)
    assert taken == size


@pytest.fixture
def place(
    tmp_path: Path, sqlite_url: str, outside: Outside, bucket: Bucket, network: Proxy
) -> Place:
    """Where a server works that reaches its bucket through this network."""
    return Place(
        tmp_path / "data",
        sqlite_url,
        outside.url,
        {"GESSO_ENGINE__LEASE": "2", **in_bucket(bucket, network.url)},
    )


@pytest.mark.timeout(90)
@pytest.mark.parametrize("order", [{}, {"tier": "fast"}], ids=["fetched", "here"])
async def test_results_wait_with_their_holds_open_until_the_bucket_is_back(
    place: Place, outside: Outside, bucket: Bucket, network: Proxy, order: dict[str, object]
) -> None:
    """Whether they are fetched from a provider's address or made on this machine."""
    sqlite_url = place.database_url
    key = await new_key(sqlite_url, credits=20)
    async with serving(place) as here, Client(key, here.url) as client:
        outside.works = (1.0, 1.0)
        await client.order_many([f"owl {n}" for n in range(5)], **order)
        network.turn("cut")
        await asyncio.sleep(4)
        _, purse = await client.ask("GET", "/api/v1/wallet")
        assert (purse["available"], purse["frozen"]) == ("15", "5")
        network.turn("fair")
        await client.all_ended(within=30)
        statuses = await check_books(sqlite_url, client.journal)
    assert statuses == {"completed": 5}
    assert outside.billed_twice == []
    stored = bucket.listed()
    assert len(stored) == 10
    assert not [name for name in stored if name.startswith("media/scratch/")]
