"""The frame around every page: it can be read, used by keyboard, and stays within its budget."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.house.browser import (
    DARK,
    LIGHT,
    LOOKS,
    PHONE,
    WIDE,
    Browsing,
    Look,
    fetched_scripts,
    first_scripts,
    scrolls_sideways,
    shoot,
    violations,
)
from tests.house.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

BUDGET = 130_000
"""Bytes of JavaScript, gzipped, before the first paint of a page that anybody may open."""
ALL_IN_ALL = 135_000
"""The same, with all that such a page fetches until it is quiet."""
PAGES = {"workspace": "/workspace", "settings": "/settings/profile", "lost": "/no/such/place"}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
async def test_every_frame_can_be_read_by_everybody(
    site: Site, browsing: Browsing, path: str, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, path, look=look)
    await expect(page.get_by_role("button", name=re.compile("^Account"))).to_be_visible()
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"shell-{request.node.callspec.id}")


@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE, WIDE], ids=["light", "dark", "phone", "wide"])
async def test_strangers_and_operators_have_frames_too(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    stranger = await browsing.page(site, "/sign-in", who=None, look=look)
    assert await violations(stranger) == []
    await shoot(stranger, f"sign-in-{name}")
    operator = await browsing.page(site, "/admin/queues", role="operator", look=look)
    assert await violations(operator) == []
    assert not await scrolls_sideways(operator)
    await shoot(operator, f"console-{name}")


async def test_whoever_is_not_signed_in_is_led_there_and_back(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/history?status=failed", who=None)
    await expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fhistory%3Fstatus%3Dfailed"))


async def test_the_console_is_not_there_for_others(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/admin/queues")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


async def test_the_keys_are_listed_and_act(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace")
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(keys).to_be_visible()
    await expect(keys.get_by_text("Go to the history")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "keys")
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await expect(page).to_have_url(f"{site.url}/history")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_the_first_tab_stop_skips_to_the_content(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_the_account_menu_works_by_keyboard(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace")
    await page.get_by_role("button", name=re.compile("^Account")).focus()
    await page.keyboard.press("Enter")
    menu = page.get_by_role("menu")
    await expect(menu).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "account-menu")
    await menu.get_by_role("menuitemradio", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await menu.get_by_role("menuitemradio", name="简体中文").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    await expect(menu.get_by_role("menuitem", name="退出登录")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="工作区")).to_be_visible()
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    await shoot(page, "shell-zh-dark")


async def test_the_content_policy_refuses_what_was_not_built(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/", who=None)
    browsing.expected.append("Content Security Policy|Refused|violates")
    ran: Any = await page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.textContent = 'window.ran = true'
          document.head.append(script)
          return window.ran ?? false
        }"""
    )
    assert ran is False


@pytest.mark.parametrize("path", ["/", "/sign-in"])
async def test_a_public_page_is_light(site: Site, browsing: Browsing, path: str) -> None:
    page = await browsing.page(site, path, who=None)
    sizes = await fetched_scripts(page)
    first = first_scripts()
    assert first.keys() <= sizes.keys()
    assert sum(first.values()) <= BUDGET, first
    assert sum(sizes.values()) <= ALL_IN_ALL, sizes


async def test_nothing_scripts_cannot_say_is_hidden_from_who_has_none(
    site: Site, browsing: Browsing
) -> None:
    context = await browsing.context(site, who=None, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.locator("noscript")).to_contain_text("need JavaScript", use_inner_text=True)
