"""Codes: worth something once to each person, to as many as they are for, and hard to guess."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gesso.app.accounts import open_account
from gesso.domain import audit, wallet
from gesso.domain.identity import Caller, Role
from gesso.domain.wallet import codes
from gesso.domain.wallet.code_tables import CodeGuess, RedeemCode
from gesso.domain.wallet.code_text import digest_of, new_code
from gesso.domain.wallet.codes import NewBatch, Redeemed, make_batch
from gesso.domain.wallet.errors import BadExpiry, CodeSpent, NoSuchCode, TooManyGuesses
from gesso.infra.db import Database, moment
from gesso.infra.errors import Conflict, GessoError, Invalid
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.domain.shop import crowd

OF_CODES = ("I01", "I02", "I03", "I03b", "I23", "I23c", "I25")
MINE = "192.0.2.7"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    async with database.view() as view:
        assert [each for each in await audit.run(view) if each.check in OF_CODES] == []
    await database.close()


async def somebody(db: Database, name: str = "anna") -> Caller:
    async with db.tx() as tx:
        user = await open_account(tx, f"{name}@example.org")
    return Caller(user.id, user.tenant_id, Role.USER, frozenset())


async def made(db: Database, caller: Caller, **values: Any) -> list[str]:
    new = NewBatch(**{"name": "spring", "amount": 5 * CREDIT, "count": 1, **values})
    async with db.tx() as tx:
        return (await make_batch(tx, caller.tenant_id, new, created_by=None))[1]


async def redeem(
    db: Database, caller: Caller, text: str, key: str | None = None, address: str | None = MINE
) -> Redeemed | GessoError:
    async with db.tx() as tx:
        return await codes.redeem(tx, caller, text, key=key, address=address)


async def has(db: Database, caller: Caller) -> int:
    async with db.view() as view:
        return (await wallet.of_owner(view, caller.user_id)).posted // CREDIT


def test_a_code_can_be_read_out_and_a_typo_breaks_it() -> None:
    code = new_code()
    assert len(code) == 3 + 6 * 5
    digest = digest_of(code)
    assert digest is not None
    assert digest_of(f"  {code.lower().replace('-', ' ')} ") == digest
    assert digest_of(code.replace("0", "O").replace("1", "l")) == digest
    for at in range(4, len(code)):
        if code[at] != "-":
            wrong = code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]
            assert digest_of(wrong) != digest
    assert [digest_of(each) for each in ("", "GSC", "é" * 30, code + "0", "0" * 10_000)] == [
        None
    ] * 5


async def test_a_hundred_at_once_on_one_code_are_given_to_one(db: Database) -> None:
    people = [await somebody(db, f"p{n}") for n in range(20)]
    [code] = await made(db, people[0])
    answers = await crowd(redeem(db, people[n % 20], code) for n in range(100))
    given = [answer for answer in answers if isinstance(answer, Redeemed)]
    refused = [answer for answer in answers if isinstance(answer, CodeSpent)]
    assert (len(given), len(refused)) == (1, 99)
    assert {r.facts["reason"] for r in refused} <= {"used_up", "redeemed_before"}
    assert sum([await has(db, person) for person in people]) == 5


async def test_a_hundred_copies_of_one_request_give_once(db: Database) -> None:
    anna = await somebody(db)
    [code] = await made(db, anna, max_uses=50)
    answers = await crowd(redeem(db, anna, code, key="k") for _ in range(100))
    assert Counter(getattr(answer, "is_new", None) for answer in answers) == {True: 1, False: 99}
    again = await redeem(db, anna, code, key="another")
    assert isinstance(again, CodeSpent)
    assert again.facts["reason"] == "redeemed_before"
    assert await has(db, anna) == 5


async def test_a_key_stands_for_one_code(db: Database) -> None:
    anna = await somebody(db)
    first, second = await made(db, anna, count=2)
    assert isinstance(await redeem(db, anna, first, key="k"), Redeemed)
    other = await redeem(db, anna, second, key="k")
    assert isinstance(other, Invalid)
    assert other.kind == "idempotency_key_reused"


async def test_guesses_are_evaluated_ten_times_an_hour_however_many_come(db: Database) -> None:
    anna, bert = await somebody(db), await somebody(db, "bert")
    [code] = await made(db, anna)
    answers = await crowd(redeem(db, anna, new_code()) for _ in range(60))
    assert Counter(type(answer) for answer in answers) == {NoSuchCode: 10, TooManyGuesses: 50}
    refused = await redeem(db, anna, code)
    assert isinstance(refused, TooManyGuesses)
    assert 3500 < (refused.retry_after or 0) <= 3601
    assert isinstance(await redeem(db, anna, "a typo"), NoSuchCode)
    assert isinstance(await redeem(db, bert, code), Redeemed)
    async with db.view() as view:
        counts = dict((await view.execute(select(CodeGuess.subject, CodeGuess.count))).all())
    assert counts == {f"user:{anna.user_id}": 10, f"user:{bert.user_id}": 0, f"ip:{MINE}": 10}
    db._epoch += 3700
    assert isinstance(await redeem(db, anna, new_code()), NoSuchCode)
    db._epoch += 3700
    async with db.tx() as tx:
        assert await codes.forget_guesses(tx, room=10) == 3


async def test_an_address_has_its_own_count(db: Database) -> None:
    people = [await somebody(db, f"p{n}") for n in range(11)]
    for person in people[:10]:
        for _ in range(10):
            assert isinstance(await redeem(db, person, new_code()), NoSuchCode)
    assert isinstance(await redeem(db, people[10], new_code()), TooManyGuesses)
    assert isinstance(await redeem(db, people[10], new_code(), address="192.0.2.8"), NoSuchCode)


async def test_what_is_over_disabled_or_of_another_tenant_gives_nothing(db: Database) -> None:
    anna = await somebody(db)
    async with db.view() as view:
        soon = moment(view) + timedelta(hours=1)
    [over] = await made(db, anna, expires_at=soon)
    [stopped] = await made(db, anna, name="stopped")
    async with db.tx() as tx:
        found = await codes.batches(tx, anna.tenant_id, after=None, limit=9)
        await codes.disable(tx, anna.tenant_id, found[0][0].id)
    db._epoch += 7200
    reasons = [(await redeem(db, anna, code)).facts["reason"] for code in (over, stopped)]  # type: ignore[union-attr]
    assert reasons == ["over", "disabled"]
    [fresh] = await made(db, anna)
    stranger = Caller(anna.user_id, new_id(), Role.USER, frozenset())
    assert isinstance(await redeem(db, stranger, fresh), NoSuchCode)
    with pytest.raises(BadExpiry):
        await made(db, anna, expires_at=soon)


async def test_credits_of_a_code_may_expire(db: Database) -> None:
    anna = await somebody(db)
    [code] = await made(db, anna, lasts_days=2)
    given = await redeem(db, anna, code)
    assert isinstance(given, Redeemed)
    async with db.view() as view:
        purse = await wallet.of_owner(view, anna.user_id)
    assert purse.expires_at == given.expires_at
    db._epoch += 3 * 86400
    async with db.tx() as tx:
        assert await wallet.expire(tx, room=9) == 1
    assert await has(db, anna) == 0


async def test_a_thousand_codes_are_made_and_none_of_them_is_kept(db: Database) -> None:
    anna = await somebody(db)
    texts = await made(db, anna, count=1000, key="k")
    assert len(set(texts)) == 1000
    async with db.view() as view:
        assert await view.scalar(select(func.count()).select_from(RedeemCode)) == 1000
        kept = (await view.scalars(select(RedeemCode.digest).limit(5))).all()
    assert not set(texts) & set(kept)
    with pytest.raises(Conflict):
        await made(db, anna, key="k")
