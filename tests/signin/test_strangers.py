"""Strangers: what the door tells nobody, and to whom it sends nothing."""

import statistics
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text, update

from gesso.domain import identity
from gesso.domain.identity import Channel, User
from gesso.domain.signin.tables import Challenge
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from tests.domain.people import newcomer
from tests.signin.entrance import ANNA, Entrance, age, open_entrance

ROUNDS = 100


async def test_nobody_can_tell_whether_an_address_is_known(
    database_url: str, tmp_path: Path
) -> None:
    async with open_entrance(database_url, tmp_path, open=False) as entrance:
        await newcomer(entrance.db)
        closed = await newcomer(entrance.db, "closed@example.org")
        async with entrance.db.tx() as tx:
            await tx.execute(update(User).where(User.id == closed.id).values(status="disabled"))
        emails = (ANNA, "closed@example.org", "nobody@example.org")
        replies = [await entrance.wish(email) for email in emails]
        assert [letter.to for letter in entrance.letters.taken] == [ANNA]
        shapes = [{**each.body, "challenge_id": ""} for each in replies]
        assert shapes[0] == shapes[1] == shapes[2]
        assert {each.status for each in replies} == {202}
        assert len({frozenset(each.headers) for each in replies}) == 1
        for asked in replies[1:]:
            assert (await entrance.guess(asked, "000000")).code == "code_wrong"
        assert (await entrance.guess(replies[0], entrance.code())).status == 200
        async with entrance.db.view() as view:
            assert await view.scalar(select(func.count()).select_from(User)) == 2


async def test_an_answer_takes_as_long_for_a_stranger(database_url: str, tmp_path: Path) -> None:
    """By what this process computes until the answer is there; letters are made later."""
    async with open_entrance(database_url, tmp_path, later=0.5, open=False) as entrance:
        async with entrance.db.tx() as tx:
            channel = await identity.find_channel(tx, identity.LOCAL)
            for number in range(ROUNDS):
                email = f"known{number}@example.org"
                await identity.create_user(tx, email, tenant_id=channel.tenant_id)
        differences, answers = [], []
        for number in range(ROUNDS):
            if number % 8 == 0:
                await age(entrance.db, timedelta(hours=2))
            took = {}
            for kind in ("known", "stranger") if number % 2 else ("stranger", "known"):
                body = {"email": f"{kind}{number}@example.org"}
                began = time.process_time()
                reply = await entrance.ask("POST", "/auth/email-code", body)
                took[kind] = time.process_time() - began
                assert reply.status == 202
            differences.append(took["known"] - took["stranger"])
            answers.append(took["stranger"])
            if number % 8 == 7:
                await entrance.post.settle()  # or letters would be made while somebody is timed
        await entrance.post.settle()
        assert len(entrance.letters.taken) == ROUNDS
        assert abs(statistics.median(differences)) < min(0.002, statistics.median(answers) / 5)


async def test_a_disabled_user_does_not_come_in_by_a_code_of_before(entrance: Entrance) -> None:
    await entrance.come_in()
    asked = await entrance.wish()
    async with entrance.db.tx() as tx:
        await tx.execute(update(User).values(status="disabled"))
    reply = await entrance.guess(asked, entrance.code())
    assert (reply.status, reply.code) == (403, "not_let_in")


async def test_only_doors_of_ours_send_codes(entrance: Entrance) -> None:
    async with entrance.db.tx() as tx:
        local = await identity.find_channel(tx, identity.LOCAL)
        values = {
            **{each.key: getattr(local, each.key) for each in Channel.__table__.columns},
            "id": new_id(), "kind": "handover", "slug": "partner",
        }  # fmt: skip
        assert await identity.insert_once(tx, Channel, values)
    for slug in ("partner", "nowhere"):
        body = {"email": ANNA, "channel": slug}
        reply = await entrance.ask("POST", "/auth/email-code", body)
        assert (reply.status, reply.code) == (404, "channel_not_found")


async def test_what_is_no_address_gets_no_letter(entrance: Entrance) -> None:
    for email in ("anna", "a b@example.org", "x" * 400, "a@b.org\r\nBcc: c@d.org"):
        assert (await entrance.wish(email)).status == 422
    assert entrance.letters.taken == []


async def test_while_nothing_can_be_counted_nobody_gets_in_and_nothing_is_sent(
    database_url: str, tmp_path: Path
) -> None:
    async with open_entrance(database_url, tmp_path, lock=0.2) as entrance:
        asked = await entrance.wish()
        other_one = Database(database_url)
        async with other_one.tx() as tx:
            if not other_one.is_sqlite:
                await tx.execute(text("lock table signin_challenge"))
            await tx.execute(update(Challenge).values(tries=Challenge.tries))  # SQLite's writer
            replies = [await entrance.wish(), await entrance.guess(asked, entrance.code())]
        await other_one.close()
        assert [each.status for each in replies] == [503, 503]
        assert len(entrance.letters.taken) == 1
        assert (await entrance.guess(asked, entrance.code())).status == 200
