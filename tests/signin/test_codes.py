"""Codes by e-mail: whoever has the letter gets in, and nobody else learns or guesses anything."""

import asyncio
import hashlib
import hmac
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gesso.domain.identity import User, UserIdentity
from gesso.domain.signin.tables import Challenge
from tests.domain.people import newcomer
from tests.signin.entrance import ANNA, PEPPER, Entrance, age, open_entrance, other


async def test_somebody_new_comes_in_and_is_known_the_next_time(entrance: Entrance) -> None:
    asked = await entrance.wish(" Anna@Example.ORG ")
    assert asked.status == 202
    assert asked.body["challenge_id"].startswith("challenge_")
    assert (asked.body["kind"], asked.body["expires_in"], asked.body["resend_in"]) == (
        "code",
        600,
        60,
    )
    opened = await entrance.guess(asked, entrance.code())
    assert opened.status == 200
    first = await entrance.whoami({"Authorization": f"Bearer {opened.body['access_token']}"})
    assert (first["email"], first["role"]) == (ANNA, "user")
    again = await entrance.whoami(await entrance.come_in())
    assert again["id"] == first["id"]


async def test_a_browser_gets_cookies(entrance: Entrance) -> None:
    asked = await entrance.wish()
    body = {"challenge_id": asked.body["challenge_id"], "code": entrance.code()}
    opened = await entrance.ask("POST", "/auth/verify", body, Gesso_Cookies="1")
    assert opened.status == 200
    assert "access_token" not in opened.body
    assert any("HttpOnly" in each for each in opened.headers.getall("Set-Cookie"))


async def test_who_was_taken_in_by_hand_comes_in_by_their_address(entrance: Entrance) -> None:
    user = await newcomer(entrance.db, "Boss@example.org", "operator")
    me = await entrance.whoami(await entrance.come_in("boss@example.org"))
    assert me["role"] == "operator"
    assert "operator" in me["scopes"]
    async with entrance.db.view() as view:
        way = (await view.scalars(select(UserIdentity))).one()
    assert (way.user_id, way.kind, way.is_email_verified) == (user.id, "email", True)


async def test_the_letter_speaks_the_readers_language(entrance: Entrance) -> None:
    await entrance.wish(Accept_Language="zh-CN,zh;q=0.9,en;q=0.5")
    assert entrance.letters.taken[-1].language == "zh"
    assert entrance.code() in entrance.letters.taken[-1].subject


async def test_a_code_may_be_pasted_with_a_gap_and_what_is_none_costs_no_try(
    entrance: Entrance,
) -> None:
    asked = await entrance.wish()
    code = entrance.code()
    for nonsense in ("", "12345", "1234567", "12345x", "１２３４５６", "1 2 3 4 5 6"):
        assert (await entrance.guess(asked, nonsense)).status == 422
    wrong = other(code)
    for left, pasted in enumerate((f"{wrong[:3]} {wrong[3:]}", f"{wrong[:3]}-{wrong[3:]}"), 1):
        assert (await entrance.guess(asked, pasted)).body["tries_left"] == 5 - left
    assert (await entrance.guess(asked, f"  {code[:3]} {code[3:]}\n")).status == 200


async def test_a_wrong_code_says_how_many_tries_are_left_and_the_sixth_is_not_looked_at(
    entrance: Entrance,
) -> None:
    asked = await entrance.wish()
    code = entrance.code()
    replies = [await entrance.guess(asked, other(code)) for _ in range(5)]
    assert [(each.status, each.code) for each in replies] == [(403, "code_wrong")] * 5
    assert [each.body["tries_left"] for each in replies] == [4, 3, 2, 1, 0]
    sixth = await entrance.guess(asked, code)
    assert (sixth.status, sixth.code) == (429, "rate_limited")
    assert int(sixth.headers["Retry-After"]) >= 1


async def test_a_thousand_guesses_at_once_are_five_guesses(
    database_url: str, tmp_path: Path
) -> None:
    async with open_entrance(database_url, tmp_path, patient=True) as entrance:
        asked = await entrance.wish()
        wrong = other(entrance.code())
        replies = await asyncio.gather(*(entrance.guess(asked, wrong) for _ in range(1000)))
        assert Counter(each.status for each in replies) == {403: 5, 429: 995}
        left = sorted(each.body["tries_left"] for each in replies if each.status == 403)
        assert left == [0, 1, 2, 3, 4]
        async with entrance.db.view() as view:
            assert await view.scalar(select(Challenge.tries)) == 5


async def test_many_who_bring_the_right_code_at_once_are_one(entrance: Entrance) -> None:
    asked = await entrance.wish()
    code = entrance.code()
    replies = await asyncio.gather(*(entrance.guess(asked, code) for _ in range(12)))
    assert Counter(each.status for each in replies) == {200: 1, 403: 11}
    assert {each.code for each in replies if each.status == 403} == {"code_expired"}
    async with entrance.db.view() as view:
        assert await view.scalar(select(func.count()).select_from(User)) == 1


