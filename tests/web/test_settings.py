"""One's own account: keys that are shown once, sessions that end, a look that goes along."""

import re

import pytest
from playwright.async_api import expect

from tests.house.browser import (
    LOOKS,
    Browsing,
    Look,
    call,
    open_tab,
    scrolls_sideways,
    shoot,
    violations,
)
from tests.house.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PAGES = ("profile", "keys", "sessions", "appearance", "shortcuts")


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_settings_can_be_read_by_everybody(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    context = await browsing.context(site, look=look)
    for name in PAGES:
        page = await open_tab(context, f"/settings/{name}")
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert await violations(page) == [], name
        assert not await scrolls_sideways(page), name
        await shoot(page, f"settings-{name}-{request.node.callspec.id}", full=True)
        await page.close()


async def test_a_key_is_shown_once(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/settings/keys")
    await expect(page.get_by_text("You have no keys.")).to_be_visible()
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    assert await violations(page) == []
    await dialog.get_by_label("Name", exact=True).fill("my laptop")
    await dialog.get_by_role("button", name="Make the key").click()
    await expect(dialog).to_contain_text("It is shown this once.")
    shown = dialog.locator("code")
    text = await shown.inner_text()
    assert text.startswith("gsk_")
    assert await violations(page) == []

    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_contain_text("Leave without it?")
    await dialog.get_by_role("button", name="Back to the key").click()
    await expect(shown).to_have_text(text)
    await dialog.get_by_label("I have put it away").click()
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("my laptop").first).to_be_visible()
    assert text not in await page.content()

    await page.get_by_role("button", name="Do something with my laptop").click()
    await page.get_by_role("menuitem", name="Revoke…").click()
    await dialog.get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("You have no keys.")).to_be_visible()


async def test_another_session_is_ended_from_here(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("status of 401")
    address = await site.person()
    there = await browsing.page(site, "/settings/sessions", who=address)
    here = await browsing.page(site, "/settings/sessions", who=address)
    await expect(here.get_by_role("listitem")).to_have_count(2)
    await here.get_by_role("button", name="End all others").click()
    assert await violations(here) == []
    dialog = here.get_by_role("dialog")
    await dialog.get_by_role("button", name="End all others").click()
    await expect(here.get_by_role("listitem")).to_have_count(1)
    assert (await call(here, "GET", "/me/sessions"))["items"][0]["is_current"]
    await there.wait_for_timeout(1500)
    refused = await there.evaluate("fetch('/api/v1/me').then((answer) => answer.status)")
    assert refused == 401


async def test_the_theme_goes_along_to_another_browser(site: Site, browsing: Browsing) -> None:
    address = await site.person()
    one = await browsing.page(site, "/settings/appearance", who=address)
    async with one.expect_response(
        lambda answer: answer.url.endswith("/me/preferences") and answer.request.method == "PUT"
    ):
        await one.get_by_role("radio", name="Dark").click()
    await expect(one.locator("html")).to_have_attribute("data-theme", "dark")
    assert await violations(one) == []
    other = await browsing.page(site, "/settings/appearance", who=address)
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")


async def test_keys_are_changed_by_pressing_them(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/settings/shortcuts")
    change = page.get_by_role("button", name="Change the keys for: Go to the wallet")
    await change.click()
    await page.keyboard.press("g")
    await page.keyboard.press("w")
    await expect(page.get_by_role("alert")).to_contain_text("Go to the workspace")
    await change.click()
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await page.locator("h1").click()
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await page.wait_for_url("**/wallet")


async def test_the_password_is_set_and_lets_in(site: Site, browsing: Browsing) -> None:
    address = await site.person()
    page = await browsing.page(site, "/settings/profile", who=address)
    await page.get_by_role("button", name="Set a password").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("New password").fill("correct horse battery staple")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="Change the password")).to_be_visible()

    stranger = await browsing.page(site, "/sign-in", who=None)
    await stranger.get_by_role("button", name="Use a password instead").click()
    await stranger.get_by_label("E-mail").fill(address)
    await stranger.get_by_label("Password", exact=True).fill("correct horse battery staple")
    await stranger.keyboard.press("Enter")
    await stranger.wait_for_url(re.compile("/workspace"))


async def test_the_account_ends_with_a_receipt(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("status of 401")
    address = await site.person()
    page = await browsing.page(site, "/settings/profile", who=address)
    await page.get_by_role("button", name="End the account…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("credits are lost with it")
    assert await violations(page) == []
    await dialog.get_by_role("textbox").fill(address)
    await dialog.get_by_role("button", name="End it for ever").click()
    await expect(dialog).to_contain_text("The account has ended")
    await expect(dialog.locator("code")).not_to_be_empty()
    await dialog.get_by_role("button", name="To the start").click()
    await expect(page.get_by_role("heading", name="Say what you want to see.")).to_be_visible()
