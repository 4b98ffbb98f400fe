"""What people do with credits over HTTP: get them, bound them, share them, and get them back."""

import asyncio
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest

from gesso.kit.ids import public_id
from tests.house.person import Person, Reply
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def by_hand(operator: Person, path: str, key: str, **body: Any) -> Reply:
    """A movement of money by an operator, under this key."""
    return await operator.ask("POST", path, body, headers={"Idempotency-Key": key})


async def test_an_operator_grants_credits_that_expire_once_under_a_key(home: Home) -> None:
    operator, anna = await home.person(0, "operator"), await home.person(credits=1)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    gift = {"user_id": public_id("user", anna.id), "amount": "5", "reason": "sorry"}
    for replayed in (None, "true"):
        reply = await by_hand(operator, "/grants", f"g{anna.id}", **gift, expires_at=until)
        assert (reply.status, reply.body["available"]) == (201, "6"), reply
        assert reply.headers.get("Idempotency-Replayed") == replayed
    await anna.make("text_to_image", prompt="a lot", tier="fast")
    (lot,) = (await anna.ask("GET", "/wallet/lots")).body["items"]
    assert (lot["amount"], lot["left"]) == ("5", "4")
    mine = await anna.ask("GET", "/me/export")
    with ZipFile(io.BytesIO(mine.content)) as book:
        told = json.loads(book.read("expiring.ndjson"))
    assert (told["amount"], told["left"]) == ("5", "4")
    assert told["expires_at"].startswith(lot["expires_at"].rstrip("Z"))
    refused = [
        await operator.ask("POST", "/grants", gift),
        await by_hand(operator, "/grants", f"g{anna.id}", **{**gift, "amount": "6"}),
        await by_hand(operator, "/grants", "x", **gift, expires_at="2020-01-01T00:00:00Z"),
        await by_hand(operator, "/grants", "x", **{**gift, "user_id": "user_0"}),
        await by_hand(operator, "/grants", "x", amount="1", reason="nobody shares here"),
        await by_hand(operator, "/adjustments", "x", **{**gift, "amount": "-1"}),
        await anna.ask("POST", "/grants", gift),
    ]
    assert [(reply.status, reply.code) for reply in refused] == [
        (422, "idempotency_key_required"),
        (422, "idempotency_key_reused"),
        (422, "bad_expiry"),
        (404, "user_not_found"),
        (404, "no_shared_wallet"),
        (403, "missing_scope"),
        (403, "missing_scope"),
    ]


async def test_a_code_is_shown_once_and_redeemed_once(home: Home) -> None:
    operator = await home.person(0, "operator")
    anna, bert = await home.person(credits=0), await home.person(credits=0)
    batch = {"name": "spring", "amount": "2.5", "count": 3, "lasts_days": 7}
    made = await operator.ask("POST", "/credit-codes", batch)
    assert (made.status, made.headers["Content-Type"]) == (201, "text/csv; charset=utf-8")
    head, *codes = made.content.decode().split()
    assert (head, len(codes), made.headers["Cache-Control"]) == ("code", 3, "no-store")
    replies = await asyncio.gather(
        *(p.ask("POST", "/wallet/redeem", {"code": codes[0]}) for p in (anna, bert) * 5)
    )
    assert Counter(reply.status for reply in replies) == {200: 1, 409: 9}
    given = next(reply.body for reply in replies if reply.status == 200)
    assert (given["amount"], given["available"]) == ("2.5", "2.5")
    key = {"Idempotency-Key": "mine"}
    for _ in range(2):
        again = await anna.ask("POST", "/wallet/redeem", {"code": codes[1].lower()}, headers=key)
        assert again.status == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    batch_id = made.headers["Gesso-Batch"]
    listed = (await operator.ask("GET", "/credit-codes")).body["items"]
    mine = next(each for each in listed if each["id"] == batch_id)
    assert (mine["redeemed"], mine["status"]) == (2, "active")
    assert (await operator.ask("POST", f"/credit-codes/{batch_id}/disable")).status == 204
    late = await bert.ask("POST", "/wallet/redeem", {"code": codes[2]})
    assert (late.status, late.code, late.body["reason"]) == (409, "code_spent", "disabled")
    wrong = await bert.ask("POST", "/wallet/redeem", {"code": "GSC-AAAA"})
    assert (wrong.status, wrong.code) == (404, "code_not_found")


