"""What issuers, networks and strangers try: none of it gets anybody in."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from gesso.domain.identity import User, UserIdentity
from gesso.domain.sessions import Session
from gesso.domain.signin.oidc_tables import OidcTransaction
from tests.domain.people import newcomer
from tests.ways.provider import CLIENT, Provider, private_key, public_jwk
from tests.ways.waystation import Station, query_of

HOUR = 3600


def text(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(claims: Any) -> str:
    return f"{text({'alg': 'none', 'typ': 'JWT'})}.{text(claims)}."


def by_public_key(claims: Any) -> str:
    """HS256 with what everybody knows for its secret."""
    public = private_key("RSA").public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{text({'alg': 'HS256', 'kid': 'RSA-0'})}.{text(claims)}"
    return f"{signed}.{text(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def with_own_key(claims: Any) -> str:
    """A key of the attacker's in the token itself."""
    jwk = public_jwk("OKP", "EdDSA", 99)
    head = {"jwk": jwk, "kid": "OKP-0", "jku": "https://evil.example/jwks"}
    return jwt.encode(claims, private_key("OKP", 99), algorithm="EdDSA", headers=head)


def altered(claims: Any) -> str:
    """Signed, and then changed."""
    token = jwt.encode(claims, private_key("OKP"), algorithm="EdDSA", headers={"kid": "OKP-0"})
    head, _, mark = token.split(".")
    return f"{head}.{text({**claims, 'sub': 'somebody-else'})}.{mark}"


