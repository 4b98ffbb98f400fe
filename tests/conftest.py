"""Hooks and fixtures for every test."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from gesso.providers.adapters import ADAPTERS
from tests.house import browser, databases, mariadb, postgres, rabbit, redis, s3
from tests.house.databases import (
    database_url,
    mariadb_server,
    mariadb_url,
    postgres_server,
    postgres_template,
    postgres_url,
    sqlite_template,
    sqlite_url,
)
from tests.house.network import build_fence
from tests.house.rabbit import broker, broker_url, only_broker
from tests.house.redis import redis_server
from tests.house.s3 import bucket, s3_client, s3_gateway

__all__ = [
    "broker",
    "broker_url",
    "bucket",
    "database_url",
    "mariadb_server",
    "mariadb_url",
    "only_broker",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "redis_server",
    "s3_client",
    "s3_gateway",
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
    """Once per run, before the workers: find or start servers, and name this run's databases."""
    for adapter in ADAPTERS:
        for variable in adapter.access.secrets.values():
            os.environ.pop(variable, None)  # nobody's own keys make a house work with the world
    if not hasattr(config, "workerinput"):
        os.environ[databases.PREFIX] = postgres.new_prefix()
        folder = _run.enter_context(tempfile.TemporaryDirectory())
        os.environ[databases.RUN_FOLDER] = folder
        _run.callback(s3.stop, Path(folder))
        for kind in (postgres, mariadb):
            _have(kind)
    _fence.allow(os.environ.get(postgres.VARIABLE))
    _fence.allow(os.environ.get(rabbit.VARIABLE))
    _fence.allow(os.environ.get(mariadb.VARIABLE))


def _have(kind: Any) -> None:
    """Find the server of this kind or start one, and have it swept at the end."""
    programs = kind.binaries()
    server = kind.find_server()
    if server is None and kind.VARIABLE not in os.environ and programs is not None:
        server = _run.enter_context(kind.private_server(programs))
        os.environ[kind.VARIABLE] = server
    if server is not None:
        _run.callback(kind.sweep, server, os.environ[databases.PREFIX])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Once per run, after the workers: drop this run's databases, stop what was started."""
    if not hasattr(config, "workerinput"):
        _run.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what a missing server has cost."""
    skipped = terminalreporter.stats.get("skipped", [])
    servers = (databases, mariadb, rabbit, redis, s3, browser)
    for missing in (*(each.MISSING for each in servers), browser.UNBUILT):
        count = sum(missing in str(report.longrepr) for report in skipped)
        if count:
            terminalreporter.write_line(f"{missing}: {count} tests skipped", red=True)
