"""PostgreSQL for tests: the server that is there, or one started from what is installed."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"
VARIABLE = "GESSO_TEST_POSTGRES"
PLENTY = 300
"""Connections that a run may need: several whole houses at once in each of its processes."""
STALE = 6 * 3600  # seconds; a database this old was left behind by a run that was killed
T = TypeVar("T")


def on_own_loop(work: Callable[[], Awaitable[T]]) -> T:
    """Run async work to its end from a sync fixture, on a thread that no test's loop knows of."""

    async def run() -> T:
        return await work()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def tell(server: str, *commands: str) -> None:
    """Send administrative commands, one by one: CREATE and DROP DATABASE allow no transaction."""

    async def send() -> None:
        connection = await asyncpg.connect(server, timeout=5)
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    on_own_loop(send)


def find_server(connections: int = PLENTY) -> str | None:
    """The address of a server that answers: the one that is named, else the usual one, unless that
    takes fewer connections and we can start one of our own.
    """
    named = os.environ.get(VARIABLE)
    server = named or USUAL
    with suppress(OSError, asyncpg.PostgresError, TimeoutError):
        if on_own_loop(lambda: _most_connections(server)) >= connections or named or not binaries():
            return server
    return None


async def _most_connections(server: str) -> int:
    connection = await asyncpg.connect(server, timeout=5)
    try:
        return int(await connection.fetchval("show max_connections"))
    finally:
        await connection.close()


def at(server: str, database: str, scheme: str = "postgresql") -> str:
    """The address of one database on a server."""
    return urlunsplit(urlsplit(server)._replace(scheme=scheme, path=f"/{database}"))


def is_stale(name: str) -> bool:
    """Whether a run of long ago gave this name; one that is named otherwise is not ours."""
    born = name.split("_")[2]
    try:
        return time.time() - int(born, 16) > STALE
    except ValueError:
        return False


def sweep(server: str, prefix: str) -> None:
    """Drop the databases of this run, and those that runs of long ago have left behind."""

    async def drop() -> None:
        connection = await asyncpg.connect(server, timeout=5)
        try:
            names = await connection.fetch(
                r"select datname from pg_database where datname like 'gesso\_test\_%'"
            )
            for (name,) in names:
                if name.startswith(f"{prefix}_") or is_stale(name):
                    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    on_own_loop(drop)


def new_prefix() -> str:
    """A prefix for the names of one run's databases; it tells when the run began."""
    return f"gesso_test_{int(time.time()):x}_{os.getpid():x}"


def binaries() -> Path | None:
    """Where the newest PostgreSQL's programs lie; None when it is not installed."""
    on_path = shutil.which("pg_ctl")
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"),
        key=lambda program: int(program.parts[-3]),
    )
    found = [Path(on_path).resolve()] if on_path else []
    return [*found, *installed][-1].parent if found or installed else None


@contextmanager
def private_server(programs: Path) -> Iterator[str]:
    """A server of our own on a free port, gone at the end; root runs it as another user."""
    user = _other_user()
    folder = Path(tempfile.mkdtemp(prefix="gesso-postgres-"))
    port = free_port()
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections={PLENTY}"
    control = ["pg_ctl", "-D", f"{folder}/data"]
    try:
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        _as(user, programs, ["initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust"])
        _as(user, programs, [*control, "-w", "-l", f"{folder}/log", "-o", options, "start"])
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            _as(user, programs, [*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _as(user: pwd.struct_passwd | None, programs: Path, command: list[str]) -> None:
    subprocess.run(
        [programs / command[0], *command[1:]],
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
