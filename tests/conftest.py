"""Hooks and fixtures for every test."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.house import databases, postgres
from tests.house.databases import (
    database_url,
    postgres_server,
    postgres_template,
    postgres_url,
    sqlite_template,
    sqlite_url,
)
from tests.house.network import build_fence

__all__ = [
    "database_url",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "sqlite_template",
    "sqlite_url",
]

# A shared machine may be slow at any moment; slowness is what `timeout` is for.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

_fence = build_fence()
_run = ExitStack()


@pytest.fixture(autouse=True)
def _stay_on_this_machine() -> Iterator[list[str]]:
    """Fail a test that reached out, even when the code under test swallowed the refusal."""
    _fence.tried.clear()
    yield _fence.tried
    assert not _fence.tried, f"this test reached out to {_fence.tried}"


def pytest_configure(config: pytest.Config) -> None:
    """Once per run, before the workers: find or start PostgreSQL, and name this run's databases."""
    if not hasattr(config, "workerinput"):
        os.environ[databases.PREFIX] = postgres.new_prefix()
        os.environ[databases.RUN_FOLDER] = _run.enter_context(tempfile.TemporaryDirectory())
        programs = postgres.binaries()
        server = postgres.find_server()
        if server is None and postgres.VARIABLE not in os.environ and programs is not None:
            server = _run.enter_context(postgres.private_server(programs))
            os.environ[postgres.VARIABLE] = server
        if server is not None:
            _run.callback(postgres.sweep, server, os.environ[databases.PREFIX])
    _fence.allow(os.environ.get(postgres.VARIABLE))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Once per run, after the workers: drop this run's databases, stop what was started."""
    if not hasattr(config, "workerinput"):
        _run.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what a missing server has cost."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(databases.MISSING in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"{databases.MISSING}: {count} tests skipped", red=True)
