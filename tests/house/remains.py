"""Remains: every place where something of a person could be left, looked through for its traces."""

import asyncio
import subprocess
from collections.abc import Iterable
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import URL, make_url

from gesso.infra.db import Database
from tests.house.world import Home


async def found_in(home: Home, traces: Iterable[str], said: str = "") -> dict[str, list[str]]:
    """Where which of these still stand: the database, the files, Redis, and what was said."""
    places = {
        "database": await whole_database(home.db),
        "files": whole_folder(home.data_dir),
        "redis": await whole_redis(home.redis_url) if home.redis_url else b"",
        "log": said.encode(),
    }
    wanted = list(traces)
    found = {
        place: [trace for trace in wanted if trace.encode() in content]
        for place, content in places.items()
    }
    return {place: left for place, left in found.items() if left}


async def whole_database(db: Database) -> bytes:
    """A dump of PostgreSQL, bytea as its bytes too; SQLite's file with its log of changes, where
    what was deleted would still lie if nobody overwrote it.
    """
    if db.is_sqlite:
        await db.empty_log()
    return await asyncio.to_thread(_read if db.is_sqlite else _dump, make_url(db.url))


def _read(url: URL) -> bytes:
    file = Path(url.database or "")
    log = file.with_name(file.name + "-wal")
    return file.read_bytes() + (log.read_bytes() if log.exists() else b"")


def _dump(url: URL) -> bytes:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run(["pg_dump", plain], check=True, capture_output=True).stdout
    return dump + b"".join(_unhexed(dump))


def _unhexed(dump: bytes) -> Iterable[bytes]:
    for cell in dump.split():
        if cell.startswith(b"\\\\x"):
            yield bytes.fromhex(cell[3:].decode()) + b"\n"


def whole_folder(folder: Path) -> bytes:
    """Every file below, with its name."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    return b"\n".join(str(each).encode() + b"\n" + each.read_bytes() for each in files)


async def whole_redis(url: str) -> bytes:
    """Every key that Redis holds, with its value as it dumps it."""
    told = []
    async with Redis.from_url(url) as redis:
        async for key in redis.scan_iter():
            told += [key, await redis.dump(key) or b""]
    return b"\n".join(told)
