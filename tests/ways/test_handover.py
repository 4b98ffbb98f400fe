"""Partners hand people over by a signed token: once, here, and now."""

import asyncio
import time
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest

from gesso.domain.identity import User
from gesso.domain.sessions import Session
from gesso.domain.signin.handover_tables import HandoverUse
from tests.ways.provider import private_key, public_jwk, without
from tests.ways.waystation import HTML, Station

PARTNER = "https://partner.example"
SHARED = "a secret that a partner and we share"


def claims(station: Station, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return without(
        {
            "iss": PARTNER, "aud": f"{station.site}/auth/handover/podi", "sub": "42", "jti": "one",
            "iat": now, "exp": now + 60, "email": "anna@example.org", "email_verified": True,
            **more,
        }
    )  # fmt: skip


def signed(station: Station, kind: str = "OKP", algorithm: str = "EdDSA", **more: Any) -> str:
    head = {"kid": f"{kind}-0"}
    return jwt.encode(claims(station, **more), private_key(kind), algorithm=algorithm, headers=head)


async def partner(station: Station, slug: str = "podi", **facts: Any) -> dict[str, Any]:
    """A hand-over channel with a pinned key, unless the facts say otherwise."""
    ways = (
        {"keys": [public_jwk("OKP", "EdDSA")]} if not facts.keys() & {"secret", "jwks_url"} else {}
    )
    usual = {"kind": "handover", "issuer": PARTNER, "client_id": None, "secret": None}
    return await station.channel(slug, **{**usual, **ways, **facts})


def path(token: str, slug: str = "podi", **more: str) -> str:
    return f"/auth/handover/{slug}?{urlencode({'token': token, **more}, quote_via=quote)}"


async def test_a_partner_hands_somebody_over(station: Station) -> None:
    channel = await partner(
        station, start_credits="3", allowed_roles=["user", "operator"], claims={"role": "role"}
    )
    assert channel["address"] == f"{station.site}/auth/handover/podi"
    anna = await station.browser()
    token = signed(station, role="operator", state="/gallery")
    landed = await anna.get(path(token, state="/gallery"), **HTML)
    assert (landed.status, landed.location) == (303, "/gallery")
    me = await anna.me() or {}
    assert (me["email"], me["role"]) == ("anna@example.org", "operator")
    assert await anna.credits() == "3"
    # A program gets tokens; the same person comes again, by a form.
    form = {"token": signed(station, jti="two", role="operator")}
    async with station.web.post("/auth/handover/podi", data=form) as answer:
        body = await answer.json()
        assert answer.status == 200, body
    status, again = await station.ask("GET", "/me", key=body["access_token"])
    assert (status, again["id"]) == (200, me["id"])


async def test_a_token_opens_once_however_many_try(station: Station) -> None:
    await partner(station, start_credits="1")
    token = signed(station)
    browsers = [await station.browser() for _ in range(6)]
    landed = await asyncio.gather(*[each.get(path(token)) for each in browsers])
    assert sorted(each.status for each in landed) == [200] + [409] * 5
    assert {each.code for each in landed} == {None, "token_used"}
    # The same name on another token is the same token.
    again = await browsers[0].get(path(signed(station, sub="43", email="b@example.org")))
    assert again.code == "token_used"
    assert await station.count(Session) == await station.count(HandoverUse) == 1


@pytest.mark.parametrize(("kind", "algorithm"), [("EC", "ES256"), ("RSA", "RS256")])
async def test_keys_are_fetched_from_where_the_partner_publishes_them(
    outpost: Station, kind: str, algorithm: str
) -> None:
    outpost.provider.keys = [public_jwk(kind, algorithm)]
    await partner(outpost, jwks_url=f"{outpost.provider.url}/jwks")
    browser = await outpost.browser()
    assert (await browser.get(path(signed(outpost, kind, algorithm)))).status == 200


async def test_a_shared_secret_signs_where_that_was_agreed_and_nowhere_else(
    outpost: Station,
) -> None:
    await partner(outpost, secret=SHARED)
    browser = await outpost.browser()
    token = jwt.encode(claims(outpost), SHARED, algorithm="HS256")
    assert (await browser.get(path(token))).status == 200
    landed = await browser.get(path(signed(outpost)))
    assert (landed.code, landed.reason) == ("token_refused", "algorithm")
    aud = f"{outpost.site}/auth/handover/pinned"
    await partner(outpost, "pinned")
    forged = jwt.encode(claims(outpost, aud=aud), SHARED, algorithm="HS256")
    landed = await browser.get(path(forged, "pinned"))
    assert (landed.code, landed.reason) == ("token_refused", "algorithm")


async def test_no_other_token_is_taken(outpost: Station) -> None:
    await partner(outpost)
    await partner(outpost, "other")
    browser, now = await outpost.browser(), int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "audience": {"aud": f"{outpost.site}/auth/handover/other"},
        "audience ": {"aud": [f"{outpost.site}/auth/handover/podi"]},
        "audience  ": {"aud": None},
        "issuer": {"iss": "https://other.example"},
        "expired": {"exp": now - 120},
        "lifetime": {"exp": now + 3600},
        "issued_at": {"iat": now - 3600},
        "issued_at ": {"iat": now + 3600},
        "iat": {"iat": None},
        "exp": {"exp": None},
        "jti": {"jti": None},
        "jti ": {"jti": "j" * 201},
        "subject": {"sub": None},
        "subject ": {"sub": ""},
    }
    for reason, lie in wrong.items():
        landed = await browser.get(path(signed(outpost, **lie)))
        assert (landed.status, landed.reason) == (403, reason.strip()), lie
    # What the partner did not sign does not lead anywhere.
    landed = await browser.get(path(signed(outpost), state="/gallery"))
    assert landed.reason == "state"
    landed = await browser.get(path(signed(outpost, state="/a"), state="/b"))
    assert landed.reason == "state"
    assert (await browser.get(path(signed(outpost, email=None)))).code == "email_missing"
    unproved = await browser.get(path(signed(outpost, email_verified=None)))
    assert unproved.code == "email_unverified"
    for slug in ("local", "nobody"):
        assert (await browser.get(path(signed(outpost), slug))).status == 404
    assert (await browser.get("/auth/sso/podi/start")).status == 404
    assert await outpost.count(User) == 1
    assert await outpost.count(HandoverUse) == 0


async def test_a_state_that_is_no_path_leads_home(outpost: Station) -> None:
    await partner(outpost)
    browser = await outpost.browser()
    for number, state in enumerate(("https://evil.example", "//evil.example", "opaque-7f3a")):
        token = signed(outpost, jti=f"t{number}", state=state)
        landed = await browser.get(path(token, state=state), **HTML)
        assert (landed.status, landed.location) == (303, "/")


async def test_two_partners_of_one_name_speak_for_different_people(station: Station) -> None:
    """Whoever sets up a channel chooses its issuer's name and its keys: that is no way into the
    accounts that came by another.
    """
    await partner(station)
    await partner(station, "copy", allowed_roles=["user"])
    anna, mallory = await station.browser(), await station.browser()
    assert (await anna.get(path(signed(station)))).status == 200
    aud = f"{station.site}/auth/handover/copy"
    landed = await mallory.get(path(signed(station, aud=aud, jti="two"), "copy"))
    assert landed.code == "address_taken"
    token = signed(station, aud=aud, jti="three", email="m@example.org")
    assert (await mallory.get(path(token, "copy"), **HTML)).status == 303
    assert (await mallory.me() or {})["email"] == "m@example.org"