def forgeries() -> dict[str, tuple[dict[str, Any], str]]:
    """What is wrong with each, as of now, and the reason that it is refused for."""
    now = int(time.time())
    return {
        "alg none": ({"sign": unsigned}, "algorithm"),
        "HS256 with the public key": ({"sign": by_public_key}, "algorithm"),
        "a key in the token": ({"sign": with_own_key}, "signature"),
        "altered": ({"sign": altered}, "signature"),
        "no token": ({"sign": lambda _: "a.b"}, "malformed"),
        "typ of an access token": ({"header": {"typ": "at+jwt"}}, "type"),
        "an extension": ({"header": {"crit": ["exp"], "exp": 1}}, "malformed"),
        "another issuer": ({"claims": {"iss": "https://other.example"}}, "issuer"),
        "for another client": ({"claims": {"aud": "another-client"}}, "audience"),
        "for nobody": ({"claims": {"aud": None}}, "audience"),
        "many without azp": ({"claims": {"aud": [CLIENT, "another"]}}, "authorized_party"),
        "azp of another": ({"claims": {"aud": CLIENT, "azp": "another"}}, "authorized_party"),
        "a nonce of before": ({"claims": {"nonce": "x" * 43}}, "nonce"),
        "no nonce": ({"claims": {"nonce": None}}, "nonce"),
        "expired": ({"claims": {"exp": now - HOUR}}, "expired"),
        "never expires": ({"claims": {"exp": now + 999 * HOUR}}, "lifetime"),
        "no exp": ({"claims": {"exp": None}}, "exp"),
        "exp as text": ({"claims": {"exp": "2099-01-01"}}, "exp"),
        "made long ago": ({"claims": {"iat": now - 2 * HOUR}}, "issued_at"),
        "made tomorrow": ({"claims": {"iat": now + 24 * HOUR}}, "issued_at"),
        "not yet": ({"claims": {"nbf": now + HOUR}}, "not_before"),
        "no subject": ({"claims": {"sub": None}}, "subject"),
        "an endless subject": ({"claims": {"sub": "s" * 256}}, "subject"),
        "a number for a subject": ({"claims": {"sub": 7}}, "subject"),
        "of another access token": (
            {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
            "access_token",
        ),
        "a small key": (
            {"kind": "small", "algorithm": "RS256", "keys": [public_jwk("small", "RS256")]},
            "key",
        ),
        "no name among many keys": (
            {"header": {"kid": None}, "keys": [public_jwk("OKP", "EdDSA", n) for n in (0, 1)]},
            "key",
        ),
        "a key for encryption": ({"keys": [public_jwk("OKP", "EdDSA", use="enc")]}, "key"),
    }


async def nobody_came(station: Station) -> bool:
    return (
        await station.count(User) == 1  # the owner
        and await station.count(UserIdentity) == 0
        and await station.count(Session) == 0
    )


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")  # that is the point of it
async def test_no_forged_token_gets_anybody_in(outpost: Station) -> None:
    await outpost.channel()
    browser, usual = await outpost.browser(), vars(Provider())
    for name, (lie, reason) in forgeries().items():
        for field in ("sign", "header", "claims", "kind", "algorithm", "keys"):
            setattr(outpost.provider, field, lie.get(field, usual[field]))
        outpost.forget()
        landed = await browser.sign_in()
        assert (landed.status, landed.code, landed.reason) == (403, "token_refused", reason), name
    assert await nobody_came(outpost)


async def test_a_code_is_of_use_to_nobody_else(outpost: Station) -> None:
    await outpost.channel()
    anna, mallory = await outpost.browser(), await outpost.browser()
    theirs = await mallory.callback()
    # Mallory has Anna's browser open a callback of his own: she would be signed in as him.
    assert (await anna.get(theirs)).code == "sign_in_stale"
    mine = await anna.callback()
    # He has seen her callback, state and code and all; his browser did not begin it.
    assert (await mallory.get(mine)).code == "sign_in_stale"
    # He puts her code behind a state of his: the verifier is not hers.
    stolen = query_of(mine)["code"]
    state = query_of(await mallory.begin())["state"]
    swapped = await mallory.get(
        f"/auth/sso/acme/callback?state={state}&code={stolen}&iss={iss(mine)}"
    )
    assert (swapped.code, swapped.reason) == ("token_refused", "code")
    assert await nobody_came(outpost)


def iss(callback: str) -> str:
    return query_of(callback)["iss"]


async def test_a_sign_in_is_good_once_and_for_ten_minutes(outpost: Station) -> None:
    await outpost.channel()
    anna = await outpost.browser()
    place = await anna.callback()
    outpost.provider.claims = {"nonce": "wrong"}
    assert (await anna.get(place)).code == "token_refused"
    outpost.provider.claims = {}
    assert (await anna.get(place)).code == "sign_in_stale"  # used up, whatever came of it
    place = await anna.callback()
    async with outpost.db.tx() as tx:
        ago = outpost.db.now() - timedelta(seconds=1)
        late = update(OidcTransaction).where(OidcTransaction.used_at.is_(None))
        await tx.execute(late.values(expires_at=ago))
    assert (await anna.get(place)).code == "sign_in_stale"
    assert await nobody_came(outpost)


async def test_issuers_are_not_mixed_up(outpost: Station) -> None:
    """A hostile issuer's channel is led an honest one's answer, and the other way round."""
    await outpost.channel()
    evil = await outpost.stack.enter_async_context(Provider().open())
    await outpost.channel("evil", issuer=evil.url)
    anna = await outpost.browser()
    honest = await anna.callback("acme")
    moved = honest.replace("/sso/acme/", "/sso/evil/")
    assert (await anna.get(moved)).code == "sign_in_stale"
    assert evil.calls.count("token") == 0
    # The answer names another issuer, or none where it should (RFC 9207).
    for told in (evil.url, None):
        query = query_of(await anna.callback("acme"))
        end = f"&iss={told}" if told else ""
        landed = await anna.get(
            f"/auth/sso/acme/callback?state={query['state']}&code={query['code']}{end}"
        )
        assert (landed.code, landed.reason) == ("token_refused", "issuer")
    assert outpost.provider.calls.count("token") == 0
    assert await nobody_came(outpost)


async def test_an_address_alone_opens_no_account(outpost: Station) -> None:
    channel = await outpost.channel()
    anna = await newcomer(outpost.db, "anna@example.org")
    mallory = await outpost.browser()
    # The issuer swears that Anna's address is his; she came in another way.
    assert (await mallory.sign_in()).code == "address_taken"
    outpost.provider.person["email"] = "ANNA@Example.ORG"
    assert (await mallory.sign_in()).code == "address_taken"
    # An address that nobody has yet cannot be taken by whoever writes it down.
    outpost.provider.person |= {"email": "bert@example.org", "email_verified": False}
    assert (await mallory.sign_in()).code == "email_unverified"
    outpost.provider.person["email_verified"] = None
    assert (await mallory.sign_in()).code == "email_unverified"
    # A channel's trust fills in what the issuer leaves out, and overrules nothing that it says.
    await outpost.change(channel, trusts_email=True)
    for said in (False, "false", 1):
        outpost.provider.person["email_verified"] = said
        assert (await mallory.sign_in()).code == "email_unverified"
    outpost.provider.person |= {"email": "no address", "email_verified": None}
    assert (await mallory.sign_in()).code == "bad_email"
    assert await mallory.me() is None
    async with outpost.db.view() as view:
        assert (await view.get(User, anna.id)).email == "anna@example.org"  # type: ignore[union-attr]  # she is there
    assert await outpost.count(User) == 2


async def test_a_browser_is_led_nowhere_else(outpost: Station) -> None:
    await outpost.channel()
    anna = await outpost.browser()
    for place in (
        "https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example",
        "javascript:alert(1)", "%2F%2Fevil.example", "", "workspace", "/a%0d%0aSet-Cookie:%20a=b",
        "/%E2%80%AEevil", f"/{'a' * 2000}",
    ):  # fmt: skip
        landed = await anna.get(f"/auth/sso/acme/start?return_to={place}")
        assert landed.status == 422, place
        assert not landed.location
    assert await outpost.count(OidcTransaction) == 0


def moved(_: str, request: web.Request) -> web.Response | None:
    return web.Response(status=302, headers={"Location": f"{request.url.origin()}/elsewhere"})


def huge(_: str, __: web.Request) -> web.Response:
    return web.json_response({"padding": "x" * (300 << 10)})


def page(_: str, __: web.Request) -> web.Response:
    return web.Response(text="<!doctype html>", content_type="text/html")


async def slow(_: str, __: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


Answer = Callable[[str, web.Request], Any]


def only(name: str, answer: Answer) -> Answer:
    return lambda asked, request: answer(asked, request) if asked == name else None


async def test_no_document_leads_us_astray(outpost: Station) -> None:
    await outpost.channel()
    browser, provider = await outpost.browser(), outpost.provider
    outpost.patience = 0.5
    wrong: dict[str, dict[str, Any]] = {
        "another issuer": {"issuer": "https://accounts.example"},
        "a slash more": {"issuer": f"{provider.url}/"},
        "no issuer": {"issuer": None},
        "no keys": {"jwks_uri": None},
        "a script": {"authorization_endpoint": "javascript:alert(1)"},
        "http elsewhere": {"token_endpoint": "http://169.254.169.254/token"},
        "a user": {"token_endpoint": "https://gesso@evil.example/"},
        "a file": {"jwks_uri": "file:///etc/passwd"},
        "a list": {"authorization_endpoint": ["https://a.example"]},
    }
    for name, document in wrong.items():
        provider.document = document
        outpost.forget()
        landed = await browser.get("/auth/sso/acme/start")
        assert (landed.status, landed.code) == (503, "issuer_unavailable"), name
    provider.document = {}
    for answer in (moved, huge, page, slow):
        provider.answer = only("openid-configuration", answer)
        outpost.forget()
        landed = await browser.get("/auth/sso/acme/start")
        assert (landed.status, landed.code) == (503, "issuer_unavailable"), answer.__name__
    for name in ("token", "jwks"):
        for answer in (moved, huge, page, slow):
            provider.answer = only(name, answer)
            outpost.forget()
            landed = await browser.sign_in()
            assert landed.code == "issuer_unavailable", (name, answer.__name__)
    # Many who come at once do not wait behind each other for an issuer that is away.
    provider.answer = only("openid-configuration", slow)
    outpost.forget()
    before = provider.calls.count("openid-configuration")
    started = asyncio.get_running_loop().time()
    places = ["/auth/sso/acme/start"] * 10
    landed_all = await asyncio.gather(*[browser.get(place) for place in places])
    assert {each.code for each in landed_all} == {"issuer_unavailable"}
    assert provider.calls.count("openid-configuration") == before + 1
    assert asyncio.get_running_loop().time() - started < 10 * outpost.patience
    assert "elsewhere" not in provider.calls
    assert await nobody_came(outpost)
