"""How PostgreSQL keeps tenants apart: in every table, at what price, and for which login."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from gesso.domain.identity import User
from gesso.domain.tasks.tables import Task
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Database, Main, migrate
from gesso.infra.db.tenancy import SHARED, TENANT_ROLE, walled
from gesso.kit.ids import new_id
from gesso.migrations import walls
from tests.domain.tenants import counts, opened, two_worlds
from tests.house import postgres

OF_THE_HOUSE = {
    "alembic_version",
    "alembic_version_analytics",
    "bill_line",
    "catalog_revision",
    "code_guess",
    "dead_letter",
    "epoch",
    "fair_clock",
    "inbox",
    "master_key",
    "provider_key",
    "provider_key_event",
    "queue",
    "reconciled_day",
    "run",
    "schedule",
    "signing_key",
    "usage_progress",
    "usage_rollup",  # of the bind for analytics, which may be another kind of server
    "workflow",
}
"""Tables that no tenant owns; whoever works for one tenant has no business in most of them."""


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Database]:
    async for database in opened(postgres_url):
        yield database


def test_every_table_is_somebodys() -> None:
    named = {mapper.class_.__tablename__ for mapper in Main.registry.mappers}
    assert walled() | OF_THE_HOUSE >= named
    assert not walled() & OF_THE_HOUSE
    assert set(walls.LEADS) | set(SHARED) <= named


async def test_postgresql_walls_in_every_table_of_tenants(server: Database) -> None:
    async with server.view() as view:
        found = await view.execute(
            text(
                "select relname, relrowsecurity and relforcerowsecurity from pg_class"
                " where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
            )
        )
        unwalled = {name for name, is_walled in found if not is_walled}
        policies = await view.execute(
            text("select tablename, roles::text from pg_policies where cmd = 'ALL'")
        )
        assert sorted(tuple(row) for row in policies) == sorted(
            (table, f"{{{role}}}") for table in walled() for role in (walls.HOUSE_ROLE, TENANT_ROLE)
        )
        role = await view.execute(
            text("select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = :name"),
            {"name": TENANT_ROLE},
        )
        assert role.one() == (False, False, False)
    assert unwalled - OF_THE_HOUSE == set()


async def test_without_a_tenant_the_tenants_role_sees_nothing(server: Database) -> None:
    await two_worlds(server)
    async with server.view() as view:
        await view.execute(text(f"set local role {TENANT_ROLE}"))
        assert set((await counts(view)).values()) == {0}
    async with server.view() as view:
        await view.execute(text(f"set local role {TENANT_ROLE}"))
        for table in ("provider_key", "master_key", "inbox", "dead_letter", "run", "schedule"):
            async with view.begin_nested() as point:
                with pytest.raises(DBAPIError, match="permission denied"):
                    await view.execute(text(f"select 1 from {table}"))  # named above
                await point.rollback()


async def test_a_tenant_costs_one_statement_and_only_where_something_is_asked(
    server: Database,
) -> None:
    sent: list[str] = []
    with noted(server, sent):
        async with server.view(tenant=new_id()):
            pass
        assert sent == []
        async with server.view(tenant=new_id()) as view:
            await view.scalar(select(Wallet.id))
            await view.scalar(select(Task.id))
    assert ["set_config" in each for each in sent] == [True, False, False]


@contextmanager
def noted(db: Database, sent: list[str]) -> Iterator[None]:
    """Gather what is sent while the block lasts."""

    def note(*arguments: Any) -> None:
        sent.append(arguments[2])

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
def plain_login(postgres_server: str) -> Iterator[tuple[str, str]]:
    """A login that may do nothing but what its own database allows, and that database's address."""
    name = f"gesso_test_login_{new_id().hex[-8:]}"
    postgres.tell(
        postgres_server,
        f"create role {name} login nosuperuser nocreaterole nobypassrls",
        f"create database {name} owner {name}",
    )
    address = postgres.at(postgres_server, name, "postgresql+asyncpg")
    host = address.partition("://")[2].rpartition("@")[2]
    yield name, f"postgresql+asyncpg://{name}@{host}"
    postgres.tell(postgres_server, f"drop database {name} with (force)", f"drop role {name}")


async def test_a_login_without_rights_is_told_what_to_run_and_then_serves(
    plain_login: tuple[str, str], postgres_server: str
) -> None:
    name, url = plain_login
    with pytest.raises(walls.RolesMissing) as told:
        await migrate.bring_up(url)
    advice = str(told.value)
    assert f"grant {walls.HOUSE_ROLE}, {TENANT_ROLE} to {name};" in advice
    assert f"create role {walls.HOUSE_ROLE} nologin" in advice
    connection = await asyncpg.connect(postgres_server)
    await connection.execute(advice[advice.rindex("grant ") :])
    await connection.close()
    await migrate.bring_up(url)
    async for db in opened(url):
        first, second = await two_worlds(db)
        async with db.view() as view:
            assert await view.scalar(select(func.count()).select_from(User)) == 2
        for world in (first, second):
            async with db.view(tenant=world.tenant) as view:
                assert (await view.scalars(select(User.id))).all() == [world.owner]
