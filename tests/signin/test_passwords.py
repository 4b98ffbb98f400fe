"""Passwords: kept as argon2id leaves them, tried a few times an hour, and the same for nobody."""

import asyncio
import statistics
import time
import unicodedata
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from gesso.domain.identity import User
from gesso.domain.sessions import Session
from gesso.domain.signin.errors import BadPassword, Busy
from gesso.domain.signin.hasher import Hasher, check_password
from gesso.domain.signin.tables import Password, PasswordTry
from gesso.infra.db import Database
from tests.domain.people import new_key
from tests.signin.entrance import ANNA, Entrance, Reply, open_entrance

GOOD = "correct horse battery"
LIGHT = {"memory": 64, "passes": 1}


async def log_in(entrance: Entrance, password: str = GOOD, email: str = ANNA) -> Reply:
    return await entrance.ask("POST", "/auth/login", {"email": email, "password": password})


async def set_password(entrance: Entrance, session: dict[str, str], **body: str) -> Reply:
    return await entrance.ask("PUT", "/me/password", {"password": GOOD, **body}, **session)


async def age_sessions(db: Database) -> None:
    async with db.tx() as tx:
        for session in (await tx.scalars(select(Session))).all():
            session.created_at -= timedelta(minutes=11)
        await tx.flush()


async def test_who_set_a_password_comes_in_by_it(entrance: Entrance) -> None:
    assert (await log_in(entrance)).code == "password_wrong"
    session = await entrance.come_in()
    assert (await entrance.ask("GET", "/me/identities", **session)).body["has_password"] is False
    assert (await set_password(entrance, session)).status == 204
    assert (await entrance.ask("GET", "/me/identities", **session)).body["has_password"] is True
    opened = await log_in(entrance, email=" ANNA@example.org")
    assert opened.status == 200
    me = await entrance.whoami({"Authorization": f"Bearer {opened.body['access_token']}"})
    assert me["email"] == ANNA
    wrong = await log_in(entrance, GOOD + " ")
    assert (wrong.status, wrong.code) == (403, "password_wrong")
    async with entrance.db.view() as view:
        digest = await view.scalar(select(Password.digest))
        session_of_password = (
            await view.scalars(select(Session).order_by(Session.id.desc()))
        ).first()
    assert digest is not None
    assert digest.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert session_of_password is not None
    assert session_of_password.identity_id is not None


async def test_a_new_password_ends_every_other_session_and_is_told(entrance: Entrance) -> None:
    stolen, mine = await entrance.come_in(), await entrance.come_in()
    entrance.letters.taken.clear()
    assert (await set_password(entrance, mine, password="another long one")).status == 204
    await entrance.post.settle()
    assert [(each.kind, each.to) for each in entrance.letters.taken] == [("signin_password", ANNA)]
    await entrance.until_out(stolen)
    assert await entrance.whoami(mine) is not None


async def test_later_the_old_password_is_needed_or_a_code(entrance: Entrance) -> None:
    session = await entrance.come_in()
    await set_password(entrance, session)
    await age_sessions(entrance.db)
    new = "an even better one"
    late = await set_password(entrance, session, password=new)
    assert (late.status, late.code) == (403, "session_not_fresh")
    wrong = await set_password(entrance, session, password=new, old_password="not this")
    assert wrong.code == "password_wrong"
    right = await set_password(entrance, session, password=new, old_password=GOOD)
    assert right.status == 204
    assert (await log_in(entrance, new)).status == 200
    # Forgotten: a code makes a fresh session, and that sets a new one.
    assert (await set_password(entrance, await entrance.come_in())).status == 204


async def test_a_key_sets_no_password(entrance: Entrance) -> None:
    await entrance.come_in()
    async with entrance.db.view() as view:
        user = (await view.scalars(select(User))).one()
    key = {"Authorization": f"Bearer {await new_key(entrance.db, user)}"}
    for body in ({}, {"old_password": GOOD}):
        reply = await set_password(entrance, key, **body)
        assert (reply.status, reply.code) == (403, "session_needed")


async def test_ten_wrong_passwords_an_hour_lock_the_guesser_out_and_not_the_owner(
    entrance: Entrance,
) -> None:
    session = await entrance.come_in()
    await set_password(entrance, session)
    assert (await log_in(entrance)).status == 200
    wrong = await asyncio.gather(*(log_in(entrance, f"guess number {n}") for n in range(14)))
    assert Counter(each.status for each in wrong) == {403: 10, 429: 4}
    blocked = await log_in(entrance)
    assert (blocked.status, blocked.code) == (429, "rate_limited")
    assert 3000 < int(blocked.headers["Retry-After"]) <= 3600
    # The owner has a code, and a stranger an account of their own.
    assert await entrance.whoami(await entrance.come_in()) is not None
    assert (await log_in(entrance, email="bert@example.org")).code == "password_wrong"
    async with entrance.db.tx() as tx:
        for each in (await tx.scalars(select(PasswordTry))).all():
            each.at -= timedelta(hours=1)
        await tx.flush()
    assert (await log_in(entrance)).status == 200


async def test_a_network_gets_a_hundred_wrong_passwords_an_hour(
    database_url: str, tmp_path: Path
) -> None:
    async with open_entrance(database_url, tmp_path, hasher=LIGHT, patient=True) as entrance:
        statuses: Counter[int] = Counter()
        for begin in range(0, 104, 26):  # as many as may wait
            emails = [f"user{number}@example.org" for number in range(begin, begin + 26)]
            tries = [log_in(entrance, "x" * 9, email) for email in emails]
            statuses.update(each.status for each in await asyncio.gather(*tries))
        assert statuses == {403: 100, 429: 4}


