"""Where one is signed in: seen, ended one by one or all at once, and over within two seconds."""

import time
from typing import Any

from sqlalchemy import update

from gesso.domain import sessions
from gesso.domain.identity import User
from gesso.domain.sessions import Session
from gesso.infra.db import Database
from tests.domain.people import new_key
from tests.sessions.guesthouse import Guests, new_house


def bearer(opened: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {opened['access_token']}"}


async def ask(
    guests: Guests, method: str, path: str, opened: dict[str, Any], **options: Any
) -> tuple[int, Any]:
    """The status of the answer, and its body."""
    url = f"/api/v1{path}"
    async with guests.web.request(method, url, headers=bearer(opened), **options) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def is_out(guests: Guests, opened: dict[str, Any], *, within: float = 2) -> bool:
    """Whether this access token opens nothing any more before the time is over."""
    began = time.monotonic()
    while (await ask(guests, "GET", "/me", opened))[0] != 401:
        if time.monotonic() - began > within:
            return False
    return True


async def test_everybody_sees_where_they_are_signed_in(guests: Guests) -> None:
    await guests.guest()
    await guests.guest("ben@example.org")
    await guests.sign_in("ben@example.org")
    first, second = await guests.sign_in(), await guests.sign_in()
    status, body = await ask(guests, "GET", "/me/sessions", second)
    listed = body["items"]
    assert (status, [each["id"] for each in listed]) == (
        *(200, [second["session_id"], first["session_id"]]),
    )
    assert [each["is_current"] for each in listed] == [True, False]
    assert (listed[0]["channel"], listed[0]["ip"]) == ("local", "127.0.0.1")
    assert "aiohttp" in listed[0]["agent"]
    _, page = await ask(guests, "GET", "/me/sessions?limit=1", second)
    _, rest = await ask(guests, "GET", f"/me/sessions?cursor={page['next_cursor']}", second)
    assert page["items"] + rest["items"] == listed


async def test_a_session_is_ended_from_another_one(guests: Guests) -> None:
    await guests.guest()
    here, there, third = [await guests.sign_in() for _ in range(3)]
    assert await ask(guests, "DELETE", f"/me/sessions/{there['session_id']}", here) == (204, None)
    assert await is_out(guests, there)
    body = {"refresh_token": there["refresh_token"]}
    assert (await ask(guests, "POST", "/auth/refresh", here, json=body))[0] == 401
    status, _ = await ask(guests, "DELETE", f"/me/sessions/{there['session_id']}", here)
    assert status == 404
    assert await ask(guests, "DELETE", "/me/sessions", here) == (200, {"ended": 1})
    assert await is_out(guests, third)
    assert (await ask(guests, "GET", "/me", here))[0] == 200


async def test_other_peoples_sessions_are_not_there(guests: Guests) -> None:
    await guests.guest()
    await guests.guest("ben@example.org")
    anna, ben = await guests.sign_in(), await guests.sign_in("ben@example.org")
    for wrong in (ben["session_id"], "session_00000000000000000000000000", "nonsense"):
        status, body = await ask(guests, "DELETE", f"/me/sessions/{wrong}", anna)
        assert (status, body["code"]) == (404, "session_not_found")
    assert (await ask(guests, "GET", "/me", ben))[0] == 200


async def test_a_key_has_no_sessions(guests: Guests) -> None:
    key = await new_key(guests.db, await guests.guest())
    status, body = await ask(guests, "GET", "/me/sessions", {"access_token": key})
    assert (status, body["code"]) == (403, "session_needed")
    status, body = await ask(guests, "POST", "/auth/logout", {"access_token": key})
    assert (status, body["code"]) == (403, "session_needed")


async def test_who_logs_out_is_out(guests: Guests) -> None:
    await guests.guest()
    by_access, by_refresh = await guests.sign_in(), await guests.sign_in()
    assert await ask(guests, "POST", "/auth/logout", by_access) == (204, None)
    assert await is_out(guests, by_access)
    body = {"refresh_token": by_refresh["refresh_token"]}
    for _ in range(2):
        async with guests.web.post("/api/v1/auth/logout", json=body) as answer:
            assert answer.status == 204
    assert await is_out(guests, by_refresh)


async def test_whoever_is_disabled_is_out_of_every_process(guests: Guests) -> None:
    anna = await guests.guest()
    opened = await guests.sign_in()
    elsewhere = new_house(Database(guests.db.url), guests.house.folder)
    await elsewhere.mint.open()
    assert await elsewhere.doorkeeper.recognise(opened["access_token"])
    async with guests.db.tx() as tx:
        await tx.execute(update(User).where(User.id == anna.id).values(status="disabled"))
    began = time.monotonic()
    while await elsewhere.doorkeeper.recognise(opened["access_token"]):
        assert time.monotonic() - began < 2
    assert await is_out(guests, opened)
    body = {"refresh_token": opened["refresh_token"]}
    async with guests.web.post("/api/v1/auth/refresh", json=body) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "bad_refresh_token")
    await elsewhere.db.close()


async def test_a_busy_session_costs_one_query_and_its_use_is_noted(guests: Guests) -> None:
    await guests.guest()
    opened = await guests.sign_in()
    await guests.house.doorkeeper.recognise(opened["access_token"])
    async with guests.db.view() as view:
        before = (await view.get_one(Session, await session_id(guests, opened))).last_used_at
    await guests.house.doorkeeper.note()
    async with guests.db.view() as view:
        after = (await view.get_one(Session, await session_id(guests, opened))).last_used_at
    assert after > before


async def session_id(guests: Guests, opened: dict[str, Any]) -> Any:
    async with guests.db.view() as view:
        return await sessions.session_of(view, opened["refresh_token"])
