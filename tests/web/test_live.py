"""What pages know is what the server knows: over one stream, through every break."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.house.browser import LIGHT, Browsing, call, open_tab, shoot, violations
from tests.house.site import Site
from tests.house.wire import wire_to

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ORDER = {"type": "text_to_image", "prompt": "a lighthouse on a rock"}
WAIT = 60_000
"""Milliseconds that a test waits for what a busy machine may be slow to do."""


async def order(page: Page, **more: Any) -> Any:
    key = f"key-{id(page)}-{more.get('prompt', '')}"
    return await call(page, "POST", "/tasks", {**ORDER, **more}, **{"Idempotency-Key": key})


async def until(check: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if check():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(what)


async def test_a_task_of_another_tab_shows_without_being_asked_for(
    site: Site, browsing: Browsing
) -> None:
    context = await browsing.context(site)
    watching, working = await open_tab(context, "/history"), await open_tab(context, "/workspace")
    await expect(watching.get_by_text("100.00")).to_be_visible(timeout=WAIT)
    await order(working)
    await expect(watching).to_have_title(re.compile("◐ 1"), timeout=WAIT)
    await expect(watching.get_by_text("100.00")).to_be_hidden(timeout=WAIT)
    await watching.get_by_role("button", name=re.compile("running|wait")).click()
    tray = watching.get_by_role("dialog", name="Your tasks under way")
    await expect(tray.get_by_text("a lighthouse on a rock")).to_be_visible()
    assert await violations(watching) == []
    await shoot(watching, "tray")
    await expect(watching).to_have_title(re.compile("^History"), timeout=WAIT)


@pytest.mark.parametrize("missing", ["nothing", "SharedWorker"])
async def test_ten_tabs_share_one_stream(site: Site, browsing: Browsing, missing: str) -> None:
    async with wire_to(site.port) as wire:
        context = await browsing.context(site, at=wire.url)
        if missing != "nothing":
            await context.add_init_script(f"delete globalThis.{missing}")
        tabs = [await open_tab(context, "/history") for _ in range(10)]
        for tab in tabs:
            await expect(tab.get_by_text("100.00")).to_be_visible(timeout=WAIT)
        await until(lambda: len(wire.open_streams) == 1, "there is not exactly one stream")
        assert wire.streams_ever == 1
        await order(tabs[3])
        for tab in tabs:
            await expect(tab).to_have_title(re.compile("◐"), timeout=WAIT)
        # The tab that was there first goes; the others miss nothing.
        await tabs[0].close()
        rest = tabs[1:]
        await settled(rest)
        await until(lambda: len(wire.open_streams) == 1, "there is not exactly one stream")
        assert wire.streams_ever <= 2
        await context.close()


async def test_a_stream_that_is_cut_goes_on_where_it_was(site: Site, browsing: Browsing) -> None:
    async with wire_to(site.port) as wire:
        context = await browsing.context(site, at=wire.url)
        browsing.expected.append("net::")
        page = await open_tab(context, "/history")
        await until(lambda: len(wire.open_streams) == 1, "there is no stream")
        await order(page)
        for _ in range(2):
            wire.cut()
            await until(lambda: len(wire.open_streams) == 1, "the stream did not come back")
        await settled([page])
        await context.close()


async def settled(tabs: list[Page]) -> None:
    """Wait until every tab says that nothing runs, and has the balance that the server has."""
    for tab in tabs:
        await expect(tab).to_have_title(re.compile("^History"), timeout=2 * WAIT)
    wallet = await call(tabs[0], "GET", "/wallet")
    for tab in tabs:
        text = f"{float(wallet['available']):.2f}"
        await expect(tab.get_by_text(text).first).to_be_visible(timeout=WAIT)


async def test_a_page_outlives_its_server(own_site: Site, browsing: Browsing) -> None:
    """kill -9 while a page waits: it says so, comes back by itself, and misses nothing."""
    browsing.expected.append("Failed to load resource|ERR_CONNECTION|net::")
    page = await browsing.page(own_site, "/history")
    await expect(page.get_by_text("100.00")).to_be_visible(timeout=WAIT)
    await order(page)
    own_site.kill()
    bar = page.get_by_text("Reconnecting…").first
    await expect(bar).to_be_visible(timeout=WAIT)
    await shoot(page, "reconnecting")
    assert await violations(page) == []
    await page.evaluate("window.isTheSamePage = true")
    await asyncio.to_thread(own_site.start)
    await expect(page.locator("[data-link-bar]")).to_be_hidden(timeout=90_000)
    await settled([page])
    assert await page.evaluate("window.isTheSamePage")


async def test_without_a_network_the_page_says_from_when_it_is(
    site: Site, browsing: Browsing
) -> None:
    browsing.expected.append("Failed to load resource|ERR_INTERNET|net::")
    context = await browsing.context(site)
    page = await open_tab(context, "/history")
    await expect(page.get_by_text("100.00")).to_be_visible(timeout=WAIT)
    await context.set_offline(True)
    bar = page.locator("[data-link-bar]")
    await expect(bar).to_have_text(re.compile(r"^Offline\. What you see is from \d\d:\d\d\.$"))
    assert await violations(page) == []
    await shoot(page, "offline")
    await context.set_offline(False)
    await expect(bar).to_be_hidden(timeout=WAIT)


async def test_an_idle_page_asks_for_nothing(site: Site, browsing: Browsing) -> None:
    context = await browsing.context(site)
    page = await open_tab(context, "/history")
    await expect(page.get_by_text("100.00")).to_be_visible(timeout=WAIT)
    await asyncio.sleep(2)  # whatever comes late with the page itself
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await asyncio.sleep(10)
    assert asked == []


async def test_signing_out_in_one_tab_clears_the_others(site: Site, browsing: Browsing) -> None:
    context = await browsing.context(site)
    first, second = await open_tab(context, "/workspace"), await open_tab(context, "/history")
    await _sign_out(first)
    for tab in (first, second):
        await expect(tab.get_by_role("link", name="Sign in")).to_be_visible(timeout=WAIT)
        assert "history" not in tab.url


async def test_a_session_that_was_ended_elsewhere_is_told_over_the_page(
    site: Site, browsing: Browsing
) -> None:
    browsing.expected.append("401|403")
    address = await site.person()
    here: BrowserContext = await browsing.context(site, who=address)
    page = await open_tab(here, "/history")
    await expect(page.get_by_text("100.00")).to_be_visible(timeout=WAIT)
    elsewhere = await browsing.page(site, "/workspace", who=address, look=LIGHT)
    await call(elsewhere, "DELETE", "/me/sessions")
    ended = page.get_by_role("dialog", name="You have been signed out")
    await expect(ended).to_be_visible(timeout=WAIT)
    await expect(page.locator("main h1")).to_have_text("History")  # hidden from readers
    await shoot(page, "session-ended")


async def _sign_out(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("^Account")).click()
    await page.get_by_role("menuitem", name="Sign out").click()
