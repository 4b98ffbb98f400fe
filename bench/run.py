"""One run of the benchmarks: its folder, its patience, its databases, and its voice."""

import asyncio
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from rich.console import Console

from bench.figure import Skipped
from gesso.infra.db.migrate import bring_up
from tests.house.postgres import STALE, VARIABLE, at, binaries, find_server, tell

_CONNECTIONS = 50
"""What a benchmark takes at once; one that is there is better than one of our own without fsync."""


@dataclass(frozen=True, slots=True)
class Run:
    """What every benchmark gets; `seconds` is how long each leg of a comparison is measured."""

    seconds: float
    folder: Path
    console: Console
    profile: bool = False
    jobs: int = 10_000
    """How many are in flight where the benchmark is about very many."""
    server: str | None = None
    """A PostgreSQL server, as an administrator's address."""
    programs: Path | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def say(self, words: str) -> None:
        """Tell the person who waits what goes on; not part of the result."""
        self.console.print(f"[dim]{words}[/dim]")

    def new_folder(self, name: str) -> Path:
        """An empty folder of this run, gone at its end."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def new_name(self) -> str:
        """A name for something on a server that others use too; it tells when the run began."""
        return f"gesso_bench_{int(time.time()):x}_{os.getpid():x}_{next(self._numbers)}"

    def keep(self, name: str, text: str) -> Path:
        """Write a file that outlives the run; where it is."""
        file = Path(tempfile.mkdtemp(prefix="gesso-bench-kept-")) / name
        file.write_text(text)
        return file

    @contextmanager
    def postgresql(self) -> Iterator[str]:
        """The address of a new PostgreSQL database at the newest revision, dropped afterwards."""
        if self.server is None:
            raise Skipped(f"no PostgreSQL answers at its usual address, nor is {VARIABLE} set")
        name = self.new_name()
        tell(self.server, f'CREATE DATABASE "{name}"')
        try:
            url = at(self.server, name, "postgresql+asyncpg")
            asyncio.run(bring_up(url))
            yield url
        finally:
            tell(self.server, f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def sqlite(self) -> Iterator[str]:
        """The address of a new SQLite database at the newest revision."""
        folder = self.new_folder("sqlite")
        url = f"sqlite+aiosqlite:///{folder / 'gesso.db'}"
        asyncio.run(bring_up(url))
        yield url
        shutil.rmtree(folder, ignore_errors=True)

    def settle(self) -> None:
        """Have PostgreSQL write out what earlier legs left, so that no leg pays for another."""
        if self.server is not None:
            tell(self.server, "CHECKPOINT")


async def _sweep(server: str) -> None:
    """Drop the databases of runs that were killed long ago; their names tell when they began."""
    connection = await asyncpg.connect(server, timeout=5)
    try:
        found = await connection.fetch(
            r"select datname from pg_database where datname like 'gesso\_bench\_%'"
        )
        for (name,) in found:
            if time.time() - int(name.split("_")[2], 16) > STALE:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@contextmanager
def begin(*, seconds: float, jobs: int, console: Console, profile: bool) -> Iterator[Run]:
    """A run with what this machine offers."""
    server = find_server(_CONNECTIONS)
    if server is not None:
        asyncio.run(_sweep(server))
    with tempfile.TemporaryDirectory(prefix="gesso-bench-") as folder:
        yield Run(
            seconds=seconds,
            folder=Path(folder),
            console=console,
            profile=profile,
            jobs=jobs,
            server=server,
            programs=binaries(),
        )


def plain(url: str) -> str:
    """The address as PostgreSQL's own programs take it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
