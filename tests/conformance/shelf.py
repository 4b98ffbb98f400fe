"""Storages of every kind, each with somebody who knows what truly lies in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gesso.infra.storage import Storage
from tests.house.s3 import Bucket

KEY = "tenant/2026/11/piece.png"
LIMIT = 64 << 20
PREFIX = "house/media"


class Inventory(Protocol):
    """Everything that takes room, what is half written too."""

    def left(self) -> list[str]:
        """The keys that hold something, and a mark for each thing that is under no key."""
        ...


@dataclass(frozen=True)
class Disk:
    """A folder."""

    root: Path

    def left(self) -> list[str]:
        return files(self.root)


@dataclass(frozen=True)
class Cloud:
    """A prefix of a bucket."""

    bucket: Bucket

    def left(self) -> list[str]:
        keys = [key.removeprefix(f"{PREFIX}/") for key in self.bucket.listed()]
        return sorted(keys + [f"unfinished {key}" for key in self.bucket.uploads()])


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def whole(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await storage.open(key, start, end)])


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())
