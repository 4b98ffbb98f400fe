"""An entrance on either database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.signin.entrance import Entrance, open_entrance


@pytest.fixture
async def entrance(database_url: str, tmp_path: Path) -> AsyncIterator[Entrance]:
    """A house to which people come."""
    async with open_entrance(database_url, tmp_path) as opened:
        yield opened
