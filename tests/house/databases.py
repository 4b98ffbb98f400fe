"""A fresh, migrated database for each test, on SQLite and on PostgreSQL.

The schema is migrated once per run, by the migrations themselves; each test gets a copy of the
result, so it sees exactly the tables, constraints and triggers that an operator's database has.
"""

import fcntl
import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from gesso.infra.db.migrate import upgrade
from gesso.infra.settings import BINDS
from tests.house import mariadb
from tests.house.postgres import at, find_server, tell

REQUIRED = "GESSO_REQUIRE_SERVERS"
PREFIX = "GESSO_TEST_PREFIX"
RUN_FOLDER = "GESSO_TEST_RUN_FOLDER"
MISSING = "PostgreSQL is missing"
_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database at the newest revision; the test runs once on each kind."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a SQLite file of this test's own."""
    file = tmp_path / "gesso.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database of this test's own, dropped when the test is over."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{os.environ[PREFIX]}_{worker}_{next(_numbers)}"
    tell(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}"')
    yield at(postgres_server, name, "postgresql+asyncpg")
    tell(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, for copying."""
    file = tmp_path_factory.mktemp("template") / "gesso.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    with sqlite3.connect(file) as connection:
        # Whatever still stands in the write-ahead log would be missing from a copy.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a server; without one the test is skipped, or fails where it is required."""
    return _required(find_server(), MISSING)


@pytest.fixture(scope="session")
def mariadb_server() -> str:
    """The address of a server; without one the test is skipped, or fails where it is required."""
    return _required(mariadb.find_server(), mariadb.MISSING)


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """The address of an empty MariaDB database of this test's own, whose own defaults are of no
    use; dropped when the test is over.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{os.environ[PREFIX]}_{worker}_{next(_numbers)}"
    mariadb.tell(mariadb_server, f"create database `{name}` character set latin1")
    yield mariadb.at(mariadb_server, name)
    mariadb.tell(mariadb_server, f"drop database `{name}`")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated PostgreSQL database, for copying; parallel workers share one."""
    name = f"{os.environ[PREFIX]}_template"
    done = Path(os.environ[RUN_FOLDER]) / "postgres_template"
    with alone(done.with_suffix(".lock")):
        if not done.exists():
            tell(postgres_server, f'CREATE DATABASE "{name}"')
            _migrate(at(postgres_server, name, "postgresql+asyncpg"))
            done.touch()
    return name


def _required(server: str | None, missing: str) -> str:
    if server is None and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{missing}, and {REQUIRED}=1 says that it must be here", pytrace=False)
    if server is None:
        pytest.skip(missing)
    return server


def _migrate(url: str) -> None:
    """Migrate on a thread: it runs an event loop of its own. Both histories, for both may live in
    the main database.
    """
    with ThreadPoolExecutor(1) as thread:
        for bind in BINDS:
            thread.submit(upgrade, url, bind=bind).result()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time in here; a process that dies lets the next one in."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
