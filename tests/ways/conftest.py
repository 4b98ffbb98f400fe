"""The waystation: on both databases for what people do, on one for what attackers try."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ways.waystation import Station, open_station


@pytest.fixture
async def station(database_url: str, tmp_path: Path) -> AsyncIterator[Station]:
    """On either database."""
    async with open_station(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def outpost(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Station]:
    """On SQLite: what is refused before anything is written is refused the same everywhere."""
    async with open_station(sqlite_url, tmp_path) as opened:
        yield opened
