"""Channels are set up by those who may, and by nobody else; their secrets stay secret."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gesso.app.masters import SIGNING_KEYS
from gesso.domain import channels, keyring
from gesso.domain.auditlog import by_hand
from gesso.domain.channels import ChannelSecret
from gesso.domain.identity import Channel, Role, channel_of, create_user
from gesso.domain.keyring import Safe
from gesso.infra.vault import LocalMaster, Masters, Tampered
from tests.domain.people import new_key, newcomer
from tests.ways.provider import SECRET, public_jwk
from tests.ways.waystation import Station


async def test_a_channel_is_made_looked_at_changed_and_closed(station: Station) -> None:
    made = await station.channel(
        hosts=["acme.example", "acme.example:8443"],
        claims={"role": "roles", "roles": {"boss": "admin"}},
        allowed_roles=["user", "admin"],
        start_credits="0.25",
        limits={"submits": "60/minute burst 10"},
    )
    assert made["start_credits"] == "0.25"
    assert made["secret"]["mask"] == "the…ters"
    assert SECRET not in str(made)
    status, seen = await station.ask("GET", f"/channels/{made['id']}")
    assert (status, seen) == (200, made)
    status, page = await station.ask("GET", "/channels?limit=1")
    assert [each["slug"] for each in page["items"]] == ["acme"]
    status, page = await station.ask("GET", f"/channels?cursor={page['next_cursor']}")
    assert [each["slug"] for each in page["items"]] == ["local"]
    changed = await station.change(made, name="Acme & Sons", hosts=["acme.example"])
    assert (changed["name"], changed["hosts"], changed["rev"]) == (
        "Acme & Sons",
        ["acme.example"],
        2,
    )
    assert (changed["secret"], changed["scopes"]) == (made["secret"], made["scopes"])
    status, closed = await station.ask("POST", f"/channels/{made['id']}/close")
    assert (status, closed["is_active"]) == (200, False)
    assert (await station.change(made, is_active=True))["is_active"] is True


async def test_a_change_is_of_what_was_read(station: Station) -> None:
    made = await station.channel()
    place = f"/channels/{made['id']}"
    assert (await station.ask("PATCH", place, {"name": "A"}))[1]["code"] == "bad_rev"
    assert (await station.ask("PATCH", place, {"rev": 1}))[0] == 422
    status, body = await station.ask("PATCH", place, {"name": "A"}, **{"If-Match": '"1"'})
    assert (status, body["rev"]) == (200, 2)
    status, body = await station.ask("PATCH", place, {"name": "B", "rev": 1})
    assert (status, body["code"], body["rev"]) == (409, "channel_changed", 2)
    both = await asyncio.gather(
        *[station.ask("PATCH", place, {"name": name, "rev": 2}) for name in "CD"]
    )
    assert sorted(status for status, _ in both) == [200, 409]


WRONG: list[dict[str, Any]] = [
    {"issuer": "http://accounts.example"},
    {"issuer": "https://accounts.example/?a=b"},
    {"issuer": "https://accounts.example/#a"},
    {"issuer": "https://user@accounts.example"},
    {"issuer": "accounts.example"},
    {"issuer": None},
    {"client_id": None},
    {"secret": None},
    {"client_auth": "none"},
    {"scopes": ["email"]},
    {"jwks_url": "https://accounts.example/keys"},
    {"default_role": "admin"},
    {"allowed_roles": []},
    {"allowed_roles": ["king"]},
    {"claims": {"roles": {"boss": "king"}}},
    {"start_credits": "-1"},
    {"start_credits": "0.0000001"},
    {"start_credits": 5},
    {"limits": {"requests": "many"}},
    {"limits": {"anything": "1/minute"}},
    {"limits": {"signins": "999999999/second"}},
    {"slug": "Not A Slug"},
    {"slug": "a--b"},
    {"hosts": ["https://acme.example"]},
    {"hosts": ["UPPER.example"]},
    {"kind": "local"},
    {"unheard_of": True},
    {"kind": "handover", "secret": None},
    {"kind": "handover", "secret": "short but more than 8", "client_id": None},
    {"kind": "handover", "secret": None, "keys": [{"kty": "oct", "k": "AAAA"}]},
    {"kind": "handover", "keys": [public_jwk("OKP", "EdDSA")]},
]


async def test_what_makes_no_sound_channel_is_refused(outpost: Station) -> None:
    usual = {
        "slug": "acme", "name": "Acme", "kind": "oidc", "issuer": "https://accounts.example",
        "client_id": "gesso", "secret": SECRET,
    }  # fmt: skip
    for wrong in WRONG:
        body = {name: value for name, value in {**usual, **wrong}.items() if value is not None}
        status, told = await outpost.ask("POST", "/channels", body)
        assert (status, told.get("code")) in {(422, "bad_channel"), (422, "invalid_request")}, wrong
        assert SECRET not in str(told)
    assert await outpost.count(Channel) == 1
    status, _ = await outpost.ask("POST", "/channels", usual)
    assert status == 201


async def test_only_admins_set_up_channels_and_only_of_their_tenant(station: Station) -> None:
    made = await station.channel()
    bodies = {
        "POST": {"slug": "mine", "name": "M", "kind": "oidc"},
        "PATCH": {"name": "M", "rev": 1},
    }

    async def codes(key: str) -> set[tuple[int, str]]:
        found = set()
        for method, path in (
            ("GET", "/channels"), ("POST", "/channels"), ("GET", f"/channels/{made['id']}"),
            ("PATCH", f"/channels/{made['id']}"), ("POST", f"/channels/{made['id']}/close"),
        ):  # fmt: skip
            body = bodies.get(method) if not path.endswith("close") else None
            status, told = await station.ask(method, path, body, key=key)
            found.add((status, told.get("code", "")))
        return found

    person = await newcomer(station.db, "user@example.org", "user")
    operator = await newcomer(station.db, "operator@example.org", "operator")
    user_key = await new_key(station.db, person)
    operator_key = await new_key(station.db, operator, "operator")
    assert await codes(user_key) == {(403, "missing_scope")}
    assert await codes(operator_key) == {(403, "missing_scope")}
    async with station.db.tx() as tx:
        stranger = await create_user(tx, "s@example.org", role="owner", tenant="other")
    theirs = await new_key(station.db, stranger, "admin")
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/close")):
        status, told = await station.ask(
            method, f"/channels/{made['id']}{path}", bodies.get(method) if not path else None,
            key=theirs,
        )  # fmt: skip
        assert (status, told["code"]) == (404, "channel_not_found")
    assert (await station.ask("GET", "/channels", key=theirs))[1]["items"] == []


async def test_nobody_makes_a_door_that_leads_above_themselves(station: Station) -> None:
    admin = await newcomer(station.db, "admin@example.org", "admin")
    key = await new_key(station.db, admin, "admin")
    body = {
        "slug": "up", "name": "Up", "kind": "oidc", "issuer": "https://a.example",
        "client_id": "gesso", "secret": SECRET, "allowed_roles": ["user", "owner"],
    }  # fmt: skip
    for above in ("owner", "admin"):  # an admin makes no admins by hand either
        body["allowed_roles"] = ["user", above]
        status, told = await station.ask("POST", "/channels", body, key=key)
        assert (status, told["code"]) == (403, "channel_not_yours"), above
    owners = await station.channel(allowed_roles=["user", "owner"])
    change = {"issuer": "https://evil.example", "rev": 1}
    status, told = await station.ask("PATCH", f"/channels/{owners['id']}", change, key=key)
    assert (status, told["code"]) == (403, "channel_not_yours")


async def test_another_tenant_makes_no_credits_and_takes_no_host_of_the_house(
    station: Station,
) -> None:
    async with station.db.tx() as tx:
        owner = await create_user(tx, "s@example.org", role="owner", tenant="other")
    settings = station.house.settings
    usual: dict[str, Any] = {
        "kind": "handover", "issuer": "them", "client_id": None, "protocol": {"keys": []},
        "allowed_roles": ["user"], "default_role": "user", "name": "Theirs", "hosts": [],
        "claims": {}, "limits": {}, "start_credits": 0,
    }  # fmt: skip
    desk = channels.Desk(
        station.db, station.house.safe, by_hand(), owner.tenant_id, Role.OWNER,
        public_url=settings.public_url, allows_loopback=True,
    )  # fmt: skip

    async def make(slug: str, **facts: Any) -> Any:
        wanted = {**usual, "slug": slug, **facts}
        return await channels.create(
            desk, owner.tenant_id, wanted, "a secret of 32 letters ..... ..."
        )

    for wrong in ({"start_credits": 1}, {"hosts": ["127.0.0.1"]}, {"hosts": ["127.0.0.1:9"]}):
        with pytest.raises(channels.NotYourChannel):
            await make("theirs", **wrong)
        made = await make(f"theirs-{len(str(wrong))}")
        with pytest.raises(channels.NotYourChannel):
            await channels.change(desk, made, wrong, rev=None)


async def test_names_and_hosts_are_claimed_once_in_the_house(station: Station) -> None:
    await station.channel(hosts=["acme.example"])
    body: dict[str, Any] = {
        "slug": "acme", "name": "B", "kind": "oidc", "issuer": "https://b.example",
        "client_id": "gesso", "secret": SECRET,
    }  # fmt: skip
    assert (await station.ask("POST", "/channels", body))[1]["code"] == "slug_taken"
    body |= {"slug": "other", "hosts": ["acme.example"]}
    assert (await station.ask("POST", "/channels", body))[1]["code"] == "host_taken"
    assert await station.count(Channel) == 2
    assert await station.count(ChannelSecret) == 1


async def test_a_channel_is_found_by_host_header_and_name(station: Station) -> None:
    await station.channel(hosts=["acme.example", "127.0.0.1:1"])
    known = station.house.channels
    async with station.db.view() as view:
        for host in ("acme.example", "ACME.example:8080", "127.0.0.1:1"):
            found = await channel_of(view, host=host)
            assert found is not None
            assert found.slug == "acme"
            assert (await known.find(host=host) or found).id == found.id
            assert await known.get(found.id) is not None
        assert await channel_of(view, host="127.0.0.1:2") is None
        assert await channel_of(view, host="evil.acme.example") is None
        assert await channel_of(view) is None
        named = await channel_of(view, host="acme.example", slug="local")
        assert named is not None
        assert named.slug == "local"
    ways = await station.web.get("/api/v1/auth/channels", headers={"Gesso-Channel": "acme"})
    assert (await ways.json())["items"] == [
        {"slug": "acme", "name": "Acme", "kind": "oidc", "start_url": "/auth/sso/acme/start"},
        {"slug": "local", "name": "Here", "kind": "local", "start_url": None},
    ]


async def test_a_host_of_its_own_keeps_its_browsers(outpost: Station) -> None:
    browser = await outpost.browser()
    await outpost.channel(hosts=[outpost.site.removeprefix("http://")])
    server = outpost.house.settings.server
    elsewhere = server.model_copy(update={"public_url": "http://gesso.example"})
    outpost.house.settings = outpost.house.settings.model_copy(update={"server": elsewhere})
    landed = await browser.sign_in()
    assert (landed.status, landed.location) == (303, "/workspace")


async def test_a_secret_opens_in_its_row_and_moves_with_the_master_key(station: Station) -> None:
    first = await station.channel()
    await station.channel("second", secret="another secret of 32 letters ....")
    old = station.house.safe
    file = old.masters.file
    assert file is not None
    async with station.db.view() as view:
        rows = (await view.scalars(select(ChannelSecret).order_by(ChannelSecret.id))).all()
        assert SECRET.encode() not in rows[0].sealed + rows[0].wrapped
    assert await channels.opened(old, rows[0]) == SECRET
    # What is copied to another row does not open, and the database lets nobody exchange it.
    rows[1].sealed, rows[1].wrapped = rows[0].sealed, rows[0].wrapped
    with pytest.raises(Tampered):
        await channels.opened(old, rows[1])
    with pytest.raises(DBAPIError, match="what is sealed was changed"):
        async with station.db.tx() as tx:
            await tx.execute(text("update channel_secret set sealed = wrapped"))
    master = LocalMaster("n" * 32)
    safe = Safe(Masters([master], [], file), {}, others=(channels.SECRETS, SIGNING_KEYS))
    before = rows[0].master_id
    await keyring.put_in_force(station.db, safe)
    assert await keyring.forget_unused(station.db, safe) == []
    # Two secrets of channels, and the key that signs access tokens.
    step = await keyring.step(station.db, safe, actor=by_hand(), room=1)
    assert (step.rewrapped, step.remaining) == (1, 2)
    step = await keyring.step(station.db, safe, actor=by_hand())
    assert (step.rewrapped, step.remaining) == (2, 0)
    assert list(await keyring.forget_unused(station.db, safe)) == [before]
    file.path.unlink()
    alone = Safe(Masters([master], [], file), {}, others=(channels.SECRETS, SIGNING_KEYS))
    async with station.db.view() as view:
        rows = (await view.scalars(select(ChannelSecret).order_by(ChannelSecret.id))).all()
        assert await keyring.masters_in_use(view, alone) == [master.id]
    assert await channels.opened(alone, rows[0]) == SECRET
    station.house.safe = alone
    assert (await (await station.browser()).sign_in()).status == 303
    # A new secret is a new row; none is none.
    await station.change(first, secret="a fresh secret of 32 letters ....")
    assert await station.count(ChannelSecret) == 2
    status, told = await station.ask(
        "PATCH", f"/channels/{first['id']}", {"secret": None, "rev": 2}
    )
    assert (status, told["code"]) == (422, "bad_channel")
    await station.change(first, secret=None, client_auth="none")
    assert await station.count(ChannelSecret) == 1
