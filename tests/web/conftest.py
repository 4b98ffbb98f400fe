"""A site, and a browser to look at it; both serve every test of a run."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.house.browser import Browsing, chromium
from tests.house.site import Site, served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where everybody of this run is a guest; who kills it takes `own_site`."""
    with served(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def own_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of this test's own, which may be killed."""
    with served(tmp_path_factory.mktemp("own-site")) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def browsing(browser: Browser) -> AsyncIterator[Browsing]:
    browsing = Browsing(browser)
    yield browsing
    await browsing.end()
