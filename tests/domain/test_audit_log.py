"""The lines of the audit log: what stands in them, and that they stay."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from gesso.app.cli import registry
from gesso.app.cli.place import existing, settings_at
from gesso.app.cli.registry import Gift, KeyWish
from gesso.domain import admin, auditlog
from gesso.domain.auditlog import Actor, Filters, Line, by_hand, csv_lines
from gesso.domain.identity import ApiKey, Role, tenant_named
from gesso.infra.db import Database
from gesso.kit.ids import public_id

KEY = "gsk_AbCd1234_0123456789abcdefghijklmnopqrstuvwxyzAB"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


async def note(db: Database, details: dict[str, object], actor: Actor | None = None) -> Line:
    async with db.tx() as tx:
        await auditlog.note(tx, actor or by_hand(), "thing.change", "thing", details)
    async with db.view() as view:
        return (await auditlog.page(view, None, Filters(), after=None, limit=1))[0]


async def test_a_line_says_who_and_what_and_no_secret(db: Database) -> None:
    line = await note(
        db,
        {
            "password": "hunter2hunter2",
            "secret": SecretStr("hunter2hunter2"),
            "nested": {"api_key": "hunter2hunter2", "words": f"made {KEY}"},
            "long": "x" * 10_000,
            "plain": [1, None, True],
            **{f"n{number}": number for number in range(50)},
        },
    )
    assert (line.means, line.address, line.action) == ("shell", None, "thing.change")
    assert line.actor.startswith("cli:")
    assert "hunter2hunter2" not in str(line.details)
    assert KEY[13:] not in str(line.details)
    assert line.details["plain"] == [1, None, True]
    assert len(line.details) == 20
    assert len(str(line.details["long"])) == 500


async def test_a_line_stays_as_it_was_written(db: Database) -> None:
    line = await note(db, {})
    statements = [update(Line).values(actor="nobody"), delete(Line)]
    if not db.is_sqlite:
        statements.append(text("truncate audit_log"))  # type: ignore[arg-type]  # as good as one
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            async with db.tx() as tx:
                await tx.execute(statement)
    assert (await note(db, {})).id > line.id


async def test_what_is_rolled_back_was_not_done(db: Database) -> None:
    with suppress(ZeroDivisionError):
        async with db.tx() as tx:
            await auditlog.note(tx, by_hand(), "thing.change", "thing")
            raise ZeroDivisionError
    async with db.view() as view:
        assert list(await auditlog.page(view, None, Filters(), after=None, limit=10)) == []


async def test_a_tenants_line_is_its_own_and_no_cell_is_a_formula(db: Database) -> None:
    async with db.tx() as tx:
        tenant = await tenant_named(tx, "partner")
    await note(db, {})
    actor = Actor("=cmd|' /C calc'!A0", "key_x", tenant, "2001:db8::1")
    line = await note(db, {}, actor)
    async with db.view(tenant=tenant) as view:
        seen = await auditlog.page(view, None, Filters(), after=None, limit=10)
        assert [each.id for each in seen] == [line.id]
    assert b",'=cmd|" in csv_lines([line]) or b",\"'=cmd|" in csv_lines([line])


async def test_no_deed_of_an_admins_leaves_an_address_in_the_log(db: Database) -> None:
    async with db.tx() as tx:
        by = by_hand(await tenant_named(tx, "partner"))
        tenant = await admin.make_tenant(tx, by, "orchard", "owner@example.org")
        user = await admin.take_in(
            tx, by, tenant.id, "anna@example.org", Role.USER, rank=Role.OWNER
        )
        for role, status in ((Role.OPERATOR, "disabled"), (Role.USER, "active")):
            user = await admin.change(tx, by, user, role=role, status=status, rank=Role.OWNER)
    async with db.view() as view:
        lines = await auditlog.page(view, None, Filters(), after=None, limit=20)
    assert [line.subject for line in lines].count(public_id("user", user.id)) == 5
    assert "@" not in str([(line.subject, line.details) for line in lines])


def test_no_deed_at_the_machine_leaves_an_address_in_the_log(tmp_path: Path) -> None:
    registry.create_user(tmp_path, "anna@example.org", amount="1", role="user", tenant="default")
    registry.create_key(tmp_path, "anna@example.org", KeyWish("phone", (), 1), tenant="default")
    registry.grant(tmp_path, "anna@example.org", Gift("1", None, None), tenant="default")

    async def written() -> Sequence[Line]:
        async with existing(settings_at(tmp_path)) as db, db.view() as view:
            prefixes.extend(await view.scalars(select(ApiKey.prefix)))
            return await auditlog.page(view, None, Filters(), after=None, limit=20)

    prefixes: list[str] = []
    asyncio.run(written())
    registry.rotate_key(tmp_path, prefixes[0], 60)
    registry.revoke_key(tmp_path, prefixes[0], descendants=False)
    lines = asyncio.run(written())
    actions = {line.action for line in lines}
    assert actions == {"user.create", "user.grant", "key.create", "key.rotate", "key.revoke"}
    assert "@example.org" not in str([(line.subject, line.details) for line in lines])
