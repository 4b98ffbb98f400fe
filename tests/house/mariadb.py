"""MariaDB for tests: the server that is there, or one started from what is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymysql

from tests.house.postgres import free_port, is_stale

USUAL = "mysql://root@127.0.0.1:3306"
VARIABLE = "GESSO_TEST_MARIADB"
MISSING = "MariaDB is missing"


def tell(server: str, *commands: str) -> list[Sequence[Any]]:
    """Send administrative commands, one by one; the rows that the last one answered."""
    url = urlsplit(server)
    connection = pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username or "root",
        password=url.password or "",
        connect_timeout=5,
        autocommit=True,
    )
    with closing(connection), connection.cursor() as cursor:
        for command in commands:
            cursor.execute(command)
        return list(cursor.fetchall())


def find_server() -> str | None:
    """The address of a server that answers: the one that is named, else the usual one."""
    server = os.environ.get(VARIABLE) or USUAL
    with suppress(pymysql.Error, OSError):
        tell(server, "select 1")
        return server
    return None


def at(server: str, database: str) -> str:
    """The address of one database on a server, as gesso takes it."""
    return urlunsplit(urlsplit(server)._replace(scheme="mysql+aiomysql", path=f"/{database}"))


def sweep(server: str, prefix: str) -> None:
    """Drop the databases of this run, and those that runs of long ago have left behind."""
    for (name,) in tell(server, r"show databases like 'gesso\_test\_%'"):
        if name.startswith(f"{prefix}_") or is_stale(name):
            tell(server, f"drop database if exists `{name}`")


def binaries() -> tuple[str, str] | None:
    """The programs that make a server's files and that serve them; None when not installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    maker = shutil.which("mariadb-install-db", path=path)
    program = shutil.which("mariadbd", path=path)
    return (maker, program) if maker and program else None


@contextmanager
def private_server(programs: tuple[str, str]) -> Iterator[str]:
    """A server of our own on a free port, gone at the end."""
    maker, program = programs
    folder, port = Path(tempfile.mkdtemp(prefix="gesso-mariadb-")), free_port()
    user = _user()
    shutil.chown(folder, user)
    files = [f"--datadir={folder}/data", f"--user={user}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    server = f"mysql://root@127.0.0.1:{port}"
    subprocess.run(
        [maker, "--no-defaults", *files, "--auth-root-authentication-method=normal"],
        check=True,
        **quiet,  # type: ignore[call-overload]  # the same words for both calls
    )
    place = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder}/socket"]
    serving: subprocess.Popen[bytes] = subprocess.Popen(
        [program, "--no-defaults", *files, *place, "--innodb-flush-log-at-trx-commit=0"],
        **quiet,  # type: ignore[call-overload]
    )
    try:
        _wait(server, serving)
        yield server
    finally:
        serving.kill()
        serving.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: str, serving: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            tell(server, "select 1")
            return
        except (pymysql.Error, OSError):
            if serving.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.1)


def _user() -> str:
    """Whom the server runs as: it refuses to be root."""
    me = pwd.getpwuid(os.getuid()).pw_name
    return "mysql" if me == "root" else me
