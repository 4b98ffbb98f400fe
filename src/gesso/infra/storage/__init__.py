"""Where media bytes live: the port that every storage fulfils, and its errors.

GessoError
├── TooLarge               413  from infra.errors: more bytes than the caller's limit
├── Missing                404  nothing is stored under the key
└── Unavailable            503
    ├── StorageFull        507  no room left; nothing was kept of what was being written
    └── StorageUnavailable 503  the storage cannot be read or written just now
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from gesso.infra.errors import NotFound, TooLarge, Unavailable

__all__ = [
    "SCRATCH",
    "BadKey",
    "Download",
    "Missing",
    "Room",
    "Storage",
    "StorageFull",
    "StorageUnavailable",
    "Stored",
    "TooLarge",
    "check_key",
]

SCRATCH = "scratch"
"""The folder for what only jobs under way need; what is left in it too long is swept."""

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,15}")


class BadKey(ValueError):
    """A key that no storage takes: our own fault, for keys are made by the server."""


class Missing(NotFound):
    """Nothing is stored under the key."""

    code = "media_missing"


class StorageFull(Unavailable):
    """There is no room left; nothing of what was being written was kept."""

    status = 507
    code = "storage_full"
    retry_after = 30


class StorageUnavailable(Unavailable):
    """The storage cannot be read or written just now; what it holds is untouched."""

    code = "storage_unavailable"
    retry_after = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: its key, its size in bytes, and its SHA-256 in lower-case hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Room:
    """Free and total bytes of a storage; None where the storage does not tell."""

    free: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Download:
    """What a client that fetches for itself is to be told of the bytes, and how long it may."""

    seconds: int
    content_type: str
    disposition: str
    cache_control: str


class Storage(Protocol):
    """Bytes under server-made keys; every call is safe to repeat."""

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        """Store a stream whole or not at all, in place of what the key held before.

        More than `limit` bytes raise TooLarge.
        """
        ...

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream the bytes from `start` up to but without `end`; raises Missing at once."""
        ...

    async def size(self, key: str) -> int | None:
        """Size in bytes; None means that nothing is stored there."""
        ...

    async def delete(self, key: str) -> None:
        """Forget what the key holds; a key that holds nothing is no error."""
        ...

    async def check(self) -> Room:
        """Write, read and remove a probe; raises what the next `put` would raise."""
        ...

    async def sweep_partial(self, older_than: timedelta) -> int:
        """Remove what writers left behind when they died that long ago; tells how many."""
        ...

    async def sweep(self, folder: str, older_than: timedelta) -> int:
        """Forget what was stored under `folder` that long ago; tells how many."""
        ...

    async def link(self, key: str, download: Download) -> str | None:
        """Where a client may fetch the bytes itself; None where it has to be sent them by us."""
        ...

    def path(self, key: str) -> Path | None:
        """Where a process on this machine may read the bytes itself; None for remote storages."""
        ...


def check_key(key: str) -> str:
    """Return the key if it is plain ASCII segments that cannot leave the root; else BadKey."""
    if _KEY.fullmatch(key) is None:
        raise BadKey(f"not a storage key: {key!r}")
    return key
