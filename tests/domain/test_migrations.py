"""The histories of the databases lead where the code expects, and back."""

import asyncio

import pytest
from alembic import command
from sqlalchemy import text

from gesso.app.schema import HEADS, revision
from gesso.infra.db import Database, migrate
from gesso.infra.settings import BINDS


@pytest.mark.parametrize("bind", BINDS)
def test_a_start_knows_the_newest_revision(bind: str) -> None:
    assert HEADS[bind] == migrate.head(bind)


@pytest.fixture(
    params=[("main", "sqlite"), ("main", "postgres")]
    + [("analytics", kind) for kind in ("sqlite", "postgres", "mariadb")],
    ids="-".join,
)
def history(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A bind, and where it is."""
    bind, kind = request.param
    return bind, str(request.getfixturevalue(f"{kind}_url"))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
@pytest.mark.filterwarnings(
    "ignore:autogenerate skipping metadata-specified expression-based index"
)
async def test_a_history_can_be_gone_through_both_ways(history: tuple[str, str]) -> None:
    bind, url = history
    db = Database(url)
    await migrate.bring_up(url, bind=bind)
    for _ in range(2):
        await migrate.run(url, command.check, bind=bind)
        await migrate.run(url, lambda config: command.downgrade(config, "base"), bind=bind)
        assert await revision(db, bind) is None
        await migrate.bring_up(url, bind=bind)
        assert await revision(db, bind) == HEADS[bind]
    await db.close()


async def test_a_run_that_broke_off_on_mysql_is_begun_again(mariadb_url: str) -> None:
    db = Database(mariadb_url)
    await migrate.bring_up(mariadb_url, bind="analytics")
    async with db.tx() as tx:
        await tx.execute(text("drop table usage_progress"))
        await tx.execute(text("delete from alembic_version_analytics"))
    await asyncio.gather(*[migrate.bring_up(mariadb_url, bind="analytics") for _ in range(3)])
    async with db.view() as view:
        assert (await view.execute(text("select id from usage_progress"))).all() == [(1,)]
    await db.close()
