"""The wallet: exact to the last digit, its pictures told in words, its filters in the address."""

import csv
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.house.browser import (
    LOOKS,
    Browsing,
    Look,
    call,
    scrolls_sideways,
    shoot,
    violations,
)
from tests.house.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def _order(page: Page, number: int) -> None:
    order = {"type": "text_to_image", "prompt": f"an owl {number}", "seed": number}
    await call(page, "POST", "/tasks", order, **{"Idempotency-Key": f"wallet-{number}"})


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_the_wallet_can_be_read_by_everybody(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/wallet", look=look, credits=412)
    await expect(page.get_by_role("table", name="Statement")).to_be_visible()
    await expect(page.get_by_role("slider", name="Balance by day")).to_be_visible()
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"wallet-{request.node.callspec.id}", full=True)
    await page.get_by_role("radio", name="Table").click()
    await expect(page.get_by_role("table", name="Balance by day")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Redeem a code").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page) == []


async def test_available_and_held_make_what_is_posted(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/wallet", credits=100)
    for number in range(3):
        await _order(page, number)
    row = page.get_by_role("row").filter(has_text="Held").nth(1)
    await expect(row).to_be_visible()
    shown = await page.evaluate(
        "[...document.querySelectorAll('main dl dd')].map((each) => each.textContent)"
    )
    wallet = await call(page, "GET", "/wallet")
    available, held, posted = (round(float(each) * 1e6) for each in shown)
    assert available + held == posted
    assert posted == round(float(wallet["total"]) * 1e6)


async def test_arrows_go_from_day_to_day(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/wallet", credits=25)
    chart = page.get_by_role("slider", name="Balance by day")
    await chart.focus()
    await expect(chart).to_have_attribute(
        "aria-valuetext", re.compile(r": 25\.00 available, 0\.00 held$")
    )
    await page.keyboard.press("ArrowLeft")
    await expect(chart).to_have_attribute(
        "aria-valuetext", re.compile(r": 0\.00 available, 0\.00 held$")
    )
    await page.keyboard.press("Home")
    await expect(chart).to_have_attribute("aria-valuenow", "0")


async def test_a_view_of_the_statement_is_a_link(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/wallet", credits=25)
    await expect(page.get_by_text("Granted").first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Kind")).click()
    await page.get_by_role("menuitemcheckbox", name="Charged").click()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("kind="))
    await expect(page.get_by_text("No movement matches these filters.")).to_be_visible()
    assert await violations(page) == []
    await page.reload()
    await expect(page.get_by_role("button", name="Kind: Charged")).to_be_visible()
    await page.get_by_role("button", name="Clear").click()
    await expect(page.get_by_role("table", name="Statement")).to_be_visible()


async def test_the_file_says_what_the_page_says(
    site: Site, browsing: Browsing, tmp_path: Path
) -> None:
    page = await browsing.page(site, "/wallet", credits=25)
    await page.get_by_role("table", name="Statement").wait_for()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="CSV of this filter").click()
    file = tmp_path / "statement.csv"
    await (await coming.value).save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 1
    assert any(float(each) == 25 for each in rows[0].values() if re.fullmatch(r"[\d.]+", each))


async def test_a_code_that_nobody_made(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("status of 404")
    page = await browsing.page(site, "/wallet")
    await page.get_by_role("button", name="Redeem a code").click()
    await page.get_by_label("Code", exact=True).fill("ABCD-EFGH-JKLM")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Nobody made this code.")


async def test_a_failing_answer_says_so_and_is_asked_for_again(
    site: Site, browsing: Browsing
) -> None:
    browsing.expected.append("status of 500")
    context = await browsing.context(site)
    page = await context.new_page()
    answer = {"status": 500, "content_type": "application/problem+json"}
    body = '{"code": "internal", "detail": "It broke.", "trace_id": "0af7651916cd43dd"}'
    await page.route("**/api/v1/wallet/entries*", lambda route: route.fulfill(**answer, body=body))
    await page.goto("/wallet")
    failure = page.get_by_role("alert").filter(has_text="This could not be loaded.")
    await expect(failure).to_be_visible(timeout=20_000)
    assert await violations(page) == []
    await page.unroute("**/api/v1/wallet/entries*")
    await failure.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("table", name="Statement")).to_be_visible()
