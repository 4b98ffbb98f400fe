"""The operator's pages: what needs somebody, and what may be done about it."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.house.browser import LOOKS, Browsing, Look, call, scrolls_sideways, shoot, violations
from tests.house.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PAGES = ("overview", "queues", "jobs", "holds", "providers", "dead-letters", "tail")
ORDER = {"type": "text_to_image", "prompt": "a lighthouse", "count": 1, "tier": "fast"}


async def _live(page: Page) -> None:
    await expect(page.get_by_text("● live")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_every_page_can_be_read_by_everybody(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/admin", role="operator", look=look)
    found = {}
    for name in PAGES:
        await page.goto(f"/admin/{name}")
        await _live(page)
        await expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        await shoot(page, f"console-{name}-{request.node.callspec.id}")
        found[name] = await violations(page), await scrolls_sideways(page)
    assert found == dict.fromkeys(PAGES, ([], False))


async def test_nobody_else_finds_it(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/admin/queues")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


async def test_a_queue_is_paused_with_what_waits_and_goes_on(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/admin/queues", role="operator")
    row = page.get_by_role("row", name=re.compile("^image"))
    await row.get_by_role("button", name="Pause image").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("What comes will wait until it is resumed.")).to_be_visible()
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("paused")
    task = await call(page, "POST", "/tasks", ORDER)

    await page.goto("/admin/overview")
    need = page.get_by_role("listitem").filter(has_text="Queue image is paused: 1 wait")
    # What was read just before the order came is read again a few seconds later.
    await expect(need).to_be_visible(timeout=15_000)
    await shoot(page, "console-needs")
    await need.get_by_role("link", name="Review").click()
    await page.get_by_role("button", name="Resume image").click()
    await expect(row).to_contain_text("running")
    await page.wait_for_function(
        """async (id) => {
          const response = await fetch(`/api/v1/tasks/${id}`)
          return (await response.json()).status === 'completed'
        }""",
        arg=task["id"],
        polling=500,
        timeout=90_000,
    )


async def test_limits_tell_their_effect_before_they_are_saved(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/admin/queues", role="operator")
    await page.get_by_role("button", name="Edit video").click()
    sheet = page.get_by_role("dialog")
    field = sheet.get_by_label("At once")
    await field.fill("0.5")
    await expect(sheet.get_by_text("Between 0 and 100,000.")).to_be_visible()
    await field.fill("6")
    await expect(sheet.get_by_text("6 at once instead of")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "console-limits")
    await sheet.get_by_role("button", name="Save").click()
    await expect(sheet).to_be_hidden()
    await expect(page.get_by_role("row", name=re.compile("^video"))).to_contain_text("/ 6")


async def test_the_tail_shows_what_happens_and_filters_it(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/admin/tail", role="operator")
    await _live(page)
    await call(page, "POST", "/tasks", ORDER)
    log = page.get_by_role("log")
    await expect(log.get_by_text("task.completed").first).to_be_visible(timeout=90_000)
    await expect(log.get_by_text("wallet.changed").first).to_be_visible()
    await shoot(page, "console-tail-full")
    await page.keyboard.press("/")
    await page.keyboard.type("type:job.*")
    await expect(log.get_by_text("wallet.changed")).to_have_count(0)
    await expect(log.get_by_text("job.completed").first).to_be_visible()
    await expect(page).to_have_url(re.compile("filter=type"))
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert await violations(page) == []


async def test_an_idle_console_asks_for_nothing(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/admin/overview", role="operator")
    await _live(page)
    await page.wait_for_load_state("load")
    asked: list[str] = []
    # What the opening itself set off comes to rest first.
    await page.wait_for_timeout(8_000)
    page.on("request", lambda request: asked.append(request.url))
    await page.wait_for_timeout(15_000)
    assert asked == []


async def test_the_palette_goes_anywhere(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/history", role="operator")
    await page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("combobox")
    await expect(field).to_be_focused()
    assert await violations(page) == []
    await shoot(page, "palette")
    await field.fill("queu")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/admin/queues$"))
    await expect(dialog).to_be_hidden()
