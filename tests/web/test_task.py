"""A task's page: what it came to, what one can do with it, and the tray that leads there."""

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
from tests.house.site import Site

# A busy machine may take its time over anything.
expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PATIENCE = 180_000


async def _made(page: Page, **order: Any) -> str:
    task = await call(page, "POST", "/tasks", order)
    return str(task["id"])


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_pictures_can_be_looked_at_large_and_used_again(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/workspace", look=look)
    task = await _made(page, type="text_to_image", prompt="a red desert", count=2, tier="fast")
    await page.goto(f"/tasks/{task}")
    await expect(page.locator("[data-task=completed]")).to_be_visible(timeout=PATIENCE)
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"task-{request.node.callspec.id}")

    await page.get_by_role("button", name="Show image 1 large").click()
    large = page.get_by_role("dialog")
    await expect(large.get_by_role("img", name="Image 1 of 2 for: a red desert")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(large.get_by_role("img", name="Image 2 of 2 for: a red desert")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, f"task-large-{request.node.callspec.id}")
    await large.get_by_role("link", name="Upscale").click()
    await expect(page).to_have_url(re.compile("op=upscale&input=asset_"))
    await expect(page.get_by_role("img", name="Chosen")).to_be_visible()


async def test_a_film_plays_in_its_place(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace")
    order = {"prompt": "sunset over the sea", "seconds": 1, "tier": "fast"}
    task = await _made(page, type="text_to_video", **order)
    await page.goto(f"/tasks/{task}")
    film = page.locator("video")
    await expect(film).to_be_visible(timeout=PATIENCE)
    await expect(film).to_have_js_property("videoWidth", 512, timeout=PATIENCE)
    assert await violations(page) == []
    await shoot(page, "task-film")
    link = page.get_by_role("link", name=re.compile("^Download"))
    async with page.expect_download() as begun:
        await link.click()
    assert (await begun.value).suggested_filename.endswith(".mp4")


async def test_run_again_and_remix_begin_from_what_was(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace")
    task = await _made(page, type="text_to_image", prompt="a frozen lake", seed=7, tier="fast")
    await page.goto(f"/tasks/{task}")
    await expect(page.locator("[data-task=completed]")).to_be_visible(timeout=PATIENCE)
    await page.get_by_role("button", name="Run again · up to 1 credit").click()
    await expect(page).not_to_have_url(re.compile(task))
    await expect(page.locator("[data-task-name]")).to_have_text("a frozen lake")
    [newest, *_] = (await call(page, "GET", "/tasks"))["items"]
    again = await call(page, "GET", f"/tasks/{newest['id']}")
    assert again["params"]["prompt"] == "a frozen lake"
    assert again["params"]["seed"] is None

    await page.goto(f"/workspace?from={task}")
    await expect(page.locator("[data-prompt]")).to_have_value("a frozen lake")
    await expect(page.get_by_role("link", name="a frozen lake").first).to_be_visible()
    assert await violations(page) == []


async def test_two_windows_choose_and_both_see_the_same(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("409")
    page = await browsing.page(site, "/workspace", credits=50)
    task = await _made(page, type="text_to_3d", prompt="a mushroom", tier="fast")
    first = await open_tab(page.context, f"/tasks/{task}")
    await expect(first.locator("[data-task=awaiting_selection]")).to_be_visible(timeout=PATIENCE)
    await first.locator('[data-piece="0"]').click()
    await call(page, "PATCH", f"/tasks/{task}", {"selected_image_index": 3})
    await (
        first.get_by_role("button", name=re.compile("Make 3D|Asking"))
        .or_(first.locator("[data-task=running]"))
        .first.wait_for()
    )
    await expect(first.locator("[data-task=completed]")).to_be_visible(timeout=PATIENCE)
    assert (await call(page, "GET", f"/tasks/{task}"))["selected_image_index"] == 3
    assert (await call(page, "GET", "/wallet"))["total"] == "41"


async def test_the_tray_shows_what_runs_first_and_cancels_the_line(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace", credits=100)
    for number in range(12):
        await _made(page, type="text_to_video", prompt=f"wave {number}", seconds=8)
    await page.get_by_role("button", name=re.compile("running")).click()
    tray = page.get_by_role("dialog", name="Your tasks under way")
    await expect(tray.get_by_role("heading", name="In line")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "tray")
    await tray.get_by_role("button", name=re.compile("Cancel the [0-9]+ in line")).click()
    await tray.get_by_role("button", name=re.compile("Really cancel")).click()
    await expect(tray.get_by_role("heading", name="In line")).to_be_hidden(timeout=PATIENCE)
    running = (await call(page, "GET", "/tasks?status=running"))["items"]
    for each in running:
        await call(page, "POST", f"/tasks/{each['id']}/cancel")


async def test_a_browser_without_3d_keeps_poster_and_file(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace", credits=50)
    pictures = await _made(page, type="text_to_image", prompt="a vase", tier="fast")
    await page.goto(f"/tasks/{pictures}")
    await expect(page.locator("[data-task=completed]")).to_be_visible(timeout=PATIENCE)
    image = (await call(page, "GET", f"/tasks/{pictures}"))["outputs"][0]["asset_id"]
    model = await _made(page, type="image_to_3d", image=image, tier="fast")
    await page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    await page.goto(f"/tasks/{model}")
    await expect(page.get_by_text("3D cannot be shown here")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_role("img", name=re.compile("^3D model"))).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("^Download"))).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "task-without-3d")


async def test_a_foreign_task_is_nowhere(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("404|There is no such task")
    owner = await browsing.page(site, "/workspace")
    task = await _made(owner, type="text_to_image", prompt="mine", tier="fast")
    stranger = await browsing.page(site, f"/tasks/{task}")
    await expect(stranger.locator("h1")).to_have_text("There is nothing here")
