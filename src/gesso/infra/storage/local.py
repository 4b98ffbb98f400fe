"""Storage on a local disk: what it has acknowledged survives a crash of the machine."""

import errno
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from io import FileIO
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple, Unpack

import anyio
from anyio import to_thread

from gesso.infra.errors import TooLarge
from gesso.infra.storage import (
    BadKey,
    Download,
    Missing,
    Room,
    StorageFull,
    StorageUnavailable,
    Stored,
    check_key,
)

# A hop to a thread costs some 50 µs: bytes travel in pieces that make it small beside the copy.
WRITE_BATCH: Final = 1 << 20
READ_CHUNK: Final = 256 << 10

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class LocalStorage:
    """Files under one root directory; a second put of a key replaces the first in one step."""

    def __init__(self, root: Path, *, reserve: int = 0) -> None:
        """Make the root if needed; with less than `reserve` bytes free, writing is refused."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve(strict=True)
        self._reserve = reserve

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        """Write beside the target, sync, then rename: readers see the old bytes or the new ones."""
        partial = _Partial(self.path(key), self._root)
        try:
            last = await self._fill(partial, chunks, limit)
            return await _off_loop(partial.publish, key, last)
        except BaseException:
            # Cancelled or failed: the file must go even though the caller waits no longer.
            with anyio.CancelScope(shield=True):
                await _off_loop(partial.discard)
            raise

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream `start` up to but without `end`; a negative bound raises ValueError."""
        if start < 0 or (end is not None and end < 0):
            raise ValueError("a range has no negative bounds")
        if await self.size(key) is None:
            raise Missing("Nothing is stored here.")
        return read_file(self.path(key), start, end)

    async def size(self, key: str) -> int | None:
        """Size in bytes; None means that nothing is stored there."""
        return await _off_loop(_size, self.path(key))

    async def delete(self, key: str) -> None:
        """Remove the file, durably; a key that holds nothing is no error."""
        await _off_loop(_remove, self.path(key))

    async def check(self) -> Room:
        """Write and remove a probe; StorageFull when less than the reserve is left."""
        return await _off_loop(self._probe)

    async def sweep_partial(self, older_than: timedelta) -> int:
        """Remove partial files untouched for that long; walks the whole tree, so call it rarely."""
        return await _off_loop(_sweep_partial, self._root, older_than.total_seconds())

    async def sweep(self, folder: str, older_than: timedelta) -> int:
        """Remove the files under `folder` that were stored that long ago."""
        return await _off_loop(_sweep_stored, self.path(folder), older_than.total_seconds())

    async def link(self, key: str, download: Download) -> str | None:  # noqa: ARG002
        """None: the bytes of a local disk go through us."""
        return None

    def path(self, key: str) -> Path:
        """The file of a key, whether or not it exists; never outside the root, else BadKey."""
        place = self._root / check_key(key)
        # A symbolic link planted inside the tree must not lead us out of it.
        if not place.parent.resolve().is_relative_to(self._root) or place.is_symlink():
            raise BadKey(f"the key leads out of the storage: {key!r}")
        return place

    async def _fill(
        self, partial: "_Partial", chunks: AsyncIterator[bytes], limit: int
    ) -> list[bytes]:
        """Write all but the last pieces: a small file is written and published in one hop."""
        batch: list[bytes] = []
        waiting = total = 0
        async for chunk in chunks:
            total += len(chunk)
            if total > limit:
                raise TooLarge(f"At most {limit} bytes are taken.", code="media_too_large")
            batch.append(chunk)
            waiting += len(chunk)
            if waiting >= WRITE_BATCH:
                await _off_loop(partial.write, batch)
                batch, waiting = [], 0
        return batch

    def _probe(self) -> Room:
        usage = shutil.disk_usage(self._root)
        if usage.free < self._reserve:
            raise StorageFull("The disk is nearly full.")
        probe = _Partial(self._root / "probe", self._root)
        try:
            probe.write([b"probe"])
        finally:
            probe.discard()
        return Room(free=usage.free, total=usage.total)


async def read_file(path: Path, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
    """Stream a local file from `start` up to but without `end`, off the event loop."""
    file = await _off_loop(_open_plain, path)
    if file is None:
        raise Missing("Nothing is stored here.")
    try:
        place = start
        while end is None or place < end:
            wanted = READ_CHUNK if end is None else min(READ_CHUNK, end - place)
            chunk = await _off_loop(os.pread, file.fileno(), wanted, place)
            if not chunk:
                return
            place += len(chunk)
            yield chunk
    finally:
        file.close()


class _Partial:
    """A file being written beside its target, hashed on the way, not visible under any key.

    A cancelled task leaves its thread running, so every step takes the lock, and no step does
    anything after `discard`.
    """

    def __init__(self, target: Path, root: Path) -> None:
        self._target, self._root = target, root
        self._path = target.with_name(f".{secrets.token_hex(8)}.partial")
        self._lock = threading.Lock()
        self._discarded = False
        self._file: FileIO | None = None
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, batch: list[bytes]) -> None:
        """Append the pieces; the first call makes the folders and the file."""
        with self._lock:
            self._append(batch)

    def publish(self, key: str, last: list[bytes]) -> Stored:
        """Append the last pieces, sync the bytes, give them their name, and sync the name."""
        with self._lock:
            self._append(last)
            if self._file is not None:
                os.fsync(self._file.fileno())
                self._file.close()
                self._path.replace(self._target)
                _sync_folder(self._target.parent)
            return Stored(key=key, size=self._size, sha256=self._hash.hexdigest())

    def _append(self, batch: list[bytes]) -> None:
        if self._discarded:
            return
        if self._file is None:
            _make_folders(self._target.parent, self._root)
            self._file = FileIO(self._path, "xb")
        for piece in batch:
            self._hash.update(piece)
            self._size += len(piece)
            rest = memoryview(piece)
            while rest:  # a disk that takes only a part is asked again for the rest
                rest = rest[self._file.write(rest) :]

    def discard(self) -> None:
        """Leave nothing behind; after publish this does nothing."""
        with self._lock:
            self._discarded = True
            if self._file is None:
                return
            self._file.close()
            self._file = None
            with suppress(FileNotFoundError):
                self._path.unlink()


async def _off_loop(
    call: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments
) -> _Result:
    """Run blocking file work in a thread, its errors turned into the storage's own."""
    try:
        return await to_thread.run_sync(call, *arguments)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("There is no room left on the disk.") from error
        raise StorageUnavailable("The disk cannot be read or written just now.") from error


def _open_plain(path: Path) -> FileIO | None:
    try:
        return FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")
    except FileNotFoundError:
        return None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return
    _sync_folder(path.parent)


def _make_folders(folder: Path, root: Path) -> None:
    """Make the folders down from the root, and sync each new name into its parent."""
    if folder == root or folder.is_dir():
        return
    _make_folders(folder.parent, root)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_partial(root: Path, seconds: float) -> int:
    return _sweep(root, seconds, lambda name: name.startswith(".") and name.endswith(".partial"))


def _sweep_stored(folder: Path, seconds: float) -> int:
    return _sweep(folder, seconds, lambda name: not name.startswith("."))


def _sweep(root: Path, seconds: float, is_meant: Callable[[str], bool]) -> int:
    oldest = time.time() - seconds
    removed = 0
    for folder, _, names in os.walk(root):
        for name in filter(is_meant, names):
            leftover = Path(folder, name)
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime <= oldest:
                    leftover.unlink()
                    removed += 1
    return removed
