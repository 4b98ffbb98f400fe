"""A browser's session is in cookies that no page can read, and no other site can write by them."""

import asyncio
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from gesso.infra.db import Database
from tests.domain.history import pass_time
from tests.domain.people import new_key
from tests.sessions.guesthouse import Guests, new_house, open_guesthouse

COOKIES = {"Gesso-Cookies": "1"}
JSON = "application/json"


class Browser:
    """Keeps cookies, and sends what a page of ours would."""

    def __init__(self, guests: Guests) -> None:
        self.guests = guests
        self.jar: dict[str, str] = {}
        self.set: dict[str, Morsel[str]] = {}
        self.body: dict[str, Any] = {}

    async def sign_in(self) -> None:
        path = "/api/v1/come-in/anna@example.org"
        async with self.guests.web.post(path, headers=COOKIES) as answer:
            self.body = await answer.json()
            self.keep(answer)

    def keep(self, answer: ClientResponse) -> None:
        """Keep the cookies of an answer."""
        for line in answer.headers.getall("Set-Cookie", []):
            cookie: SimpleCookie = SimpleCookie(line)
            for name, morsel in cookie.items():
                self.set[name] = morsel
                self.jar[name] = morsel.value

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    @property
    def page(self) -> dict[str, str]:
        """What a page of ours sends with a write."""
        return {
            "Cookie": self.cookie,
            "Content-Type": JSON,
            "X-CSRF-Token": self.body["csrf_token"],
            "Sec-Fetch-Site": "same-origin",
        }

    async def post(
        self, headers: dict[str, str], path: str = "/errand", body: str = '{"what": "bread"}'
    ) -> tuple[int, Any]:
        """The status and the body of the answer; its cookies are kept."""
        url = f"/api/v1{path}"
        async with self.guests.web.post(url, data=body, headers=headers) as answer:
            self.keep(answer)
            return answer.status, await answer.json() if answer.content_length else None


@pytest.fixture
async def browser(guests: Guests) -> Browser:
    """Somebody's browser, signed in."""
    await guests.guest()
    made = Browser(guests)
    await made.sign_in()
    return made


def facts(morsel: Morsel[str]) -> tuple[str, str, str, bool, bool]:
    return (
        morsel["path"], morsel["samesite"].lower(), morsel["max-age"],
        bool(morsel["httponly"]), bool(morsel["secure"]),
    )  # fmt: skip


async def test_no_token_stands_in_the_body(browser: Browser) -> None:
    assert set(browser.body) == {"token_type", "expires_in", "csrf_token", "session_id"}
    assert {name: facts(morsel) for name, morsel in browser.set.items()} == {
        "gesso-access": ("/", "lax", "900", True, False),
        "gesso-refresh": (
            "/api/v1/auth",
            "strict",
            browser.set["gesso-refresh"]["max-age"],
            True,
            False,
        ),
        "gesso-csrf": ("/", "lax", browser.set["gesso-csrf"]["max-age"], False, False),
    }
    assert 2_591_990 <= int(browser.set["gesso-refresh"]["max-age"]) <= 2_592_000
    assert browser.jar["gesso-csrf"] == browser.body["csrf_token"]
    assert await browser.post(browser.page) == (200, "bread")


async def test_under_https_no_neighbour_can_set_them(database_url: str, tmp_path: Path) -> None:
    db = Database(database_url)
    house = new_house(db, tmp_path, server={"public_url": "https://gesso.test"})
    async with open_guesthouse(house) as guests:
        await guests.guest()
        browser = Browser(guests)
        await browser.sign_in()
        assert {name: facts(morsel)[:2] for name, morsel in browser.set.items()} == {
            "__Host-gesso-access": ("/", "lax"),
            "__Secure-gesso-refresh": ("/api/v1/auth", "strict"),
            "__Host-gesso-csrf": ("/", "lax"),
        }
        assert {morsel["secure"] for morsel in browser.set.values()} == {True}
        assert not any(morsel["domain"] for morsel in browser.set.values())
        assert await browser.post(browser.page) == (200, "bread")
        cookie = f"gesso-access={browser.jar['__Host-gesso-access']}"
        assert (await browser.post({**browser.page, "Cookie": cookie}))[0] == 401
        origin = {**browser.page, "Origin": "https://gesso.test"}
        del origin["Sec-Fetch-Site"]
        assert await browser.post(origin) == (200, "bread")
    await db.close()


