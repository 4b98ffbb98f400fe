"""History: ten thousand tasks in a browser, found again, chosen, made once more."""

import re
from typing import Any

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
from tests.house.many_tasks import write_tasks
from tests.house.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

MANY = 10_000
NODES = 1_500
"""What a page may hold, however long the list is."""
ORDER = {"type": "text_to_image", "prompt": "a lighthouse on a rock", "count": 1, "tier": "fast"}

_SCROLL = """async () => {
  let nodes = 0
  const height = document.documentElement.scrollHeight
  const begun = performance.now()
  await new Promise((done) => {
    const step = () => {
      const share = Math.min(1, (performance.now() - begun) / 5000)
      scrollTo(0, height * share)
      nodes = Math.max(nodes, document.querySelectorAll('*').length)
      if (share < 1) requestAnimationFrame(step)
      else done()
    }
    step()
  })
  return { nodes, height }
}"""


async def _with_tasks(site: Site, browsing: Browsing, count: int, path: str, look: Look) -> Page:
    address = await site.person()
    await write_tasks(site, address, count, over_days=3 if count < 100 else 400)
    return await browsing.page(site, path, who=address, look=look)


def _entry(page: Page, index: int) -> Any:
    return page.locator(f'[data-index="{index}"]')


@pytest.mark.parametrize("view", ["rows", "grid"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_the_list_can_be_read_by_everybody(
    site: Site, browsing: Browsing, look: Look, view: str, request: pytest.FixtureRequest
) -> None:
    page = await _with_tasks(site, browsing, 40, f"/history?view={view}", look)
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"history-{request.node.callspec.id}")


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_nothing_yet_and_nothing_found_say_what_to_do(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/history", look=look)
    await expect(page.get_by_role("link", name="Make something")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, f"history-empty-{request.node.callspec.id}")
    await page.goto("/history?q=nothing-like-this")
    await expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()
    await page.get_by_role("main").get_by_role("button", name="Clear").last.click()
    await expect(page).to_have_url(re.compile(r"/history$"))


async def test_ten_thousand_tasks_are_a_few_nodes_from_end_to_end(
    site: Site, browsing: Browsing
) -> None:
    look = {"viewport": {"width": 1920, "height": 1080}}
    page = await _with_tasks(site, browsing, MANY, "/history", look)
    await expect(page.get_by_text("10,000 tasks")).to_be_visible()
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    went = await page.evaluate(_SCROLL)
    assert went["height"] > MANY * 50
    assert went["nodes"] <= NODES, went
    await expect(_entry(page, MANY - 1).get_by_role("link")).to_be_visible()


async def test_whoever_opens_a_task_comes_back_to_it(site: Site, browsing: Browsing) -> None:
    page = await _with_tasks(site, browsing, 400, "/history", LOOKS["light"])
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    link = page.locator("[data-index] a").nth(12)
    await expect(link).to_be_visible()
    index = await link.evaluate("(link) => link.closest('[data-index]').dataset.index")
    place = await page.evaluate("scrollY")
    await link.click()
    await expect(page).to_have_url(re.compile("/tasks/task_"))
    await expect(page.locator("[data-index]")).to_have_count(0)
    await page.go_back()
    await expect(_entry(page, int(index))).to_be_focused()
    assert abs(await page.evaluate("scrollY") - place) < 100


async def test_a_new_task_waits_above_and_joins_when_asked(site: Site, browsing: Browsing) -> None:
    page = await _with_tasks(site, browsing, 20, "/history", LOOKS["light"])
    first = _entry(page, 0).get_by_role("link")
    await expect(first).to_have_text(re.compile("number 19"))
    made = await call(page, "POST", "/tasks", ORDER)
    await page.get_by_role("button", name="1 new").click()
    await expect(first).to_have_text("a lighthouse on a rock")
    await expect(_entry(page, 0)).to_contain_text("Done", timeout=60_000)
    await expect(_entry(page, 0).get_by_role("img")).to_be_visible()
    assert made["id"]


async def test_the_first_task_of_all_joins_by_itself(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/history")
    await expect(page.get_by_role("link", name="Make something")).to_be_visible()
    await call(page, "POST", "/tasks", ORDER)
    await expect(_entry(page, 0).get_by_role("link")).to_have_text("a lighthouse on a rock")
    await expect(page.get_by_text("1 task", exact=True).first).to_be_visible()


async def test_the_keyboard_goes_chooses_and_unchooses(site: Site, browsing: Browsing) -> None:
    page = await _with_tasks(site, browsing, 40, "/history", LOOKS["light"])
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    await page.keyboard.press("j")
    await expect(_entry(page, 1)).to_be_focused()
    await page.keyboard.press("x")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(_entry(page, 3)).to_be_focused()
    await page.keyboard.press("Shift+X")
    await expect(page.get_by_text("3 selected")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "history-selected")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("3 selected")).to_be_hidden()
    await page.keyboard.press("/")
    await page.keyboard.type("frozen lake")
    await expect(page).to_have_url(re.compile("q=frozen"))
    await expect(_entry(page, 0)).to_contain_text("frozen lake")


async def test_filters_stand_in_the_address(site: Site, browsing: Browsing) -> None:
    page = await _with_tasks(site, browsing, 40, "/history", LOOKS["light"])
    await page.get_by_role("button", name="Status").click()
    await page.get_by_label("Failed").click()
    await expect(page).to_have_url(re.compile(r"status=failed"))
    await page.keyboard.press("Escape")
    await expect(_entry(page, 0)).to_contain_text("Failed")
    other = await open_tab(page.context, page.url)
    await expect(_entry(other, 0)).to_contain_text("not charged")


async def test_running_again_tells_its_price_and_is_done_once(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace")
    await call(page, "POST", "/tasks", ORDER)
    await page.goto("/history")
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    await _entry(page, 0).focus()
    await page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name=re.compile("^Run again · up to"))
    await expect(button).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "history-run-again")
    await button.dblclick()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="1 new")).to_be_visible()
    tasks = await call(page, "GET", "/tasks")
    assert len(tasks["items"]) == 2


async def test_cancelling_what_has_ended_is_told_to_be_nothing(
    site: Site, browsing: Browsing
) -> None:
    page = await _with_tasks(site, browsing, 130, "/history", LOOKS["light"])
    await expect(_entry(page, 0).get_by_role("link")).to_be_visible()
    await page.keyboard.press("x")
    await page.get_by_role("button", name="Select all 130").click()
    await expect(page.get_by_text("130 selected")).to_be_visible()
    await page.get_by_role("toolbar").get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("All of these have ended already")).to_be_visible()
    assert await violations(page) == []
