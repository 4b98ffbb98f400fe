"""Ways in: added by who proves them, taken away by their owner, and never all of them."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from gesso.domain import identity, signin
from gesso.domain.identity import User, UserIdentity
from gesso.domain.sessions import Session
from gesso.domain.signin.tables import Challenge, Password, PasswordTry
from gesso.infra.db import Database
from gesso.kit.ids import new_id
from tests.domain.people import new_key, newcomer
from tests.signin.entrance import ANNA, Entrance, Reply, other

SECOND = "anna@work.example"


async def ask_to_add(entrance: Entrance, session: dict[str, str], email: str = SECOND) -> Reply:
    reply = await entrance.ask("POST", "/me/identities/email", {"email": email}, **session)
    await entrance.post.settle()
    return reply


async def add(entrance: Entrance, session: dict[str, str], email: str = SECOND) -> Reply:
    asked = await ask_to_add(entrance, session, email)
    body = {"challenge_id": asked.body["challenge_id"], "code": entrance.code()}
    return await entrance.ask("POST", "/me/identities/email/verify", body, **session)


async def ways(entrance: Entrance, session: dict[str, str]) -> dict[str, Any]:
    listed = await entrance.ask("GET", "/me/identities", **session)
    return {each["subject"]: each for each in listed.body["items"]}


async def remove(entrance: Entrance, session: dict[str, str], id: str) -> Reply:
    return await entrance.ask("DELETE", f"/me/identities/{id}", **session)


async def outside_way(db: Database, email: str, subject: str = "anna-1") -> None:
    """Have the user with this address known by an issuer's word too."""
    async with db.tx() as tx:
        channel = await identity.find_channel(tx, identity.LOCAL)
        user = await identity.find_user(tx, email)
        assert user is not None
        tx.add(
            UserIdentity(
                id=new_id(),
                tenant_id=user.tenant_id,
                user_id=user.id,
                channel_id=channel.id,
                kind="oidc",
                issuer="https://idp.example",
                subject=subject,
                email=email,
                is_email_verified=False,
                created_at=db.now(),
            )
        )
        await tx.flush()


async def test_a_second_address_lets_into_the_same_account(entrance: Entrance) -> None:
    session = await entrance.come_in()
    me = await entrance.whoami(session)
    added = await add(entrance, session, " Anna@Work.example")
    assert (added.status, added.body["subject"], added.body["kind"]) == (201, SECOND, "email")
    await entrance.post.settle()
    assert (entrance.letters.taken[-1].kind, entrance.letters.taken[-1].to) == (
        "signin_added",
        ANNA,
    )
    assert list(await ways(entrance, session)) == [ANNA, SECOND]
    assert (await entrance.whoami(await entrance.come_in(SECOND)))["id"] == me["id"]
    assert (await add(entrance, session)).status == 201
    assert list(await ways(entrance, session)) == [ANNA, SECOND]


async def test_an_address_that_is_anothers_is_not_added(entrance: Entrance) -> None:
    await entrance.come_in("bert@example.org")
    await newcomer(entrance.db, "carl@example.org")
    session = await entrance.come_in()
    for taken in ("bert@example.org", "carl@example.org"):
        reply = await add(entrance, session, taken)
        assert (reply.status, reply.code) == (409, "address_taken")
    assert list(await ways(entrance, session)) == [ANNA]


async def test_a_code_adds_to_the_account_that_asked_and_lets_nobody_in(
    entrance: Entrance,
) -> None:
    session, eve = await entrance.come_in(), await entrance.come_in("eve@example.org")
    asked = await ask_to_add(entrance, session)
    body = {"challenge_id": asked.body["challenge_id"], "code": entrance.code()}
    path = "/me/identities/email/verify"
    assert (await entrance.ask("POST", path, body, **eve)).code == "code_expired"
    assert (await entrance.guess(asked, entrance.code())).code == "code_expired"
    wrong = {**body, "code": other(body["code"])}
    assert (await entrance.ask("POST", path, wrong, **session)).body["tries_left"] == 4
    assert (await entrance.ask("POST", path, body, **session)).status == 201
    # And a code that lets in adds nothing.
    asked = await entrance.wish("third@example.org")
    body = {"challenge_id": asked.body["challenge_id"], "code": entrance.code()}
    assert (await entrance.ask("POST", path, body, **session)).code == "code_expired"