@pytest.mark.parametrize(("hasher", "rounds"), [(LIGHT, 300), (None, 60)])
async def test_an_unknown_address_takes_as_long_and_says_the_same(
    database_url: str, tmp_path: Path, hasher: dict[str, int] | None, rounds: int
) -> None:
    """By the time that this process computes: it holds argon2 too, which is most of it. With a
    light one so many rounds can be made that the rest of the way shows.
    """
    async with open_entrance(database_url, tmp_path, hasher=hasher) as entrance:
        await set_password(entrance, await entrance.come_in())
        differences, bodies = await _timed(entrance, rounds)
    assert bodies == {(403, "password_wrong", "The address and the password do not go together.")}
    assert abs(statistics.median(differences)) < 0.002


async def _timed(entrance: Entrance, rounds: int) -> tuple[list[float], set[tuple[object, ...]]]:
    """By how much longer a wrong password takes than an unknown address, and what was answered."""
    differences: list[float] = []
    bodies: set[tuple[object, ...]] = set()
    for number in range(rounds):
        took = {}
        emails = (ANNA, f"nobody{number}@example.org")
        for email in emails if number % 2 else reversed(emails):
            began = time.process_time()
            reply = await log_in(entrance, "not the password", email)
            took[email == ANNA] = time.process_time() - began
            bodies.add((reply.status, reply.code, reply.body["detail"]))
        differences.append(took[True] - took[False])
        async with entrance.db.tx() as tx:
            await tx.execute(delete(PasswordTry))
    return differences, bodies


async def test_a_disabled_user_has_no_password(entrance: Entrance) -> None:
    await set_password(entrance, await entrance.come_in())
    async with entrance.db.tx() as tx:
        await tx.execute(update(User).values(status="disabled"))
    assert (await log_in(entrance, "wrong one")).code == "password_wrong"
    assert (await log_in(entrance)).code == "not_let_in"


async def test_a_digest_is_made_anew_when_it_is_weaker_than_todays(entrance: Entrance) -> None:
    await set_password(entrance, await entrance.come_in())
    old = Hasher(1, memory=8 * 1024, passes=1)
    async with entrance.db.tx() as tx:
        await tx.execute(update(Password).values(digest=await old.digest(GOOD)))
    old.close()
    assert (await log_in(entrance)).status == 200
    async with entrance.db.view() as view:
        digest = await view.scalar(select(Password.digest))
    assert digest is not None
    assert "m=19456,t=2,p=1" in digest
    assert (await log_in(entrance)).status == 200


def test_what_everybody_tries_first_is_nobodys_password() -> None:
    for common in (
        *("password", "12345678", "PassWord1", "qwertyuiop", "iloveyou1", "sunshine1"),
        *("trustno1", "aaaaaaaa", "ababababab", "11111111111", "letmein123", "zaq12wsx"),
    ):
        with pytest.raises(BadPassword, match="tries first"):
            check_password(common)
    for length in ("short12", "", "x" * 129, "é" * 129):
        with pytest.raises(BadPassword, match="8 to 128"):
            check_password(length)
    for about in ("anna@example.org", "Anna.Smith1", "anna.smith99"):
        with pytest.raises(BadPassword, match="address"):
            check_password(about, "anna@example.org", "anna.smith")
    for good in ("correct horse battery", "x7#kQ!p2", "密码安全测试一二三四", "abcz" * 32):
        check_password(good, "anna@example.org", "anna")


async def test_a_bad_password_is_refused_with_a_reason(entrance: Entrance) -> None:
    session = await entrance.come_in()
    for password, reason in (("1234567", "length"), ("password1", "common"), (ANNA, "obvious")):
        reply = await set_password(entrance, session, password=password)
        assert (reply.status, reply.code, reply.body["reason"]) == (422, "bad_password", reason)


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=128), st.text(min_size=1, max_size=128))
def test_a_password_is_right_for_itself_alone(password: str, other: str) -> None:
    async def look() -> None:
        hasher = Hasher(1, **LIGHT)
        digest = await hasher.digest(password)
        assert (await hasher.check(digest, password)).is_right
        same = unicodedata.normalize("NFC", password) == unicodedata.normalize("NFC", other)
        assert (await hasher.check(digest, other)).is_right == same
        assert not (await hasher.check(None, password)).is_right
        hasher.close()

    asyncio.run(look())


async def test_every_letter_counts_and_keyboards_do_not() -> None:
    hasher = Hasher(1, **LIGHT)
    digest = await hasher.digest("x" * 127 + "é")
    assert (await hasher.check(digest, "x" * 127 + "e\u0301")).is_right
    assert not (await hasher.check(digest, "x" * 127 + "e")).is_right
    assert not (await hasher.check("no digest at all", "x")).is_right
    hasher.close()


async def test_a_flood_of_passwords_waits_in_a_short_line() -> None:
    hasher = Hasher(2, **LIGHT)
    results = await asyncio.gather(
        *(hasher.check(None, "x") for _ in range(200)), return_exceptions=True
    )
    assert Counter(type(each) for each in results)[Busy] == 136
    assert not (await hasher.check(None, "x")).is_right
    hasher.close()
