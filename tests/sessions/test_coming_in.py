"""Whoever has signed in is known by their access token, and by nothing that looks like one."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import jwt
from sqlalchemy import select

from gesso.domain import keyring, sessions
from gesso.domain.auditlog import by_hand
from gesso.domain.keyring import Safe
from gesso.domain.sessions import SigningKey
from gesso.infra.db import Database
from gesso.infra.vault import open_masters
from tests.domain.history import pass_time
from tests.sessions.forging import forger
from tests.sessions.guesthouse import ISSUER, Guests, new_house


async def me(guests: Guests, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with guests.web.get("/api/v1/me", headers=headers) as answer:
        return answer.status


async def test_an_access_token_opens_what_its_user_may(guests: Guests) -> None:
    await guests.guest()
    opened = await guests.sign_in()
    assert set(opened) == {
        *("access_token", "token_type", "expires_in", "refresh_token", "session_id"),
    }
    assert opened["token_type"] == "Bearer"
    assert 590 <= opened["expires_in"] <= 600
    headers = {"Authorization": f"Bearer {opened['access_token']}"}
    async with guests.web.get("/api/v1/me", headers=headers) as answer:
        me = await answer.json()
    assert (answer.status, me["email"], me["key_id"]) == (200, "anna@example.org", None)
    assert "operator" not in me["scopes"]


async def test_no_forged_token_is_believed(guests: Guests) -> None:
    await guests.guest()
    await guests.guest("ben@example.org")
    ours, other = await guests.sign_in(), await guests.sign_in("ben@example.org")
    forge = await forger(guests.house, ours["access_token"], other["access_token"])
    knows = guests.house.doorkeeper.recognise
    assert await knows(forge.good) is not None
    forgeries = list(forge.corpus())
    accepted = [name for name, token in forgeries if await knows(token) is not None]
    assert accepted == []
    assert len(forgeries) > 100
    sendable = [token for _, token in forgeries if token.isascii() and "\n" not in token]
    assert {await me(guests, token) for token in sendable[::10] if len(token) < 4000} == {401}
    assert await me(guests, forge.good) == 200


async def test_a_token_is_good_for_ten_minutes(guests: Guests) -> None:
    await guests.guest()
    token = (await guests.sign_in())["access_token"]
    pass_time(guests.db, timedelta(minutes=10, seconds=20))  # within the leeway
    assert await me(guests, token) == 200
    pass_time(guests.db, timedelta(seconds=12))
    assert await me(guests, token) == 401


async def test_others_check_our_tokens_with_the_key_set(guests: Guests) -> None:
    await guests.guest()
    token = (await guests.sign_in())["access_token"]
    async with guests.web.get("/.well-known/jwks.json") as answer:
        key_set = jwt.PyJWKSet.from_dict(await answer.json())
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": key_set.keys[0].key_id}
    claims = jwt.decode(
        token,
        key_set[header["kid"]],
        algorithms=["EdDSA"],
        audience="gesso",
        issuer=ISSUER,
        options={"require": ["exp", "iat", "sub", "jti", "sid", "tenant"]},
    )
    assert claims["exp"] - claims["iat"] == 600
    assert claims["role"] == "user"


async def test_keys_follow_each_other_without_anybody_noticing(guests: Guests) -> None:
    await guests.guest()
    house, before = guests.house, (await guests.sign_in())["access_token"]
    elsewhere = new_house(Database(guests.db.url), house.folder)
    await elsewhere.mint.open()
    (first,) = await all_keys(guests.db)
    races = [sessions.rotate(db, house.safe, after=first.id) for db in (guests.db, elsewhere.db)]
    assert len([each for each in await asyncio.gather(*races) if each is None]) == 1
    await house.mint.open()
    assert len(house.mint.key_set()["keys"]) == 2  # shown before it signs
    assert kid((await guests.sign_in())["access_token"]) == sessions.kid_of(first.id)
    pass_time(guests.db, timedelta(minutes=9))
    assert await me(guests, before) == 200
    pass_time(guests.db, timedelta(minutes=2))
    after = (await guests.sign_in())["access_token"]
    assert kid(after) != kid(before)
    assert await me(guests, after) == 200
    pass_time(elsewhere.db, timedelta(minutes=11))
    async with asyncio.timeout(2):  # it has not heard of the key
        while not await elsewhere.doorkeeper.recognise(after):  # noqa: ASYNC110  # a story polls
            await asyncio.sleep(0.05)
    pass_time(guests.db, timedelta(minutes=12))
    await house.mint.open()
    assert len(house.mint.key_set()["keys"]) == 1
    await elsewhere.db.close()


async def test_processes_that_start_together_make_one_key(
    database_url: str, tmp_path: Path
) -> None:
    houses = [new_house(Database(database_url), tmp_path) for _ in range(4)]
    await asyncio.gather(*[house.mint.open() for house in houses])
    sets = [house.mint.key_set() for house in houses]
    assert len(sets[0]["keys"]) == 1
    assert all(each == sets[0] for each in sets)
    for house in houses:
        await house.db.close()


async def test_a_stolen_key_is_believed_no_more(guests: Guests) -> None:
    await guests.guest()
    house, before = guests.house, await guests.sign_in()
    assert await me(guests, before["access_token"]) == 200
    (first,) = await all_keys(guests.db)
    await sessions.rotate(guests.db, house.safe, after=first.id, at_once=True)
    await house.mint.open()
    assert await me(guests, before["access_token"]) == 401
    body = {"refresh_token": before["refresh_token"]}
    async with guests.web.post("/api/v1/auth/refresh", json=body) as answer:
        assert await me(guests, (await answer.json())["access_token"]) == 200


async def test_an_old_key_is_followed_by_itself(guests: Guests) -> None:
    house = guests.house
    mint = sessions.Mint(
        guests.db, house.safe, issuer=ISSUER, secret=b"s" * 32, life=timedelta(days=30)
    )
    await mint.open()
    assert len(await all_keys(guests.db)) == 1
    pass_time(guests.db, timedelta(days=30))
    await mint.open()
    await mint.open()
    assert len(await all_keys(guests.db)) == 2


async def test_signing_keys_go_with_the_master_key(guests: Guests) -> None:
    await guests.guest()
    house, token = guests.house, (await guests.sign_in())["access_token"]
    file = house.folder / "master.key"
    (old,) = {key.master_id for key in await all_keys(guests.db)}
    held = house.safe.masters.file
    assert held is not None
    held.put_first()
    new = await keyring.put_in_force(guests.db, house.safe)
    step = await keyring.step(guests.db, house.safe, actor=by_hand())
    assert (step.rewrapped, step.remaining, step.unreadable) == (1, 0, 0)
    assert await keyring.forget_unused(guests.db, house.safe) == [old]
    held.forget([old])
    assert {key.master_id for key in await all_keys(guests.db)} == {new}
    fresh = Safe(open_masters(plugin=None, secret=None, old=[], file=file), {})
    mint = sessions.Mint(guests.db, fresh, issuer=ISSUER, secret=b"s" * 32)
    await mint.open()
    assert await mint.read(token) is not None
    assert mint.key_set() == house.mint.key_set()


async def test_a_key_moved_to_another_row_does_not_open(guests: Guests) -> None:
    """Where a machine can open no key, it knows people and lets nobody in."""
    await guests.guest()
    token = (await guests.sign_in())["access_token"]
    async with guests.db.tx() as tx:
        key = await tx.scalar(select(SigningKey))
        assert key is not None
        key.public = bytes(32)
    mint = sessions.Mint(guests.db, guests.house.safe, issuer=ISSUER, secret=b"s" * 32)
    await mint.open()
    assert await mint.read(token) is None
    guests.house.mint = mint
    async with guests.web.post("/api/v1/come-in/anna@example.org") as answer:
        body = await answer.json()
    assert (answer.status, body["code"]) == (503, "signing_key_missing")


async def test_strange_tokens_cost_a_look_a_second(guests: Guests) -> None:
    """Nobody has us ask the database by making names of keys up."""
    await guests.guest()
    ours = (await guests.sign_in())["access_token"]
    forge = await forger(guests.house, ours, ours)
    began, looks = time.monotonic(), 0
    looked = guests.house.mint._looked
    for _ in range(200):
        stranger = {**forge.header, "kid": forge.kid[:-4] + "zzzz"}
        assert await guests.house.mint.read(forge.signed(stranger, forge.claims)) is None
        looks += guests.house.mint._looked != looked
        looked = guests.house.mint._looked
    assert looks <= 1 + (time.monotonic() - began)


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def all_keys(db: Database) -> list[SigningKey]:
    async with db.view() as view:
        return list((await view.scalars(select(SigningKey).order_by(SigningKey.id))).all())