WRONG: dict[str, dict[str, str | None]] = {
    "no CSRF token": {"X-CSRF-Token": None},
    "an empty CSRF token": {"X-CSRF-Token": ""},
    "another CSRF token": {"X-CSRF-Token": "A" * 43},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "plain text": {"Content-Type": "text/plain"},
    "no type": {"Content-Type": ""},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Sec-Fetch-Site": "same-site"},
    "another site, our origin": {"Sec-Fetch-Site": "cross-site", "Origin": "{here}"},
    "nothing of its origin": {"Sec-Fetch-Site": None},
    "another origin": {"Sec-Fetch-Site": None, "Origin": "http://elsewhere.test"},
    "no origin": {"Sec-Fetch-Site": None, "Origin": "null"},
    "our origin as a beginning": {"Sec-Fetch-Site": None, "Origin": "{here}.elsewhere.test"},
}
RIGHT: dict[str, dict[str, str | None]] = {
    "our page": {},
    "typed in": {"Sec-Fetch-Site": "none"},
    "an older browser": {"Sec-Fetch-Site": None, "Origin": "{here}"},
    "with a charset": {"Content-Type": "application/json; charset=utf-8"},
}


def changed(browser: Browser, change: dict[str, str | None]) -> dict[str, str]:
    here = str(browser.guests.web._base_url).rstrip("/")
    headers = {**browser.page, **change}
    return {name: value.format(here=here) for name, value in headers.items() if value is not None}


async def test_another_site_cannot_write(browser: Browser) -> None:
    for name, change in WRONG.items():
        headers = changed(browser, change)
        status, body = await browser.post(headers)
        assert (status, body["code"]) in {
            (403, "forged_request"),
            (415, "unsupported_media_type"),
        }, name
        for path in ("/auth/refresh", "/auth/logout"):
            assert (await browser.post(headers, path, ""))[0] == 403, (name, path)
    for name, change in RIGHT.items():
        assert await browser.post(changed(browser, change)) == (200, "bread"), name
    get = {"Cookie": browser.cookie, "Sec-Fetch-Site": "cross-site"}
    async with browser.guests.web.get("/api/v1/me", headers=get) as answer:
        assert answer.status == 200


async def test_a_token_of_another_session_is_no_proof(browser: Browser) -> None:
    other = Browser(browser.guests)
    await other.sign_in()
    crossed = {**browser.page, "X-CSRF-Token": other.body["csrf_token"]}
    status, body = await browser.post(crossed)
    assert (status, body["code"], body["missing"]) == (403, "forged_request", "csrf_token")


async def test_two_credentials_are_one_too_many(browser: Browser) -> None:
    anna = await browser.guests.guest("key@example.org")
    key = await new_key(browser.guests.db, anna, "tasks:write")
    bearer = {"Authorization": f"Bearer {key}"}
    for path in ("/errand", "/auth/refresh", "/auth/logout"):
        status, body = await browser.post({**browser.page, **bearer}, path)
        assert (status, body["code"]) == (400, "two_credentials")
    status, body = await browser.post(
        browser.page, "/auth/refresh", '{"refresh_token": "gsr_of_my_own"}'
    )
    assert (status, body["code"]) == (400, "two_credentials")
    status, body = await browser.post({**browser.page, "Authorization": ""})
    assert (status, body["code"]) == (400, "two_credentials")
    status, _ = await browser.post({**browser.page, "Cookie": f"gesso-access={key}"})
    assert status == 401  # a key has no business in a cookie, where no CSRF token guards it
    # A program is nobody's browser, and proves nothing beside its key.
    assert await browser.post({**bearer, "Content-Type": JSON}) == (200, "bread")


async def test_a_page_refreshes_and_leaves(browser: Browser) -> None:
    old, first = browser.jar["gesso-refresh"], browser.page
    status, body = await browser.post(first, "/auth/refresh", "")
    assert (status, set(body)) == (200, {"token_type", "expires_in", "csrf_token", "session_id"})
    assert browser.jar["gesso-refresh"] != old
    assert body["csrf_token"] == browser.body["csrf_token"]
    assert (await browser.post(browser.page))[0] == 200
    assert await browser.post(browser.page, "/auth/logout", "") == (204, None)
    assert {morsel["max-age"] for morsel in browser.set.values()} == {"0"}
    async with asyncio.timeout(2):
        while (await browser.post({**first}))[0] != 401:  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)
    assert (await browser.post(first, "/auth/refresh", ""))[0] == 401


async def test_a_copied_cookie_ends_the_session_and_is_taken_back(browser: Browser) -> None:
    stolen = browser.page
    for _ in range(2):
        assert (await browser.post(browser.page, "/auth/refresh", ""))[0] == 200
        pass_time(browser.guests.db, timedelta(seconds=6))  # not sooner, after the first
    status, body = await browser.post(stolen, "/auth/refresh", "")
    assert (status, body["code"]) == (401, "refresh_token_reused")
    assert {morsel["max-age"] for morsel in browser.set.values()} == {"0"}
