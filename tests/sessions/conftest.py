"""A guest house on either database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gesso.infra.db import Database
from tests.sessions.guesthouse import Guests, new_house, open_guesthouse


@pytest.fixture
async def guests(database_url: str, tmp_path: Path) -> AsyncIterator[Guests]:
    """People who come and go."""
    db = Database(database_url)
    async with open_guesthouse(new_house(db, tmp_path)) as open_house:
        yield open_house
    await db.close()