async def test_a_cap_holds_however_many_submit_and_a_capped_key_cannot_lift_it(
    home: Home,
) -> None:
    anna = await home.person(credits=30)
    key_id = (await anna.ask("GET", "/me")).body["key_id"]
    path = f"/api-keys/{key_id}/limits"
    assert (await anna.ask("PUT", path, {"daily": "10", "total": None})).status == 200
    for lifting in (path, "/wallet/limits"):
        refused = await anna.ask("PUT", lifting, {"daily": None, "total": None})
        assert (refused.status, refused.code) == (403, "own_limit")
    order = {"type": "text_to_image", "prompt": "a cap", "tier": "fast"}
    replies = await asyncio.gather(*(anna.ask("POST", "/tasks", order) for _ in range(100)))
    assert Counter(reply.status for reply in replies) == {202: 10, 402: 90}
    refused = next(reply for reply in replies if reply.status == 402)
    facts = [refused.body[name] for name in ("limit_of", "per", "limit", "spent")]
    assert (refused.code, facts) == ("spend_limit_reached", ["key", "day", "10", "10"])
    for reply in replies:
        if reply.status == 202:
            await anna.wait(reply.body)
    (shown,) = (await anna.ask("GET", "/wallet/limits")).body["items"]
    assert (shown["limit_of"], shown["spent_today"], shown["daily"]) == ("key", "10", "10")
    bert = await home.person()
    assert (await bert.ask("GET", path)).code == "key_not_found"


async def test_an_operator_gives_back_a_part_and_then_the_rest(home: Home) -> None:
    operator, anna = await home.person(0, "operator"), await home.person(credits=5)
    task = await anna.make("text_to_image", prompt="a fault", count=3, tier="fast")
    about = {"task_id": task["id"], "reason": "blurred"}
    part = await by_hand(operator, "/refunds", f"a{anna.id}", **about, amount="1")
    assert (part.status, part.body["refunded"], part.body["charged"]) == (201, "1", "3")
    both = await asyncio.gather(
        *(by_hand(operator, "/refunds", f"{n}{anna.id}", **about) for n in range(2))
    )
    assert Counter(reply.status for reply in both) == {201: 1, 409: 1}
    seen = await anna.task(task)
    assert (seen["refunded"], seen["cost"]["charged"]) == ("3", "3")
    assert await anna.money() == ("5", "0")
    assert (await anna.kinds())[-2:] == ["reversal", "reversal"]


async def test_members_pay_from_the_shared_wallet_and_managers_see_who(home: Home) -> None:
    operator = await home.person(0, "operator")
    anna, bert = await home.person(credits=1), await home.person(credits=1)
    assert (await anna.ask("GET", "/wallet/shared")).code == "no_shared_wallet"
    opened = [(await operator.ask("POST", "/shared-wallet")).status for _ in range(2)]
    assert opened == [201, 200]
    granted = await by_hand(operator, "/grants", f"s{anna.id}", amount="9", reason="a budget")
    before = granted.body["available"]
    for person, how in ((anna, {"is_manager": True}), (bert, {"daily": "1"})):
        path = f"/shared-wallet/members/{public_id('user', person.id)}"
        assert (await operator.ask("PUT", path, how)).status == 204
    task = await anna.make("text_to_image", prompt="ours", tier="fast", wallet="shared")
    assert (await bert.ask("PUT", "/wallet/default", {"wallet": "shared"})).status == 200
    await bert.make("text_to_image", prompt="ours too", tier="fast")
    order = {"type": "text_to_image", "prompt": "too much", "tier": "fast"}
    refused = await bert.ask("POST", "/tasks", order)
    assert (refused.code, refused.body["limit_of"]) == ("spend_limit_reached", "member")
    assert [await p.money() for p in (anna, bert)] == [("1", "0"), ("1", "0")]
    shared = (await bert.ask("GET", "/wallet/shared")).body
    assert (int(before) - int(shared["available"]), shared["pays"]) == (2, True)
    all_of_it = (await anna.ask("GET", "/wallet/shared/entries")).body["items"]
    assert {each["spender_id"] for each in all_of_it} >= {
        public_id("user", p.id) for p in (anna, bert)
    }
    his = (await bert.ask("GET", "/wallet/shared/entries")).body["items"]
    assert {each["spender_id"] for each in his} == {public_id("user", bert.id)}
    assert task["id"] not in {each["task_id"] for each in his}
    path = f"/shared-wallet/members/{public_id('user', bert.id)}"
    assert [(await operator.ask("DELETE", path)).status for _ in range(2)] == [204, 404]
    await bert.make("text_to_image", prompt="mine", tier="fast")
    assert await bert.money() == ("0", "0")