async def test_who_signed_in_long_ago_or_has_a_key_changes_nothing(entrance: Entrance) -> None:
    session = await entrance.come_in()
    await add(entrance, session)
    mine = await ways(entrance, session)
    async with entrance.db.view() as view:
        user = (await view.scalars(select(User))).one()
    key = {"Authorization": f"Bearer {await new_key(entrance.db, user)}"}
    async with entrance.db.tx() as tx:
        await tx.execute(update(Session).values(created_at=entrance.db.now() - timedelta(hours=1)))
    for who, code in ((session, "session_not_fresh"), (key, "session_needed")):
        assert (await ask_to_add(entrance, who)).code == code
        assert (await remove(entrance, who, mine[SECOND]["id"])).code == code
    assert list(await ways(entrance, key)) == [ANNA, SECOND]


async def test_the_last_way_in_stays_and_an_address_that_goes_lets_nobody_in(
    entrance: Entrance,
) -> None:
    session = await entrance.come_in()
    mine = await ways(entrance, session)
    assert (await remove(entrance, session, mine[ANNA]["id"])).code == "last_way_in"
    await add(entrance, session)
    by_second = await entrance.come_in(SECOND)
    me = await entrance.whoami(by_second)
    assert (await remove(entrance, by_second, mine[ANNA]["id"])).status == 204
    await entrance.post.settle()
    assert entrance.letters.taken[-1].to == ANNA
    # The session that began by it ends, the account is called by the other one from now on.
    await entrance.until_out(session)
    now = await entrance.whoami(by_second)
    assert (now["id"], now["email"]) == (me["id"], SECOND)
    newcomer_there = await entrance.whoami(await entrance.come_in())
    assert newcomer_there["id"] != me["id"]
    mine = await ways(entrance, by_second)
    assert list(mine) == [SECOND]
    assert (await remove(entrance, by_second, mine[SECOND]["id"])).code == "last_way_in"


async def test_two_who_take_a_way_each_at_once_leave_one(entrance: Entrance) -> None:
    session = await entrance.come_in()
    await add(entrance, session)
    mine = await ways(entrance, session)
    replies = await asyncio.gather(*(remove(entrance, session, way["id"]) for way in mine.values()))
    # The session may end with its way while the other one is asked for.
    assert Counter(each.status for each in replies)[204] == 1
    async with entrance.db.view() as view:
        assert await view.scalar(select(func.count()).select_from(UserIdentity)) == 1


async def test_the_last_address_stays_beside_an_outside_way(entrance: Entrance) -> None:
    session = await entrance.come_in()
    await outside_way(entrance.db, ANNA)
    mine = await ways(entrance, session)
    assert (await remove(entrance, session, mine[ANNA]["id"])).code == "last_way_in"
    assert (await remove(entrance, session, mine["anna-1"]["id"])).status == 204
    assert list(await ways(entrance, session)) == [ANNA]


async def test_what_is_not_ones_own_is_not_there(entrance: Entrance) -> None:
    hers = await ways(entrance, await entrance.come_in())
    eve = await entrance.come_in("eve@example.org")
    await add(entrance, eve, "eve2@example.org")
    for strange in (hers[ANNA]["id"], "identity_01jd3v8k2m5q7r9t1w3y5z7b9d", "nonsense"):
        reply = await remove(entrance, eve, strange)
        assert (reply.status, reply.code) == (404, "identity_not_found")


async def test_an_account_has_twenty_ways_at_most(entrance: Entrance) -> None:
    session = await entrance.come_in()
    for number in range(19):
        await outside_way(entrance.db, ANNA, f"anna-{number}")
    reply = await add(entrance, session)
    assert (reply.status, reply.code) == (409, "too_many_identities")


async def test_whoever_is_erased_left_nothing_here(entrance: Entrance) -> None:
    session = await entrance.come_in()
    await add(entrance, session)
    await entrance.ask("PUT", "/me/password", {"password": "correct horse battery"}, **session)
    await entrance.ask("POST", "/auth/login", {"email": ANNA, "password": "wrong one"})
    await ask_to_add(entrance, session, "third@example.org")
    async with entrance.db.tx() as tx:
        await tx.execute(update(Session).values(identity_id=None))
        await signin.erase(tx, (await tx.scalars(select(User))).one())
    async with entrance.db.view() as view:
        for table in (Challenge, Password, PasswordTry, UserIdentity):
            assert await view.scalar(select(func.count()).select_from(table)) == 0


async def test_what_counts_no_more_is_forgotten(entrance: Entrance) -> None:
    await entrance.wish()
    await entrance.ask("POST", "/auth/login", {"email": ANNA, "password": "wrong one"})
    async with entrance.db.tx() as tx:
        assert await signin.forget(tx, room=10) == 0
        before = entrance.db.now() - timedelta(days=2, seconds=1)
        await tx.execute(update(Challenge).values(created_at=before))
        await tx.execute(update(PasswordTry).values(at=before))
        assert await signin.forget(tx, room=1) == 1
        assert await signin.forget(tx, room=10) == 1
