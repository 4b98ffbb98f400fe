"""Uploads in the form: how far it is, what was wrong, and that a cancelled one leaves nothing."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.house.browser import LOOKS, Browsing, Look, call, shoot, violations
from tests.house.site import Site
from tests.unit.media.corpus import located_jpeg, picture, saved

expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PATIENCE = 180_000


async def pick(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the system's own dialog."""
    async with page.expect_file_chooser() as asked:
        await page.get_by_role("button", name="Upload · Image").click()
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    await (await asked.value).set_files(file)  # type: ignore[arg-type]  # a FilePayload


async def files(page: Page) -> list[dict[str, object]]:
    """What the server has of theirs."""
    items: list[dict[str, object]] = (await call(page, "GET", "/assets"))["items"]
    return items


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_a_picture_is_sent_in_and_worked_with(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/workspace?op=image_to_3d&view=make", look=look)
    await pick(page, "holiday.jpg", located_jpeg())
    await expect(page.get_by_alt_text("Chosen")).to_be_visible()
    assert await violations(page) == []
    await shoot(page, f"upload-there-{request.node.callspec.id}")
    [uploaded] = await files(page)
    await page.locator("[data-submit-bar] button[type=submit]").click()
    task = page.locator("[data-task]").first
    await expect(task).to_have_attribute("data-task", "completed", timeout=PATIENCE)
    made = await files(page)
    assert [each["id"] for each in made if each["kind"] == "image"] == [uploaded["id"]]
    assert [each["kind"] for each in made] == ["model", "image"]


async def test_what_is_no_picture_is_refused_with_a_reason(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("Failed to load resource")
    page = await browsing.page(site, "/workspace?op=image_to_3d")
    await pick(page, "holiday.png", b"MZ\x90\0" + bytes(4000))
    said = page.get_by_role("alert").filter(has_text="not a kind of file that is taken")
    await expect(said).to_be_visible()
    assert await violations(page) == []
    await shoot(page, "upload-refused")
    assert await files(page) == []


async def test_one_that_is_cancelled_leaves_nothing(
    site: Site, browsing: Browsing, tmp_path: Path
) -> None:
    page = await browsing.page(site, "/workspace?op=image_to_3d")
    line = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    await line.send("Network.emulateNetworkConditions", slow)
    await pick(page, "large.png", saved(picture(2000, 1500), "BMP"))
    bar = page.get_by_role("progressbar", name="Upload of large.png")
    await expect(bar).to_be_visible()
    await expect(page.get_by_text("large.png · ")).to_contain_text("%")
    await shoot(page, "upload-coming")
    await page.get_by_role("button", name="Cancel").click()
    await expect(bar).to_be_hidden()
    await line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    assert await files(page) == []
    await pick(page, "small.png", saved(picture(), "PNG"))
    await expect(page.get_by_alt_text("Chosen")).to_be_visible()


async def test_what_is_there_can_be_chosen_again(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace?op=image_to_3d")
    await pick(page, "one.png", saved(picture(), "PNG"))
    await expect(page.get_by_alt_text("Chosen")).to_be_visible()
    await page.get_by_role("button", name="Change · Image").click()
    shelf = page.get_by_role("dialog", name="Choose an image of yours")
    await expect(shelf.get_by_role("button", name="Uploaded")).to_have_count(1)
    assert await violations(page) == []
    await shoot(page, "upload-shelf")
    await shelf.get_by_role("button", name="Uploaded").click()
    await expect(shelf).to_be_hidden()
