"""What every storage must do, run on each of them."""

import asyncio
import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gesso.infra.storage import (
    BadKey,
    Missing,
    Storage,
    StorageFull,
    StorageUnavailable,
    TooLarge,
    check_key,
)
from gesso.infra.storage.local import READ_CHUNK, WRITE_BATCH, LocalStorage

KEY = "tenant/2026/11/piece.png"
LIMIT = 64 << 20


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "media")


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def whole(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await storage.open(key, start, end)])


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


async def test_what_was_put_is_read_back_with_its_size_and_hash(storage: Storage) -> None:
    content = os.urandom(WRITE_BATCH + 12_345)
    stored = await storage.put(KEY, pieces(content[:7], b"", content[7:]), limit=LIMIT)
    assert stored.key == KEY
    assert stored.size == len(content) == await storage.size(KEY)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert await whole(storage, KEY) == content


async def test_an_empty_stream_is_an_empty_file(storage: Storage) -> None:
    stored = await storage.put(KEY, pieces(), limit=0)
    assert stored.sha256 == hashlib.sha256().hexdigest()
    assert await whole(storage, KEY) == b""


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
    assert sizes == [READ_CHUNK] * 3


async def test_one_byte_over_the_limit_keeps_nothing(storage: Storage, tmp_path: Path) -> None:
    assert (await storage.put(KEY, pieces(b"abc", b"de"), limit=5)).size == 5
    with pytest.raises(TooLarge) as caught:
        await storage.put("tenant/other", pieces(b"abc", b"def"), limit=5)
    assert (caught.value.status, caught.value.kind) == (413, "media_too_large")
    assert files(tmp_path) == [f"media/{KEY}"]


async def test_a_source_that_breaks_off_leaves_the_old_bytes(
    storage: Storage, tmp_path: Path
) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield bytes(2 * WRITE_BATCH)
        raise ConnectionResetError("the sender is gone")

    await storage.put(KEY, pieces(b"old"), limit=LIMIT)
    with pytest.raises(ConnectionResetError):
        await storage.put(KEY, breaks(), limit=LIMIT)
    assert await whole(storage, KEY) == b"old"
    assert files(tmp_path) == [f"media/{KEY}"]


@pytest.mark.parametrize("moments", [0, 1, 2, 5, 20])
async def test_a_cancelled_put_leaves_nothing(
    storage: Storage, tmp_path: Path, moments: int
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(WRITE_BATCH)

    task = asyncio.create_task(storage.put(KEY, endless(), limit=1 << 60))
    for _ in range(moments):
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(tmp_path) == []
    assert await storage.size(KEY) is None


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
    with pytest.raises(Missing):
        await storage.open(KEY)


async def test_deleting_twice_is_deleting_once(storage: Storage) -> None:
    await storage.put(KEY, pieces(b"x"), limit=LIMIT)
    await storage.delete(KEY)
    await storage.delete(KEY)
    assert await storage.size(KEY) is None


async def test_a_check_tells_the_room_and_leaves_no_probe(storage: Storage, tmp_path: Path) -> None:
    room = await storage.check()
    assert room.free is not None
    assert room.total is not None
    assert 0 < room.free <= room.total
    assert files(tmp_path) == []


async def test_sweeping_removes_only_old_partial_files(storage: Storage, tmp_path: Path) -> None:
    await storage.put(KEY, pieces(b"kept"), limit=LIMIT)
    folder = tmp_path / "media" / "tenant" / "2026"
    for name, age in ((".old.partial", 7200), (".young.partial", 60)):
        (folder / name).write_bytes(b"junk")
        moment = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (moment, moment))
    assert await storage.sweep_partial(timedelta(hours=1)) == 1
    assert files(tmp_path) == ["media/tenant/2026/.young.partial", f"media/{KEY}"]


async def test_too_little_room_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(StorageFull) as caught:
        await LocalStorage(tmp_path, reserve=1 << 62).check()
    assert (caught.value.status, caught.value.kind) == (507, "storage_full")


async def test_a_write_that_the_kernel_refuses_keeps_nothing(
    storage: Storage, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITE_BATCH, before[1]))
    try:
        with pytest.raises(StorageUnavailable):
            await storage.put(KEY, pieces(bytes(3 * WRITE_BATCH)), limit=LIMIT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert files(tmp_path) == []
    assert (await storage.put(KEY, pieces(b"again"), limit=LIMIT)).size == 5


FILL_A_SMALL_DISK = """
import asyncio, pathlib, sys
from gesso.infra.storage import StorageFull
from gesso.infra.storage.local import LocalStorage

async def zeros(count):
    for _ in range(count):
        yield bytes(1 << 16)

async def main():
    root = pathlib.Path(sys.argv[1])
    storage = LocalStorage(root)
    try:
        await storage.put("a/large", zeros(256), limit=1 << 40)
    except StorageFull:
        left = [p for p in root.rglob("*") if p.is_file()]
        small = await storage.put("a/small", zeros(1), limit=1 << 40)
        print(left, small.size)

asyncio.run(main())
"""


def test_a_full_disk_is_told_apart_and_gets_its_room_back(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    try:
        subprocess.run([*command[:4], "mount", "-t", "tmpfs", "none", tmp_path], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs user namespaces, for a small disk of its own")
    filled = subprocess.run(
        [*command, tmp_path, sys.executable, FILL_A_SMALL_DISK],
        check=True,
        capture_output=True,
        text=True,
    )
    assert filled.stdout == "[] 65536\n"


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


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("a./\\\0~-_ \u2024\uff0f%2eC:")) | st.text())
def test_no_text_leads_out_of_the_root(tmp_path: Path, key: str) -> None:
    storage = LocalStorage(tmp_path)
    try:
        place = storage.path(key)
    except BadKey:
        return
    assert place.resolve().is_relative_to(tmp_path.resolve())
    assert place.resolve() != tmp_path.resolve()
    assert str(place.relative_to(tmp_path.resolve())) == key == check_key(key)


async def test_links_inside_the_root_do_not_lead_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "media", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    storage = LocalStorage(root)
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for key in ("folder/secret", "folder/new", "file"):
        with pytest.raises(BadKey):
            await storage.open(key)
        with pytest.raises(BadKey):
            await storage.put(key, pieces(b"x"), limit=LIMIT)
        with pytest.raises(BadKey):
            await storage.delete(key)
    assert files(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


async def test_a_storage_whose_root_is_gone_is_unavailable(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "media")
    (tmp_path / "media").rmdir()
    (tmp_path / "media").write_bytes(b"a file stands here now")
    with pytest.raises(StorageUnavailable):
        await storage.put(KEY, pieces(b"x"), limit=LIMIT)
    with pytest.raises(StorageUnavailable):
        await storage.check()
