"""Every story may ask for a house, for somebody who may run it, and for the command line."""

import pytest_asyncio

from tests.house.command import gesso
from tests.house.person import Person
from tests.house.world import Home, acme_home, home, new_ground, studio, studio_home

__all__ = ["acme_home", "gesso", "home", "new_ground", "studio", "studio_home"]


@pytest_asyncio.fixture(loop_scope="session")
async def operator(home: Home) -> Person:
    """Somebody who may run the house."""
    return await home.person(0, role="operator")
