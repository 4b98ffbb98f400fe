"""What every storage must do, run on each of them."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from gesso.infra.storage import BadKey, Download, Missing, Storage, TooLarge
from gesso.infra.storage.local import READ_CHUNK, LocalStorage
from gesso.infra.storage.upload import PART
from tests.conformance.shelf import KEY, LIMIT, PREFIX, Cloud, Disk, Inventory, pieces, whole
from tests.house.s3 import Bucket

LARGE = 2 * PART + 12_345
"""More than two parts of an upload, and no round number."""


@pytest.fixture(params=["local", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Storage, Inventory]:
    """A storage of each kind, and what lies in it."""
    if request.param == "local":
        return LocalStorage(tmp_path / "media"), Disk(tmp_path / "media")
    bucket: Bucket = request.getfixturevalue("bucket")
    return bucket.storage(prefix=PREFIX), Cloud(bucket)


@pytest.fixture
def storage(shelf: tuple[Storage, Inventory]) -> Storage:
    return shelf[0]


@pytest.fixture
def inventory(shelf: tuple[Storage, Inventory]) -> Inventory:
    return shelf[1]


@pytest.mark.parametrize("size", [5, PART - 1, PART, PART + 1, LARGE])
async def test_what_was_put_is_read_back_with_its_size_and_hash(
    storage: Storage, inventory: Inventory, size: int
) -> None:
    content = os.urandom(size)
    stored = await storage.put(KEY, pieces(content[:7], b"", content[7:]), limit=LIMIT)
    assert stored.key == KEY
    assert stored.size == len(content) == await storage.size(KEY)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert await whole(storage, KEY) == content
    assert inventory.left() == [KEY]


async def test_an_empty_stream_is_an_empty_file(storage: Storage) -> None:
    stored = await storage.put(KEY, pieces(), limit=0)
    assert stored.sha256 == hashlib.sha256().hexdigest()
    assert await storage.size(KEY) == 0
    assert await whole(storage, KEY) == b""
    assert await whole(storage, KEY, 1) == b""


async def test_any_range_is_what_a_slice_would_be(storage: Storage) -> None:
    content = os.urandom(2 * READ_CHUNK + 100)
    await storage.put(KEY, pieces(content), limit=LIMIT)
    end = len(content)
    ends = (0, 5, READ_CHUNK - 1, READ_CHUNK, READ_CHUNK + 1, end - 3, end, end + 9, None)
    for start, stop in product(ends[:-1], ends):
        assert await whole(storage, KEY, start or 0, stop) == content[start:stop]
    with pytest.raises(ValueError, match="negative"):
        await storage.open(KEY, -1)


async def test_reading_comes_in_pieces_of_bounded_size(storage: Storage) -> None:
    await storage.put(KEY, pieces(bytes(3 * READ_CHUNK)), limit=LIMIT)
    sizes = [len(chunk) async for chunk in await storage.open(KEY)]
    assert sum(sizes) == 3 * READ_CHUNK
    assert max(sizes) <= 2 * READ_CHUNK


@pytest.mark.parametrize("size", [5, LARGE])
async def test_one_byte_over_the_limit_keeps_nothing(
    storage: Storage, inventory: Inventory, size: int
) -> None:
    content = os.urandom(size)
    assert (await storage.put(KEY, pieces(content[:3], content[3:]), limit=size)).size == size
    with pytest.raises(TooLarge) as caught:
        await storage.put("tenant/other", pieces(content, b"x"), limit=size)
    assert (caught.value.status, caught.value.kind) == (413, "media_too_large")
    assert inventory.left() == [KEY]


@pytest.mark.parametrize("sent", [5, LARGE])
async def test_a_source_that_breaks_off_leaves_the_old_bytes(
    storage: Storage, inventory: Inventory, sent: int
) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield bytes(sent)
        raise ConnectionResetError("the sender is gone")

    await storage.put(KEY, pieces(b"old"), limit=LIMIT)
    with pytest.raises(ConnectionResetError):
        await storage.put(KEY, breaks(), limit=LIMIT)
    assert await whole(storage, KEY) == b"old"
    assert inventory.left() == [KEY]


@pytest.mark.parametrize("moments", [0, 1, 2, 5, 20, 80])
async def test_a_cancelled_put_leaves_nothing(
    storage: Storage, inventory: Inventory, moments: int
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(PART // 4)
            await asyncio.sleep(0)

    task = asyncio.create_task(storage.put(KEY, endless(), limit=1 << 60))
    for _ in range(moments):
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert inventory.left() == []
    assert await storage.size(KEY) is None


async def test_a_put_whose_source_stands_still_can_be_cancelled(
    storage: Storage, inventory: Inventory
) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield bytes(LARGE)
        await asyncio.Event().wait()

    task = asyncio.create_task(storage.put(KEY, stalls(), limit=LIMIT))
    await asyncio.sleep(0.2)
    task.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert inventory.left() == []


async def test_readers_see_the_old_bytes_or_the_new_ones_and_no_mixture(storage: Storage) -> None:
    versions = [bytes([number]) * (READ_CHUNK + number) for number in range(16)]
    await storage.put(KEY, pieces(versions[0]), limit=LIMIT)
    done = asyncio.Event()
    seen = set()

    async def read() -> None:
        while not done.is_set():
            seen.add(await whole(storage, KEY))

    reader = asyncio.create_task(read())
    await asyncio.gather(
        *(storage.put(KEY, pieces(v[:100], v[100:]), limit=LIMIT) for v in versions)
    )
    done.set()
    await reader
    assert seen <= set(versions)
    assert await whole(storage, KEY) in versions


async def test_a_reader_keeps_its_bytes_while_the_key_is_replaced(storage: Storage) -> None:
    await storage.put(KEY, pieces(b"a" * 3 * READ_CHUNK), limit=LIMIT)
    stream = await storage.open(KEY)
    first = await anext(stream)
    await storage.put(KEY, pieces(b"b"), limit=LIMIT)
    assert first + b"".join([chunk async for chunk in stream]) == b"a" * 3 * READ_CHUNK


async def test_what_is_not_there_is_missing_at_once(storage: Storage) -> None:
    assert await storage.size(KEY) is None
    for start, end in ((0, None), (5, None), (5, 9), (5, 5)):
        with pytest.raises(Missing):
            await storage.open(KEY, start, end)


async def test_deleting_twice_is_deleting_once(storage: Storage, inventory: Inventory) -> None:
    await storage.put(KEY, pieces(b"x"), limit=LIMIT)
    await storage.delete(KEY)
    await storage.delete(KEY)
    assert await storage.size(KEY) is None
    assert inventory.left() == []


async def test_a_check_tells_the_room_and_leaves_no_probe(
    storage: Storage, inventory: Inventory
) -> None:
    rooms = await asyncio.gather(*[storage.check() for _ in range(4)])
    for room in rooms:
        assert (room.free is None) == (room.total is None)
        assert 0 < (room.free or 1) <= (room.total or 1)
    assert inventory.left() == []


async def test_a_folder_is_swept_of_what_is_old(storage: Storage, inventory: Inventory) -> None:
    kept = ["media/a", "scratchy/a"]
    for key in ("scratch/job/a", "scratch/job/b", "scratch/c", *kept):
        await storage.put(key, pieces(b"x"), limit=LIMIT)
    assert await storage.sweep("scratch", timedelta(hours=1)) == 0
    assert len(inventory.left()) == 5
    # The server's clock and ours need not agree to the second.
    assert await storage.sweep("scratch", timedelta(seconds=-60)) == 3
    assert await storage.sweep("scratch", timedelta(seconds=-60)) == 0
    assert inventory.left() == kept


async def test_who_streams_makes_no_links(storage: Storage) -> None:
    await storage.put(KEY, pieces(b"x"), limit=LIMIT)
    assert await storage.link(KEY, Download(60, "image/png", "inline", "private")) is None


@pytest.mark.parametrize(
    "key",
    ["", "/", "/etc/passwd", "..", "a/../b", "a//b", "a/", "a\0b", ".hidden", "a/.partial", "a\nb",
     "a\\b", "ä", "a b", "a\u202eb", "a/" * 20 + "a", "x" * 200, "a\n"],
)  # fmt: skip
async def test_a_key_that_could_lead_astray_is_refused(storage: Storage, key: str) -> None:
    with pytest.raises(BadKey):
        await storage.put(key, pieces(b"x"), limit=LIMIT)
    with pytest.raises(BadKey):
        await storage.open(key)
    with pytest.raises(BadKey):
        await storage.delete(key)
    with pytest.raises(BadKey):
        storage.path(key)
