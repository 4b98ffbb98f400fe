"""Coming in: by a code, by a password, over a page whose session ended; and out of every tab."""

import re

import pytest
from playwright.async_api import Page, expect

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

REFUSED = r"status of 40[139]"


async def _ask(page: Page, address: str) -> None:
    await page.get_by_label("E-mail").fill(address)
    await page.keyboard.press("Enter")
    await page.get_by_label("Code", exact=True).wait_for()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_the_page_of_strangers_can_be_read_by_everybody(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/", who=None, look=look)
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"home-{request.node.callspec.id}", full=True)


async def test_what_a_stranger_wrote_is_kept_over_the_sign_in(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/", who=None)
    await page.get_by_role("button", name=re.compile("an owl")).click()
    words = page.get_by_label("What do you want to see?")
    await expect(words).to_have_value("an owl")
    await expect(words).to_be_focused()
    await page.get_by_role("button", name="Begin", exact=True).click()
    address = await site.person()
    await _ask(page, address)
    await page.get_by_label("Code", exact=True).fill(await site.code_for(address))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/workspace")


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_a_code_wrong_and_right(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    browsing.expected.append(REFUSED)
    page = await browsing.page(site, "/sign-in?next=%2Fwallet", who=None, look=look)
    assert await violations(page) == []
    address = await site.person()
    await _ask(page, address)
    field = page.get_by_label("Code", exact=True)
    await expect(field).to_be_focused()
    await expect(page.get_by_role("button", name=re.compile("^A new code in"))).to_be_visible()
    right = await site.code_for(address)
    await field.fill("000000" if right != "000000" else "111111")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Wrong code. 4 tries left.")
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"code-{request.node.callspec.id}")

    await page.reload()
    await field.fill(f"{right[:3]} {right[3:]}")
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/wallet")


async def test_known_and_unknown_addresses_see_the_same(site: Site, browsing: Browsing) -> None:
    seen = []
    for address in (await site.person(), "nobody-has-this@example.org"):
        page = await browsing.page(site, "/sign-in", who=None)
        await _ask(page, address)
        text = await page.locator("main").inner_text()
        seen.append(re.sub(r"\d:\d\d", "", text).replace(address, ""))
    assert seen[0] == seen[1]


async def test_a_wrong_password_says_no_more_than_that(site: Site, browsing: Browsing) -> None:
    browsing.expected.append(REFUSED)
    page = await browsing.page(site, "/sign-in", who=None)
    await page.get_by_role("button", name="Use a password instead").click()
    await page.get_by_label("E-mail").fill(await site.person())
    await page.get_by_label("Password", exact=True).fill("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text(
        "The address and the password do not go together."
    )
    assert await violations(page) == []


async def test_coming_back_from_an_issuer_with_a_no(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/sign-in?refused=sign_in_cancelled&by=acme", who=None)
    await expect(page.get_by_role("alert")).to_contain_text("Sign-in was cancelled.")
    assert await violations(page) == []


async def test_a_session_that_ends_leaves_the_form_as_it_is(site: Site, browsing: Browsing) -> None:
    browsing.expected.append(REFUSED)
    address = await site.person()
    page = await browsing.page(site, "/settings/profile", who=address)
    name = page.get_by_label("Name", exact=True)
    await name.fill("typed and kept")
    await call(page, "POST", "/auth/logout", {})
    dialog = page.get_by_role("dialog", name="You have been signed out")
    await expect(dialog).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "session-ended")
    await dialog.get_by_label("E-mail").fill(address)
    await page.keyboard.press("Enter")
    await dialog.get_by_label("Code", exact=True).wait_for()
    await dialog.get_by_label("Code", exact=True).fill(await site.code_for(address))
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(name).to_have_value("typed and kept")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True).first).to_be_visible()


async def test_signing_out_leaves_no_tab_behind(site: Site, browsing: Browsing) -> None:
    browsing.expected.append(REFUSED)
    context = await browsing.context(site)
    one = await open_tab(context, "/wallet")
    other = await open_tab(context, "/settings/keys")
    await one.get_by_role("button", name=re.compile("^Account")).click()
    await one.get_by_role("menuitem", name="Sign out").click()
    for tab in (one, other):
        await tab.wait_for_url(f"{site.url}/")
        await expect(tab.get_by_role("heading", name="Say what you want to see.")).to_be_visible()