async def test_a_code_is_good_once_for_ten_minutes_and_until_the_next(entrance: Entrance) -> None:
    first = await entrance.wish()
    old = entrance.code()
    second = await entrance.wish()
    assert (await entrance.guess(first, old)).code == "code_expired"
    assert (await entrance.guess(second, entrance.code())).status == 200
    assert (await entrance.guess(second, entrance.code())).code == "code_expired"
    third = await entrance.wish()
    await age(entrance.db, timedelta(minutes=10))
    assert (await entrance.guess(third, entrance.code())).code == "code_expired"


async def test_a_code_opens_its_own_challenge_alone(entrance: Entrance) -> None:
    hers = await entrance.wish()
    code = entrance.code()
    theirs = await entrance.wish("eve@example.org")
    while entrance.code() == code:
        theirs = await entrance.wish("eve@example.org")
    assert (await entrance.guess(theirs, code)).code == "code_wrong"
    for unknown in (
        "challenge_01jd3v8k2m5q7r9t1w3y5z7b9d",
        "nonsense",
        hers.body["challenge_id"][:-1],
    ):
        assert (await entrance.guess(unknown, code)).code == "code_expired"
    assert (await entrance.guess(hers, code)).status == 200


async def test_no_code_is_in_the_database(entrance: Entrance) -> None:
    await entrance.wish()
    async with entrance.db.view() as view:
        row = (await view.execute(select(Challenge.__table__))).one()
    code = entrance.code()
    stored = hmac.digest(PEPPER, row.id.bytes + code.encode(), "sha256").hex()
    assert row.digest == stored
    # Without the pepper a million tries on a stolen table would find every code.
    assert row.digest != hashlib.sha256(row.id.bytes + code.encode()).hexdigest()
    texts = {name: value for name, value in row._mapping.items() if isinstance(value, str)}
    assert not [name for name, value in texts.items() if code in value and name != "digest"]


async def test_the_database_itself_holds_the_five(entrance: Entrance) -> None:
    await entrance.wish()
    with pytest.raises(Exception, match="ck_signin_challenge_tries"):
        async with entrance.db.tx() as tx:
            await tx.execute(update(Challenge).values(tries=6))


async def test_an_address_gets_three_letters_in_a_quarter_of_an_hour(entrance: Entrance) -> None:
    replies = [await entrance.wish() for _ in range(4)]
    assert [each.status for each in replies] == [202, 202, 202, 429]
    assert replies[2].body["resend_in"] > 800
    assert 800 < int(replies[3].headers["Retry-After"]) <= 900
    assert len(entrance.letters.taken) == 3
    assert (await entrance.wish("other@example.org")).status == 202
    await age(entrance.db, timedelta(minutes=15))
    assert (await entrance.wish()).status == 202


async def test_many_wishes_at_once_are_three_letters(entrance: Entrance) -> None:
    replies = await asyncio.gather(*(entrance.wish() for _ in range(12)))
    assert Counter(each.status for each in replies) == {202: 3, 429: 9}
    async with entrance.db.view() as view:
        usable = select(func.count()).select_from(Challenge).where(Challenge.ended_at.is_(None))
        assert await view.scalar(usable) == 1


async def test_a_network_gets_twenty_letters_an_hour(entrance: Entrance) -> None:
    wishes = [await entrance.wish(f"person{number}@example.org") for number in range(21)]
    assert [each.status for each in wishes] == [202] * 20 + [429]
    await age(entrance.db, timedelta(hours=1))
    assert (await entrance.wish()).status == 202


async def test_after_fifteen_wrong_guesses_a_link_comes_that_nobody_guesses(
    entrance: Entrance,
) -> None:
    for _ in range(3):
        asked = await entrance.wish()
        assert asked.body["kind"] == "code"
        for _ in range(5):
            await entrance.guess(asked, other(entrance.code()))
    await age(entrance.db, timedelta(minutes=16))
    asked = await entrance.wish()
    assert (asked.status, asked.body["kind"]) == (202, "link")
    token = entrance.token()
    assert (await entrance.guess(asked, "123456")).code == "code_expired"
    wrong = token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB")
    assert (await entrance.ask("POST", "/auth/link", {"token": wrong})).code == "code_wrong"
    assert (await entrance.ask("POST", "/auth/link", {"token": "x"})).code == "code_expired"
    opened = await entrance.ask("POST", "/auth/link", {"token": token})
    assert opened.status == 200
    assert (await entrance.ask("POST", "/auth/link", {"token": token})).code == "code_expired"
    await age(entrance.db, timedelta(hours=24))
    assert (await entrance.wish()).body["kind"] == "code"


async def test_never_more_than_fifteen_guesses_a_day_are_looked_at(entrance: Entrance) -> None:
    looked_at = 0
    for _ in range(8):
        asked = await entrance.wish()
        if asked.body["kind"] == "link":
            break
        for _ in range(4):
            looked_at += (await entrance.guess(asked, other(entrance.code()))).status == 403
        await age(entrance.db, timedelta(minutes=6))
    assert looked_at == 12
