"""People come in by an issuer's word: the whole way, as a browser goes it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gesso.domain.identity import User, UserIdentity
from gesso.domain.sessions import Session, end
from gesso.domain.signin import NotFresh
from gesso.domain.signin.oidc_tables import OidcTransaction
from gesso.domain.wallet import LedgerTxn
from tests.ways.provider import SECRET, public_jwk
from tests.ways.waystation import HTML, Landed, Station, query_of

ROLES = {"role": "realm.roles", "roles": {"boss": "admin", "helper": "operator"}}


async def test_somebody_comes_in_and_comes_back(station: Station) -> None:
    channel = await station.channel(start_credits="2.5")
    anna = await station.browser()
    asked = query_of(await anna.begin())
    assert asked["redirect_uri"] == channel["address"] == f"{station.site}/auth/sso/acme/callback"
    landed = await anna.sign_in(**HTML)
    assert (landed.status, landed.location) == (303, "/workspace")
    me = await anna.me()
    assert me is not None
    assert (me["email"], me["role"]) == ("anna@example.org", "user")
    assert await anna.credits() == "2.5"
    # At another machine, under another address: the same person, and nothing is given twice.
    station.provider.person["email"] = "renamed@example.org"
    again = await station.browser()
    assert (await again.sign_in()).status == 303
    assert (await again.me() or {})["id"] == me["id"]
    assert await again.credits() == "2.5"
    async with station.db.view() as view:
        (known,) = await view.scalars(select(UserIdentity))
        assert (known.issuer, known.subject) == (station.provider.url, "subject-1")
        assert (known.email, known.is_email_verified) == ("renamed@example.org", True)
        visits = (await view.scalars(select(Session))).all()
        assert {visit.identity_id for visit in visits} == {known.id}
        assert {visit.channel_id for visit in visits} == {known.channel_id}


async def test_two_first_visits_at_once_make_one_account(station: Station) -> None:
    await station.channel(start_credits="1")
    browsers = [await station.browser() for _ in range(4)]
    places = [await each.callback() for each in browsers]
    landed = await asyncio.gather(
        *[each.get(place) for each, place in zip(browsers, places, strict=True)]
    )
    assert [each.status for each in landed] == [303] * 4, landed
    assert len({(await each.me() or {})["id"] for each in browsers}) == 1
    assert await browsers[0].credits() == "1"
    assert await station.count(User) == 2  # with the owner
    assert await station.count(LedgerTxn) == 1


async def test_a_sign_in_ends_once_even_at_the_same_moment(station: Station) -> None:
    await station.channel()
    anna = await station.browser()
    place = await anna.callback()
    landed = await asyncio.gather(*[anna.get(place) for _ in range(8)])
    assert sorted(each.status for each in landed) == [303] + [409] * 7
    assert station.provider.calls.count("token") == 1
    assert await station.count(Session) == 1


async def test_roles_follow_the_issuer_and_never_rise_above_the_channel(station: Station) -> None:
    channel = await station.channel(claims=ROLES, allowed_roles=["user", "operator"])
    anna, person = await station.browser(), station.provider.person

    async def role(*words: str) -> str:
        person["realm"] = {"roles": list(words)}
        assert (await anna.sign_in()).status == 303
        return str((await anna.me() or {})["role"])

    assert await role("boss", "helper") == "operator"  # an admin's word is not for this channel
    assert await role("boss") == "user"
    assert await role("helper", "unheard-of") == "operator"
    del person["realm"]
    assert (await anna.sign_in()).status == 303
    assert (await anna.me() or {})["role"] == "operator"  # nothing said, nothing changed
    await station.change(channel, allowed_roles=["user"])
    assert await role("helper") == "user"


@pytest.mark.parametrize("auth", ["client_secret_post", "none"])
async def test_clients_prove_themselves_as_the_channel_says(outpost: Station, auth: str) -> None:
    outpost.provider.auth = auth
    await outpost.channel(client_auth=auth, secret=None if auth == "none" else SECRET)
    assert (await (await outpost.browser()).sign_in()).status == 303


async def test_keys_of_every_kind_and_their_change(outpost: Station) -> None:
    await outpost.channel()
    provider, kinds = outpost.provider, [("RSA", "RS256"), ("RSA", "PS512"), ("EC", "ES256")]
    for kind, algorithm in kinds:
        provider.kind, provider.algorithm = kind, algorithm
        provider.keys = [public_jwk(kind, algorithm)]
        outpost.forget()
        assert (await (await outpost.browser()).sign_in()).status == 303, algorithm
    provider.kind, provider.algorithm, provider.header = "OKP", "EdDSA", {"kid": None}
    provider.keys = [public_jwk("OKP", "EdDSA"), public_jwk("EC", "ES256")]
    outpost.forget()
    assert (await (await outpost.browser()).sign_in()).status == 303  # one alone could be meant
    # A new key is looked for, and not more often than once a minute.
    provider.header, provider.which = {}, 7
    provider.keys = [public_jwk("OKP", "EdDSA", 7)]
    before = provider.calls.count("jwks")
    landed = [await (await outpost.browser()).sign_in() for _ in range(3)]
    assert {each.reason for each in landed} == {"key"}
    assert provider.calls.count("jwks") == before
    for kept in outpost.house.issuers._keys.values():  # type: ignore[union-attr]  # it is open
        kept.fetched -= 61
    assert (await (await outpost.browser()).sign_in()).status == 303


async def test_an_address_may_come_by_userinfo(outpost: Station) -> None:
    await outpost.channel()
    outpost.provider.claims = {"email": None, "email_verified": None}
    assert (await (await outpost.browser()).sign_in()).status == 303
    outpost.provider.userinfo = {"sub": "another", "email": "x@example.org", "email_verified": True}
    landed = await (await outpost.browser()).sign_in()
    assert (landed.status, landed.reason) == (403, "subject")
    outpost.provider.userinfo = {"sub": "subject-1"}
    assert (await (await outpost.browser()).sign_in()).code == "email_missing"


async def test_who_declines_is_told_so_even_without_a_state(outpost: Station) -> None:
    await outpost.channel()
    outpost.provider.error = "access_denied"
    anna = await outpost.browser()
    assert (await anna.sign_in()).code == "sign_in_cancelled"
    bare = await anna.get("/auth/sso/acme/callback?error=access_denied", **HTML)
    assert bare.status == 403
    assert "The sign-in was cancelled." in bare.body
    assert 'href="/auth/sso/acme/start"' in bare.body
    assert (await anna.get("/auth/sso/acme/callback")).code == "sign_in_stale"


async def test_an_identity_is_linked_by_who_is_signed_in(station: Station) -> None:
    await station.channel()
    await station.channel("work", allowed_roles=["user"])
    anna, provider = await station.browser(), station.provider
    assert (await anna.sign_in()).status == 303
    mine = (await anna.me() or {})["id"]
    provider.person = {"sub": "at-work", "email": "anna@work.example", "email_verified": True}
    status, body = await anna.link()
    assert status == 201, body
    landed = await anna.get((await anna.get(body["url"])).location)
    assert (landed.status, landed.location) == (303, "/me")
    await station.house.front_desk.post.settle()
    (letter,) = station.letters.taken
    assert (letter.kind, letter.to) == ("signin_added", "anna@example.org")
    other = await station.browser()
    assert (await other.sign_in("work")).status == 303
    assert (await other.me() or {})["id"] == mine
    # What is somebody else's is not taken from them, and a key links nothing.
    provider.person = {"sub": "bert", "email": "bert@example.org", "email_verified": True}
    assert (await (await station.browser()).sign_in()).status == 303
    status, body = await anna.link()
    landed = await anna.get((await anna.get(body["url"])).location)
    assert landed.code == "identity_taken"
    assert (await anna.link(**{"X-CSRF-Token": "guessed"}))[1]["code"] == "forged_request"
    status, body = await station.ask("POST", "/me/identities/oidc/work", {})
    assert (status, body["code"]) == (403, "session_needed")


async def test_a_link_is_begun_by_a_fresh_sign_in_and_ends_with_it(station: Station) -> None:
    await station.channel()
    await station.channel("work")
    anna = await station.browser()
    assert (await anna.sign_in()).status == 303
    station.provider.person = {"sub": "b", "email": "b@work.example", "email_verified": True}
    _, body = await anna.link()
    place = (await anna.get(body["url"])).location
    async with station.db.tx() as tx:  # Anna signs out elsewhere, or whoever has her browser out
        ids = (await tx.scalars(select(Session.id))).all()
        assert await end(tx, ids, "revoked") == 1
    assert (await anna.get(place)).code == "sign_in_stale"
    assert await station.count(UserIdentity) == 1
    station.provider.person = {"sub": "subject-1", "email": "anna@example.org"}
    assert (await anna.sign_in()).status == 303
    ago = station.db.now() - timedelta(minutes=11)
    async with station.db.tx() as tx:
        await tx.execute(update(Session).values(created_at=ago))
    status, body = await anna.link()
    assert (status, body["code"]) == (403, NotFresh.code)
    assert station.letters.taken == []


async def test_nobody_is_let_in_who_should_not_be(station: Station) -> None:
    channel = await station.channel(admits_new=False)
    anna = await station.browser()
    assert (await anna.sign_in()).code == "not_let_in"
    await station.change(channel, admits_new=True)
    assert (await anna.sign_in()).status == 303
    await station.change(channel, admits_new=False)
    assert (await anna.sign_in()).status == 303  # they are known
    async with station.db.tx() as tx:
        await tx.execute(update(User).values(status="disabled"))
    assert (await anna.sign_in()).code == "not_let_in"
    async with station.db.tx() as tx:
        await tx.execute(update(User).values(status="active"))
    await station.ask("POST", f"/channels/{channel['id']}/close")
    assert (await anna.get("/auth/sso/acme/start")).code == "channel_not_found"
    assert await station.count(OidcTransaction) == 4


async def test_what_is_not_believed_is_not_repeated(outpost: Station) -> None:
    """Odd callbacks are refused in our own words, and break nothing."""
    await outpost.channel()
    anna, odd = await outpost.browser(), "%3Cscript%3Ealert(1)%3C/script%3E"
    seen: list[Landed] = [
        await anna.get(f"/auth/sso/acme/callback?{query}", Accept="text/html")
        for query in (f"error={odd}", f"state={odd}&code=a", f"state=a&error={odd}", "state=&code=")
    ]
    assert {each.status for each in seen} == {403, 409}
    assert not any("alert" in each.body for each in seen)
    landed = await anna.get(f"/auth/sso/{odd}/start", Accept="text/html")
    assert landed.status == 404
    assert "script" not in landed.body
