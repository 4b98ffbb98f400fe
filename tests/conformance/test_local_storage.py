"""What only a storage on a local disk does: full disks, links, files half written."""

import os
import resource
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gesso.infra.storage import BadKey, StorageFull, StorageUnavailable, check_key
from gesso.infra.storage.local import WRITE_BATCH, LocalStorage
from tests.conformance.shelf import KEY, LIMIT, files, pieces


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "media")


async def test_sweeping_removes_only_old_partial_files(
    storage: LocalStorage, tmp_path: Path
) -> None:
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
    storage: LocalStorage, tmp_path: Path
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
