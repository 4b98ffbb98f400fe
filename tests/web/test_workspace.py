"""The workspace: from words to a model, at the price that was shown, with nothing lost."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.house.browser import (
    DARK,
    LOOKS,
    PHONE,
    WIDE,
    Browsing,
    Look,
    call,
    scrolls_sideways,
    shoot,
    violations,
)
from tests.house.site import Site

# A busy machine may take its time over anything.
expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PATIENCE = 180_000
"""Milliseconds; four pictures take their time on a busy machine."""
LIGHTHOUSE = "a small lighthouse on a rock in the sea"


async def _prompt(page: Page, words: str) -> None:
    await page.locator("[data-prompt]").fill(words)
    await expect(_button(page)).to_have_text(re.compile("credit"))
    # The price of before the last letter stands there dimmed, until the new one comes.
    await expect(page.locator("[data-submit-bar] [aria-busy=true]")).to_have_count(0)


def _button(page: Page) -> Locator:
    return page.locator("[data-submit-bar] button[type=submit]")


async def _tasks(page: Page) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await call(page, "GET", "/tasks"))["items"]
    return items


@pytest.mark.parametrize("look", [*LOOKS.values(), WIDE], ids=[*LOOKS, "wide"])
async def test_an_empty_workspace_says_what_will_be_there(
    site: Site, browsing: Browsing, look: Look, request: pytest.FixtureRequest
) -> None:
    page = await browsing.page(site, "/workspace?view=make", look=look)
    await expect(_button(page)).to_have_text("Make 4 images · up to 4 credits")
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, f"workspace-empty-{request.node.callspec.id}")


async def test_four_pictures_become_one_model_by_keyboard_alone(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace", credits=50)
    await _prompt(page, LIGHTHOUSE)
    await page.locator("[data-prompt]").press("Control+Enter")
    task = page.locator("[data-task]")
    await expect(page.locator("[data-task-name]")).to_have_text(LIGHTHOUSE)
    await expect(page.locator("[data-slot]")).to_have_count(4)
    sizes = await _sizes(page)

    await page.reload()
    await expect(page.locator("[data-task-name]")).to_have_text(LIGHTHOUSE)
    await expect(task).to_have_attribute("data-task", "awaiting_selection", timeout=PATIENCE)
    assert await _sizes(page) == sizes
    assert await violations(page) == []
    await shoot(page, "workspace-choose")

    await page.keyboard.press("2")
    await expect(page.locator('[data-piece="1"]')).to_have_attribute("aria-checked", "true")
    await page.keyboard.press("Enter")
    await expect(task).to_have_attribute("data-task", "completed", timeout=PATIENCE)
    await expect(page.get_by_text("9 charged").first).to_be_visible()
    wallet = await call(page, "GET", "/wallet")
    assert (wallet["available"], wallet["frozen"]) == ("41", "0")
    await shoot(page, "workspace-model")

    await page.get_by_role("button", name="Turn it in 3D").click()
    await expect(page.locator("model-viewer")).to_have_js_property("loaded", True, timeout=PATIENCE)
    await expect(page.get_by_role("toolbar", name="3D view")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("w")
    await expect(page.get_by_role("button", name="Wireframe")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_role("button", name="Turn right").click()
    await page.get_by_role("button", name="Reset the camera").click()


async def _sizes(page: Page) -> list[tuple[int, int]]:
    boxes = await page.locator("[data-slot]").evaluate_all(
        "slots => slots.map((s) => [s.clientWidth, s.clientHeight])"
    )
    return [(width, height) for width, height in boxes]


async def test_a_double_click_gives_one_task(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "a red door")
    await _button(page).dblclick()
    await expect(page.locator("[data-task-name]")).to_have_text("a red door")
    assert len(await _tasks(page)) == 1


async def test_an_answer_that_was_lost_is_asked_for_again_not_made_again(
    site: Site, browsing: Browsing
) -> None:
    browsing.expected.append("ERR_FAILED|Failed to load resource")
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "a blue door")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/api/v1/tasks", lose, times=1)
    await _button(page).click()
    await expect(page.get_by_text("No answer came back")).to_be_visible()
    await page.reload()
    await expect(page.locator("[data-prompt]")).to_have_value("a blue door")
    await expect(_button(page)).to_have_text(re.compile("credit"))
    await _button(page).click()
    await expect(page.locator("[data-task-name]")).to_have_text("a blue door")
    assert len(await _tasks(page)) == 1
    assert (await call(page, "GET", "/wallet"))["total"] in ("100", "99")


async def test_the_last_price_wins_however_late_the_others_come(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "doors")
    late = iter((1.2, 0.8, 0.4, 0.1, 0))

    async def slow(route: Route) -> None:
        await asyncio.sleep(next(late, 0))
        await route.continue_()

    await page.route("**/tasks/estimate", slow)
    count = page.get_by_role("spinbutton", name="How many")
    for pictures in ("2", "3", "4", "5", "7"):
        await count.fill(pictures)
        await asyncio.sleep(0.3)
    await expect(_button(page)).to_have_text("Make 7 images · up to 7 credits")
    await _button(page).click()
    await expect(page.locator("[data-task-name]")).to_have_text("doors")
    [task] = await _tasks(page)
    cost = task["cost"]
    assert isinstance(cost, dict)
    assert cost["held"] == "7"


async def test_too_few_credits_are_said_on_the_button_and_nothing_is_sent(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace?op=text_to_video", credits=3)
    await page.locator("[data-prompt]").fill("waves")
    short = page.get_by_role("link", name="5 credits needed · you have 3.00")
    await expect(short).to_have_attribute("href", "/wallet")
    assert await _tasks(page) == []
    assert await violations(page) == []
    await shoot(page, "workspace-short")


async def test_a_dearer_price_is_shown_before_it_is_held(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("409")
    page = await browsing.page(site, "/workspace?op=text_to_image")

    async def cheaper(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        await route.fulfill(response=answer, json={**told, "held": "0.5"})

    await page.route("**/tasks/estimate", cheaper)
    await _prompt(page, "a green door")
    await page.unroute("**/tasks/estimate")
    await _button(page).click()
    await expect(page.get_by_role("alert")).to_contain_text("it is 1 credit now")
    assert await _tasks(page) == []
    await expect(_button(page)).to_have_text("Make the image · up to 1 credit")
    await _button(page).click()
    await expect(page.locator("[data-task-name]")).to_have_text("a green door")


async def test_a_busy_server_is_told_and_the_form_stays(site: Site, browsing: Browsing) -> None:
    browsing.expected.append("503")
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "a white door")

    async def busy(route: Route) -> None:
        problem = '{"status":503,"code":"unavailable","detail":"Busy.","title":"Busy"}'
        headers = {"content-type": "application/problem+json", "retry-after": "2"}
        await route.fulfill(status=503, headers=headers, body=problem)

    await page.route("**/api/v1/tasks", busy, times=1)
    await _button(page).click()
    await expect(page.get_by_role("alert")).to_contain_text("Try again in 2 seconds")
    assert await violations(page) == []
    await expect(page.locator("[data-prompt]")).to_have_value("a white door")


async def test_what_is_missing_is_said_at_its_field(site: Site, browsing: Browsing) -> None:
    page = await browsing.page(site, "/workspace?op=text_to_image", look=DARK)
    await expect(_button(page)).to_have_text(re.compile("credit"))
    await _button(page).click()
    await expect(page.get_by_role("alert")).to_have_text("This is needed.")
    await expect(page.locator("[data-prompt]")).to_be_focused()
    assert await violations(page) == []


async def test_offline_nothing_is_sent_and_nothing_forgotten(
    site: Site, browsing: Browsing
) -> None:
    browsing.expected.append("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "a black door")
    await page.context.set_offline(True)
    await expect(_button(page)).to_have_attribute("aria-disabled", "true")
    await page.locator("[data-prompt]").fill("a black door, ajar")
    await page.context.set_offline(False)
    await expect(_button(page)).not_to_have_attribute("aria-disabled", "true")
    await _button(page).click()
    await expect(page.locator("[data-task-name]")).to_have_text("a black door, ajar")
    assert len(await _tasks(page)) == 1


async def test_a_phone_shows_one_half_and_one_primary_action(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace?view=make", look=PHONE)
    await _prompt(page, LIGHTHOUSE)
    await shoot(page, "workspace-phone-make")
    await _button(page).click()
    await expect(page.locator("[data-task-name]")).to_have_text(LIGHTHOUSE)
    await expect(_button(page)).to_be_hidden()
    await shoot(page, "workspace-phone-wait")
    await expect(page.locator("[data-task=awaiting_selection]")).to_be_visible(timeout=PATIENCE)
    await page.locator('[data-piece="2"]').click()
    await expect(
        page.get_by_role("button", name=re.compile("Make 3D from image 3"))
    ).to_be_visible()
    assert await violations(page) == []
    assert not await scrolls_sideways(page)
    await shoot(page, "workspace-phone-pick")


async def test_the_form_is_shown_as_the_request_that_it_sends(
    site: Site, browsing: Browsing
) -> None:
    page = await browsing.page(site, "/workspace?op=text_to_image")
    await _prompt(page, "it's a door")
    await page.get_by_role("button", name="Show as request").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(f"curl '{site.url}/api/v1/tasks'")
    await expect(dialog).to_contain_text(r"it'\''s a door")
    assert await violations(page) == []
    await shoot(page, "workspace-request")
