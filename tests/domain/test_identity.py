"""Identity: people come in once, and keys open what they were made for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from gesso.domain.identity import (
    ApiKey,
    BadEmail,
    BadKeyRequest,
    Caller,
    Doorkeeper,
    EmailTaken,
    NoSuchKey,
    Role,
    Scope,
    ScopeNotAllowed,
    TooManyKeys,
    User,
    authenticate,
    create_key,
    create_user,
    find_user,
    list_keys,
    revoke_key,
)
from gesso.infra.db import Database
from tests.domain.people import new_key, newcomer, queries


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


async def whose(db: Database, key: str) -> Caller | None:
    async with db.view() as view:
        return (await authenticate(view, [key]))[0]


async def test_a_user_is_found_however_the_address_is_written(db: Database) -> None:
    anna = await newcomer(db, " Anna.Ödegård@Example.ORG ")
    async with db.view() as view:
        found = await find_user(view, "ANNA.ÖDEGÅRD@example.org")
        nobody = await find_user(view, "bert@example.org")
        elsewhere = await find_user(view, "anna.ödegård@example.org", tenant="acme")
    assert found is not None
    assert (found.id, found.email) == (anna.id, "anna.ödegård@example.org")
    assert (nobody, elsewhere) == (None, None)


async def test_an_address_belongs_to_one_user_of_a_tenant(db: Database) -> None:
    await newcomer(db)
    with pytest.raises(EmailTaken):
        await newcomer(db, "ANNA@example.org")
    async with db.tx() as tx:
        other = await create_user(tx, "anna@example.org", tenant="acme")
    assert other.tenant_id != (await newcomer(db, "bert@example.org")).tenant_id


async def test_many_who_come_at_once_with_one_address_make_one_user(db: Database) -> None:
    came = await asyncio.gather(*(newcomer(db) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, User) for each in came) == 1
    assert sum(isinstance(each, EmailTaken) for each in came) == 7
    async with db.view() as view:
        assert await view.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    "email",
    ["", "anna", "@example.org", "anna@", "anna@example", "a b@example.org", "a@b@example.org",
     "anna@example..org", "anna@example.org.", "a\0@example.org", "a\u200b@example.org",
     f"{'a' * 65}@example.org", f"a@{'x' * 250}.org", "<anna@example.org>", "a@b.org,c@d.org"],
)  # fmt: skip
async def test_what_mail_cannot_reach_is_no_address(db: Database, email: str) -> None:
    with pytest.raises(BadEmail):
        await newcomer(db, email)


async def test_a_key_opens_what_it_was_made_for(db: Database) -> None:
    anna = await newcomer(db, role="operator")
    key = await new_key(db, anna, "tasks:write", "operator")
    caller = await whose(db, key)
    assert caller is not None
    assert (caller.user_id, caller.tenant_id) == (anna.id, anna.tenant_id)
    assert (caller.role, caller.is_operator) == (Role.OPERATOR, True)
    assert caller.scopes == {Scope.TASKS_WRITE, Scope.OPERATOR}


async def test_a_key_is_nowhere_in_the_database(db: Database) -> None:
    key = await new_key(db, await newcomer(db))
    async with db.view() as view:
        row = (await view.execute(select(ApiKey.__table__))).one()
    assert key[13:] not in str(row)
    assert key[:12] == row.prefix


@pytest.mark.parametrize("place", [0, 3, 4, 12, 13, 20, 44, 45, 50])
async def test_a_key_with_a_typo_costs_no_query(db: Database, place: int) -> None:
    key = await new_key(db, await newcomer(db))
    wrong = key[:place] + ("x" if key[place] != "x" else "y") + key[place + 1 :]
    with queries(db) as sent:
        assert await Doorkeeper(db).recognise(wrong) is None
        assert await whose(db, wrong) is None
    assert sent == []


@pytest.mark.parametrize("key", ["", "gsk_", "ä" * 51, "x" * 10_000, "gsk_\0", "\ud800"])
async def test_nonsense_is_no_key(db: Database, key: str) -> None:
    assert await Doorkeeper(db).recognise(key) is None


async def test_a_key_of_another_house_is_refused(db: Database) -> None:
    key = await new_key(db, await newcomer(db))
    async with db.tx() as tx:
        await tx.execute(update(ApiKey).values(digest="0" * 64))
    assert await whose(db, key) is None


async def test_an_expired_key_opens_nothing(db: Database) -> None:
    anna = await newcomer(db)
    with pytest.raises(BadKeyRequest):
        await new_key(db, anna, expires_at=db.now())
    doorkeeper = Doorkeeper(db)
    key = await new_key(db, anna, expires_at=db.now() + timedelta(seconds=0.3))
    assert await doorkeeper.recognise(key) is not None
    await asyncio.sleep(0.35)
    assert await doorkeeper.recognise(key) is None


async def test_a_disabled_user_has_no_keys(db: Database) -> None:
    key = await new_key(db, await newcomer(db))
    async with db.tx() as tx:
        await tx.execute(update(User).values(status="disabled"))
    assert await whose(db, key) is None


async def test_who_is_no_operator_any_more_has_no_operators_key(db: Database) -> None:
    key = await new_key(db, await newcomer(db, role="admin"), "tasks:read", "operator")
    async with db.tx() as tx:
        await tx.execute(update(User).values(role="user"))
    caller = await whose(db, key)
    assert caller is not None
    assert caller.scopes == {Scope.TASKS_READ}
    assert not caller.is_operator


async def test_a_key_reaches_no_further_than_its_user(db: Database) -> None:
    anna = await newcomer(db)
    with pytest.raises(ScopeNotAllowed):
        await new_key(db, anna, "tasks:read", "operator")
    with pytest.raises(ValueError, match="tasks:rule"):
        await new_key(db, anna, "tasks:rule")
    async with db.tx() as tx:
        with pytest.raises(BadKeyRequest):
            await create_key(tx, anna, name="x", scopes=[])
        with pytest.raises(BadKeyRequest):
            await create_key(tx, anna, name="  ", scopes=["tasks:read"])
        assert await list_keys(tx, anna) == []


async def test_a_user_has_at_most_a_hundred_usable_keys(db: Database) -> None:
    anna = await newcomer(db)
    async with db.tx() as tx:
        made = [await create_key(tx, anna, name="x", scopes=["tasks:read"]) for _ in range(100)]
        with pytest.raises(TooManyKeys):
            await create_key(tx, anna, name="x", scopes=["tasks:read"])
        await revoke_key(tx, anna, made[0][0].prefix)
        newest, _ = await create_key(tx, anna, name="x", scopes=["tasks:read"])
        listed = await list_keys(tx, anna)
    assert (len(listed), listed[0].id) == (101, newest.id)


async def test_revoking_twice_is_revoking_once_and_foreign_keys_are_not_there(db: Database) -> None:
    anna, bert = await newcomer(db), await newcomer(db, "bert@example.org")
    key = await new_key(db, anna)
    async with db.tx() as tx:
        with pytest.raises(NoSuchKey):
            await revoke_key(tx, bert, key[:12])
    assert await whose(db, key) is not None
    async with db.tx() as tx:
        first = (await revoke_key(tx, anna, key[:12])).revoked_at
    async with db.tx() as tx:
        assert (await revoke_key(tx, anna, key[:12])).revoked_at == first
    assert await whose(db, key) is None
