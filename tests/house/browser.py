"""A real browser for tests of the pages: the system's Chromium, through Playwright.

A test asks for `site` and `browsing`, and writes

    page = await browsing.page(site, "/workspace", credits=50)          # signed in
    page = await browsing.page(site, "/", who=None, look=PHONE)         # a stranger with a phone

At its end no page may have asked another origin for anything, nor met an error of its own.
"""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright

from gesso.app.pages import BUILT, open_pages
from tests.house.databases import REQUIRED
from tests.house.site import Site

MISSING = "Chromium is missing"
UNBUILT = "The pages are not built: `make pages`"
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip

_ROOT: Final = Path(__file__).parents[2]
_AXE: Final = _ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS: Final = _ROOT / "build" / "shots"
"""Where screenshots lie, to be looked at."""

Look = Mapping[str, Any]
LIGHT: Final[Look] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}}
DARK: Final[Look] = {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}}
WIDE: Final[Look] = {"color_scheme": "light", "viewport": {"width": 1920, "height": 1080}}
PHONE: Final[Look] = {
    "color_scheme": "light", "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2, "has_touch": True, "is_mobile": True,
}  # fmt: skip
LOOKS: Final = {"light": LIGHT, "dark": DARK, "phone": PHONE}


@dataclass
class Browsing:
    """The browser of one test, and what its pages did that they should not."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Patterns of errors that a test brings about on purpose."""

    async def context(
        self,
        site: Site,
        *,
        who: str | None = "new",
        credits: int = 100,
        role: str = "user",
        look: Look = LIGHT,
        at: str | None = None,
        **options: Any,
    ) -> BrowserContext:
        """A browser with cookies of its own; `who` is an address, somebody new, or nobody. `at` is
        how the site is reached, if by another address than its own.
        """
        url = at or site.url
        options = {"locale": "en-GB", "reduced_motion": "reduce", **look, **options}
        context = await self.browser.new_context(base_url=url, **options)
        self.contexts.append(context)
        context.on("request", lambda request: self._watch(url, request))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda said: self._hear(said.type, said.text))
        if who is not None:
            address = await site.person(credits, role) if who == "new" else who
            await sign_in(context, site, address)
        return context

    async def page(self, site: Site, path: str = "/", **of_context: Any) -> Page:
        """A page at this address in a browser of its own, once the page has settled."""
        context = await self.context(site, **of_context)
        return await open_tab(context, path)

    async def end(self) -> None:
        """Close everything; fail if a page did what it should not."""
        for context in self.contexts:
            await context.close()
        assert not self.foreign, f"pages asked another origin: {self.foreign}"
        wild = [
            error
            for error in self.errors
            if not any(re.search(pattern, error) for pattern in self.expected)
        ]
        assert not wild, wild

    def _watch(self, url: str, request: Request) -> None:
        if not request.url.startswith((f"{url}/", "data:", f"blob:{url}")):
            self.foreign.append(request.url)

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)


async def open_tab(context: BrowserContext, path: str) -> Page:
    """One more tab of this browser, once its page is there."""
    page = await context.new_page()
    await page.goto(path)
    await page.locator("main h1").first.wait_for()
    return page


async def sign_in(context: BrowserContext, site: Site, address: str) -> None:
    """Sign somebody in by the code in their letter; the cookies stay in the browser."""
    home = {"X-Forwarded-For": ".".join(["10", *(str(each) for each in os.urandom(3))])}
    begun = await context.request.post(
        "/api/v1/auth/email-code", data={"email": address}, headers=home
    )
    assert begun.status == 202, await begun.text()
    code = await site.code_for(address)
    proof = {"challenge_id": (await begun.json())["challenge_id"], "code": code}
    headers = {"Gesso-Cookies": "1"}
    done = await context.request.post("/api/v1/auth/verify", data=proof, headers=headers)
    assert done.ok, await done.text()


async def call(page: Page, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Ask the API as the page itself would, with its cookies and its CSRF token."""
    return await page.evaluate(
        """async ({ method, path, body, headers }) => {
          const csrf = /gesso-csrf=([^;]+)/.exec(document.cookie)?.[1] ?? ''
          const response = await fetch(`/api/v1${path}`, {
            method,
            headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, ...headers },
            body: body === null ? undefined : JSON.stringify(body),
          })
          const text = await response.text()
          if (!response.ok) throw new Error(`${response.status} ${text}`)
          return text ? JSON.parse(text) : null
        }""",
        {"method": method, "path": path, "body": body, "headers": headers},
    )


async def violations(page: Page, *, within: str | None = None) -> list[str]:
    """What axe finds against WCAG 2.2 AA on this page once it is at rest, one line each."""
    await _rest(page)
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        """async (within) => {
          const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
          const options = { runOnly: { type: 'tag', values: tags } }
          const { violations } = await axe.run(within ?? document, options)
          return violations.flatMap(({ id, help, nodes }) =>
            nodes.map((node) => `${id}: ${help}\\n  ${node.html}\\n  ${node.failureSummary}`))
        }""",
        within,
    )
    return [str(each) for each in found]


async def _rest(page: Page) -> None:
    """Wait until what fades or slides has arrived: half-way, its colours are nobody's choice."""
    await page.evaluate(
        """() => {
          const ends = (animation) => animation.effect?.getComputedTiming().endTime !== Infinity
          const moving = document.getAnimations().filter(ends)
          return Promise.allSettled(moving.map(({ finished }) => finished)).then(() => null)
        }"""
    )


async def shoot(page: Page, name: str, *, full: bool = False) -> Path:
    """A screenshot for somebody to look at, in build/shots/."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    file = SHOTS / f"{name}.png"
    await page.evaluate("document.fonts.ready.then(() => null)")
    await page.screenshot(path=file, full_page=full, animations="disabled")
    return file


async def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(
        await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    )


def first_scripts() -> dict[str, int]:
    """Bytes, gzipped, of each script that every page fetches before it shows anything."""
    html = (_dist() / "index.html").read_text(encoding="utf-8")
    return _packed(re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', html))


async def fetched_scripts(page: Page) -> dict[str, int]:
    """Bytes, gzipped, of each script that this page has fetched by the time it is quiet."""
    await page.wait_for_load_state("networkidle")
    addresses = await page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"
    )
    return _packed([each.removeprefix("/") for each in addresses if each.endswith(".js")])


def _packed(names: list[str]) -> dict[str, int]:
    sizes = {}
    for name in names:
        packed = _dist() / f"{name}.gz"
        sizes[name] = (packed if packed.is_file() else _dist() / name).stat().st_size
    return sizes


def _dist() -> Path:
    return next(each for each in BUILT if (each / "index.html").is_file())


def manifest(dist: Path | None = None) -> dict[str, Any]:
    """Vite's own account of what it built."""
    folder = dist or BUILT[1]
    return dict(json.loads((folder / ".vite" / "manifest.json").read_text(encoding="utf-8")))


def _program() -> str:
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    missing = MISSING if found is None else UNBUILT if open_pages() is None else None
    if missing is None and found is not None:
        return found
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{missing}, and {REQUIRED}=1 says that it must be here", pytrace=False)
    pytest.skip(str(missing))


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser; without it or without pages tests are skipped, or fail where both must be."""
    program = _program()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
