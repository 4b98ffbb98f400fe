"""People of partners come into a whole house, work there, and pay with what they were given."""

import time

import jwt
import pytest
from aiohttp import ClientSession, CookieJar

from gesso.domain.identity import Role
from tests.house.person import Person
from tests.house.world import Home
from tests.ways.provider import CLIENT, SECRET, Provider, private_key, public_jwk
from tests.ways.waystation import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_somebody_signs_in_at_their_issuer_and_makes_a_picture(home: Home) -> None:
    admin = await home.person(0, Role.ADMIN)
    async with (
        Provider().open() as issuer,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        subject = f"anna-{admin.id}"
        issuer.person = {
            "sub": subject, "email": f"{subject}@example.org", "email_verified": True,
        }  # fmt: skip
        channel = {
            "slug": "their-issuer", "name": "Theirs", "kind": "oidc", "issuer": issuer.url,
            "client_id": CLIENT, "secret": SECRET, "start_credits": "5",
        }  # fmt: skip
        made = await admin.ask("POST", "/channels", channel)
        assert made.status == 201, made
        listed = (await admin.ask("GET", "/auth/channels")).body["items"]
        assert "their-issuer" in {each["slug"] for each in listed}
        browser = Browser(session, home.url)
        assert (await browser.sign_in("their-issuer")).location == "/workspace"
        assert (await browser.me() or {})["email"] == issuer.person["email"]
        csrf = next(each.value for each in session.cookie_jar if each.key.endswith("csrf"))
        sent = {"X-CSRF-Token": csrf, "Origin": home.url}
        order = {"type": "sketch", "prompt": "a door", "tier": "fast"}
        async with session.post(f"{home.url}/api/v1/tasks", json=order, headers=sent) as answer:
            assert answer.status == 202, await answer.text()
        await admin.ask("POST", f"/channels/{made.body['id']}/close")
        assert (await browser.get("/auth/sso/their-issuer/start")).code == "channel_not_found"


async def test_a_partner_hands_somebody_over_who_makes_a_picture(home: Home) -> None:
    admin, now = await home.person(0, Role.ADMIN), int(time.time())
    channel = {
        "slug": "a-partner", "name": "Partner", "kind": "handover", "trusts_email": True,
        "issuer": "https://partner.example", "keys": [public_jwk("EC", "ES256")],
        "start_credits": "5",
    }  # fmt: skip
    made = await admin.ask("POST", "/channels", channel)
    assert made.status == 201, made
    claims = {
        "iss": "https://partner.example", "aud": made.body["address"], "sub": "7",
        "jti": str(admin.id), "iat": now, "exp": now + 60, "email": f"p-{admin.id}@example.org",
    }  # fmt: skip
    token = jwt.encode(claims, private_key("EC"), algorithm="ES256", headers={"kid": "EC-0"})
    url = f"{home.url}/auth/handover/a-partner"
    async with home.web.post(url, data={"token": token}) as answer:
        body = await answer.json()
        assert answer.status == 200, body
    anna = Person(home.web, body["access_token"], admin.id)
    assert (await anna.make("sketch", prompt="a door", tier="fast"))["status"] == "completed"
    async with home.web.post(url, data={"token": token}) as answer:
        assert (await answer.json())["code"] == "token_used"
    await admin.ask("POST", f"/channels/{made.body['id']}/close")
