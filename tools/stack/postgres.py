"""PostgreSQL, as a stack needs it."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import asyncpg

from tools.stack.program import Program
from tools.stack.trouble import Trouble

USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"
_CONNECTIONS = 200


def address(port: int) -> str:
    """Where a server of our own answers."""
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


async def answers(server: str) -> bool:
    """Whether a server lets us in there."""
    try:
        await _tell(server, "select 1")
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True


async def make_database(server: str, name: str) -> str:
    """A database of this name, made if it is missing; its address for gesso."""
    with suppress(asyncpg.DuplicateDatabaseError):
        await _tell(server, f'create database "{name}"')
    place = server.rpartition("/")[0].replace("postgresql://", "postgresql+asyncpg://")
    return f"{place}/{name}"


async def drop_database(server: str, name: str) -> None:
    """Drop it, whoever is still connected."""
    await _tell(server, f'drop database if exists "{name}" with (force)')


def prepared(folder: Path, port: int) -> Program:
    """A server on this port with its data in the folder, which is made the first time."""
    programs, user = _programs(), _other_user()
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    if not (folder / "data" / "PG_VERSION").exists():
        _initialise(programs, folder, user)
    options = ["-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    return Program(
        "postgres",
        [str(programs / "postgres"), *options, "-c", f"max_connections={_CONNECTIONS}"],
        dict(os.environ),
        folder,
        user,
        signal.SIGINT,  # SIGTERM would wait until the last client has gone
    )


def _programs() -> Path:
    """Where the newest PostgreSQL's own programs lie; on Debian they are not on the path."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda program: int(program.parts[-3]), default=None)
    on_path = shutil.which("initdb")
    if newest is None and on_path is None:
        raise Trouble("PostgreSQL is missing: apt-get install postgresql")
    return newest.parent if newest else Path(str(on_path)).resolve().parent


def _other_user() -> pwd.struct_passwd | None:
    """Who runs it when root starts the stack, for PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise Trouble("PostgreSQL refuses to run as root, and there is no user postgres: make one.")


def _initialise(programs: Path, folder: Path, user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"],
        cwd="/",  # a folder that the other user can read
        capture_output=True,
        text=True,
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
    )
    if done.returncode:
        who = f", as {user.pw_name}," if user else ""
        raise Trouble(
            f"PostgreSQL{who} could not make its data in {folder}:\n{done.stderr.strip()}"
        )


async def _tell(server: str, command: str) -> None:
    connection = await asyncpg.connect(server, timeout=5)
    try:
        await connection.execute(command)
    finally:
        await connection.close()
