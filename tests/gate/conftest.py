"""One house on SQLite behind a proxy that is trusted, with limits that are soon reached."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.gate.visitors import LIMITS
from tests.house.world import CATALOG, PLUGIN, Ground, Home, _sqlite_ground, open_home

__all__ = ["Ground"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gated(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Home]:
    """The house; each test comes from addresses of its own."""
    folder = tmp_path_factory.mktemp("gate")
    with _sqlite_ground(sqlite_template, folder / "gesso.db") as ground:
        more: dict[str, Any] = {
            "limits": LIMITS,
            "server": {"port": 0, "trusted_proxies": ["127.0.0.1"]},
        }
        async with open_home(ground, folder, plugins=(PLUGIN,), catalog=CATALOG, **more) as home:
            yield home
            await home.inspect()
