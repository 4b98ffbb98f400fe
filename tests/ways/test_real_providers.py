"""The whole way with OpenID providers that others have written, as programs of their own."""

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from aiohttp import ClientConnectionError

from tests.ways.serve_canaille import CLIENT, PASSWORD, SECRET, USER
from tests.ways.waystation import Browser, Landed, Station, query_of

CANAILLE = Path(__file__).with_name("serve_canaille.py")


def free_port() -> int:
    with socket.socket() as sought:
        sought.bind(("127.0.0.1", 0))
        return int(sought.getsockname()[1])


@asynccontextmanager
async def program(port: int, *arguments: str) -> AsyncIterator[str]:
    """A server in a process of its own, once it answers; its address."""
    url, quiet = f"http://127.0.0.1:{port}", asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=quiet, stderr=quiet
    )
    try:
        async with asyncio.timeout(90):
            while not await _answers(port):
                assert process.returncode is None, f"{arguments} ended by itself"
                await asyncio.sleep(0.05)
        yield url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, ClientConnectionError):
        return False
    writer.close()
    return True


async def post(browser: Browser, url: str, **fields: str) -> Landed:
    """A form, as a person fills it in; a redirect is not followed."""
    async with browser.web.post(url, data=fields, allow_redirects=False) as answer:
        place = answer.headers.get("Location", "")
        return Landed(answer.status, await answer.text(), urljoin(url, place) if place else "")


async def test_oidc_provider_mock(outpost: Station) -> None:
    port, people = free_port(), {"sub": "anna-1", "email": "anna@example.org"}
    claims = json.dumps({**people, "email_verified": True})
    arguments = ("-m", "oidc_provider_mock", "--port", str(port), "--user-claims", claims)
    async with program(port, *arguments) as issuer:
        await outpost.channel(issuer=issuer, start_credits="1")
        anna = await outpost.browser()
        back = await post(anna, await anna.begin(), sub="anna-1")
        landed = await anna.get(back.location)
        assert (landed.status, landed.location) == (303, "/workspace"), landed
        assert (await anna.me() or {})["email"] == "anna@example.org"
        # The code was for one use, and for this browser; the provider checks the first.
        assert (await anna.get(back.location)).code == "sign_in_stale"
        # This one sends who declines back without the state.
        denied = await post(anna, await anna.begin(), action="deny")
        assert "state=" not in denied.location
        assert (await anna.get(denied.location)).code == "sign_in_cancelled"
        assert await anna.credits() == "1"


@pytest.mark.timeout(240)
async def test_canaille(outpost: Station, tmp_path: Path) -> None:
    """Pages, passwords and consent of its own; it enforces PKCE, and names itself (RFC 9207)."""
    port = free_port()
    callback = f"{outpost.site}/auth/sso/acme/callback"
    arguments = (str(CANAILLE), str(port), str(tmp_path), callback)
    async with program(port, *arguments) as issuer:
        await outpost.channel(
            issuer=issuer, client_id=CLIENT, secret=SECRET, start_credits="1", trusts_email=True
        )
        anna = await outpost.browser()
        home = await led_home(anna, await anna.begin())
        # Her code behind another sign-in of hers: the verifier is not the one that was promised.
        other = query_of(await anna.begin())["state"]
        code, named = query_of(home)["code"], query_of(home)["iss"]
        swapped = await anna.get(f"/auth/sso/acme/callback?state={other}&code={code}&iss={named}")
        assert (swapped.code, swapped.reason) == ("token_refused", "code")
        landed = await anna.get(await led_home(anna, await anna.begin()))
        assert (landed.status, landed.location) == (303, "/workspace"), landed
        assert (await anna.me() or {})["email"] == "anna@example.org"
        assert await anna.credits() == "1"


async def led_home(browser: Browser, url: str) -> str:
    """Go where Canaille leads, filling in what it asks; where it sends the browser in the end."""
    for _ in range(12):
        landed = await browser.get(url, Accept="text/html")
        if landed.status == 200:
            fields = hidden_in(landed.body)
            fields |= {"login": USER} if 'name="login"' in landed.body else {}
            fields |= {"password": PASSWORD} if 'name="password"' in landed.body else {}
            fields |= {"answer": "accept"} if 'name="answer"' in landed.body else {}
            landed = await post(browser, url, **fields)
        assert landed.location, landed
        url = urljoin(url, landed.location)
        if url.startswith(browser.site):
            return url
    raise AssertionError(f"led round in circles: {url}")


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        words = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if words.get("type") == "hidden" and "name" in words:
            found[words["name"]] = unescape(words.get("value", ""))
    return found
