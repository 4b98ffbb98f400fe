"""A provider outside, somebody with credits, and a place for servers to work at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.books import new_key
from tests.faults.process import Place
from tests.faults.provider import Outside
from tests.faults.stack import celery_settings


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """The provider; it lives in the test's own process, so no server's death touches it."""
    async with Outside().open() as provider:
        yield provider


@pytest.fixture
def place(tmp_path: Path, database_url: str, outside: Outside) -> Place:
    """Where a server works, on each kind of database; its leases are short."""
    return Place(tmp_path / "data", database_url, outside.url, {"GESSO_ENGINE__LEASE": "2"})


@pytest.fixture
def shared_place(tmp_path: Path, postgres_url: str, outside: Outside) -> Place:
    """Where several servers work, on PostgreSQL."""
    return Place(tmp_path / "data", postgres_url, outside.url, {"GESSO_ENGINE__LEASE": "2"})


@pytest.fixture
def wide_place(tmp_path: Path, postgres_url: str, broker_url: str, outside: Outside) -> Place:
    """Where a distributed stack works."""
    return Place(tmp_path / "data", postgres_url, outside.url, celery_settings(broker_url))


@pytest.fixture
async def key(database_url: str) -> str:
    """The API key of somebody with ten thousand credits."""
    return await new_key(database_url)
