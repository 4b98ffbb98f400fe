"""A running house with people in it: the whole of gesso over HTTP, once on each kind of ground.

One house serves all stories of a run; each brings people of its own. After each, the audit must be
clean and PostgreSQL must not have seen a deadlock.
"""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from sqlalchemy import func, select, text

from gesso.app.accounts import open_account
from gesso.app.server import running
from gesso.domain import audit, identity, wallet
from gesso.domain.identity import Role
from gesso.domain.wallet import LedgerEntry, LedgerTxn
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.infra.storage.settings import StorageSettings
from gesso.kit.ids import parse_id
from gesso.kit.money import CREDIT
from tests.house import databases
from tests.house.hired import hired
from tests.house.person import Person
from tests.house.postgres import at, free_port, tell
from tests.house.rabbit import own_broker
from tests.house.redis import private_redis
from tests.simulators.acme import KEY, Acme

CATALOG = Path(__file__).parents[1] / "simulators" / "catalog.yaml"
PLUGIN = "tests.simulators.plugin"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a house stands on: a database and, where others work for it, what leads there."""

    database_url: str
    broker_url: str | None = None
    redis_url: str | None = None

    def settings(self) -> dict[str, Any]:
        """What a house here has to know."""
        # A busy machine makes people wait here, and no story is about that.
        patient = {"url": self.database_url, "pool_timeout": 30, "lock_timeout": 30}
        engine: dict[str, Any] = {"tick": 0.2, "processes": 1}
        # One person does in a story what a hundred do in an hour.
        limits = {"user": "10000/second", "submits": "10000/second"}
        if self.broker_url is None:
            return {
                "database": {**patient, "pool_size": 6},
                "engine": engine,
                "server": {"port": 0},
                "limits": limits,
            }
        return {
            "limits": limits,
            # Whoever works elsewhere must know the address that stands in links.
            "server": {"port": free_port()},
            # Four processes per house share PostgreSQL's hundred connections with other tests'.
            "database": {**patient, "pool_size": 4},
            "engine": {**engine, "kind": "celery"},
            "broker": {"url": self.broker_url},
            "redis": {"url": self.redis_url},
        }


NewGround = Callable[[], AbstractContextManager[Ground]]


@dataclass
class Home:
    """A running gesso, its database, and the provider that it works with."""

    url: str
    db: Database
    web: ClientSession
    acme: Acme
    data_dir: Path
    redis_url: str | None = None

    async def person(
        self, credits: int = 10, role: Role | str = Role.USER, *, tenant: str = "default"
    ) -> Person:
        """Somebody new, of the house's own tenant unless another is named."""
        amount, role = credits * CREDIT, Role(role)
        async with self.db.tx() as tx:
            email = f"person{next(_numbers)}@example.org"
            user = await open_account(tx, email, amount=amount, role=role, tenant=tenant)
            scopes = identity.scopes_for(role)
            _, key = await identity.create_key(tx, user, name="story", scopes=scopes)
        return Person(self.web, key, user.id)

    @asynccontextmanager
    async def queue(self, name: str, **settings: Any) -> AsyncIterator[None]:
        """A queue with these settings while the block lasts, and with those of before after it."""
        operator = await self.person(0, Role.OPERATOR)
        listed = (await operator.ask("GET", "/queues")).body["items"]
        before = next(queue for queue in listed if queue["name"] == name)
        changed = await operator.ask("PATCH", f"/queues/{name}", settings)
        assert changed.status == 200, changed
        try:
            yield
        finally:
            restored = {setting: before[setting] for setting in settings}
            await operator.ask("PATCH", f"/queues/{name}", restored)

    async def grant(self, person: Person, credits: int) -> None:
        """More credits."""
        async with self.db.tx() as tx:
            purse = await wallet.of_owner(tx, person.id)
            await wallet.grant(tx, purse.id, credits * CREDIT)

    async def losses(self, task: Mapping[str, Any]) -> int:
        """What the provider took for nothing, by the ledger, in millionths of its currency."""
        lost = (
            select(func.coalesce(func.sum(LedgerEntry.amount), 0))
            .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
            .where(
                LedgerTxn.task_id == parse_id("task", task["id"]),
                LedgerEntry.account == "sys:provider_loss",
            )
        )
        async with self.db.view() as view:
            return int(await view.scalar(lost) or 0)

    async def deadlocks(self) -> int:
        """How many deadlocks the database has seen; SQLite has none by nature."""
        if self.db.is_sqlite:
            return 0
        async with self.db.view() as view:
            query = text(
                "select deadlocks from pg_stat_database where datname = current_database()"
            )
            return int(await view.scalar(query) or 0)

    async def inspect(self) -> None:
        """Fail if any promise about money, work or ownership is broken."""
        async with self.db.view() as view:
            assert await audit.run(view) == []
        assert await self.deadlocks() == 0


@pytest.fixture(scope="session", params=["sqlite", "postgresql", "distributed"])
def new_ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewGround:
    """Makes ground that lasts as long as a house, of each kind in turn."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        return lambda: _sqlite_ground(template, tmp_path_factory.mktemp("house") / "gesso.db")
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    make = _postgres_ground if request.param == "postgresql" else _distributed_ground
    return lambda: make(server, template)


@contextmanager
def _sqlite_ground(template: Path, file: Path) -> Iterator[Ground]:
    shutil.copyfile(template, file)
    yield Ground(f"sqlite+aiosqlite:///{file}")


@contextmanager
def _postgres_ground(server: str, template: str) -> Iterator[Ground]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{os.environ[databases.PREFIX]}_{worker}_home{next(_numbers)}"
    tell(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield Ground(at(server, name, "postgresql+asyncpg"))
    tell(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _distributed_ground(server: str, template: str) -> Iterator[Ground]:
    with (
        _postgres_ground(server, template) as ground,
        own_broker() as broker,
        private_redis() as redis,
    ):
        yield replace(ground, broker_url=broker, redis_url=redis.url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def acme_home(
    new_ground: NewGround, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Home]:
    """A house that works with Acme, for the stories of this run."""
    folder = tmp_path_factory.mktemp("data")
    with new_ground() as ground:
        async with open_home(
            ground, folder, plugins=(PLUGIN,), catalog=CATALOG,
            payments={"offline": {"enabled": True, "instructions": "To our bank."}},
        ) as home:  # fmt: skip
            yield home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def studio_home(
    new_ground: NewGround, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Home]:
    """A house as it comes out of the box, for the stories of this run."""
    with new_ground() as ground:
        async with open_home(ground, tmp_path_factory.mktemp("data")) as home:
            yield home


@pytest_asyncio.fixture(loop_scope="session")
async def home(acme_home: Home) -> AsyncIterator[Home]:
    """A house that works with Acme, and is in order when the story is over."""
    yield acme_home
    await acme_home.inspect()


@pytest_asyncio.fixture(loop_scope="session")
async def studio(studio_home: Home) -> AsyncIterator[Home]:
    """A house as it comes out of the box, and in order when the story is over."""
    yield studio_home
    await studio_home.inspect()


@asynccontextmanager
async def open_home(
    ground: Ground,
    data_dir: Path,
    *,
    plugins: Sequence[str] = (),
    catalog: Path | None = None,
    storage: StorageSettings | None = None,
    **more: Any,
) -> AsyncIterator[Home]:
    """Serve gesso on a free port, with Acme in the neighbourhood."""
    acme, db = Acme(), Database(ground.database_url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(db.close)
        await stack.enter_async_context(acme.open())
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("ACME_URL", acme.url)
        environment.setenv("ACME_KEY", KEY)
        settings = {
            "environment": "test",
            "data_dir": data_dir,
            "plugins": plugins,
            "catalog": catalog,
            "outbound": {"allow": ["127.0.0.1/32"]},
            "account": {"erasure_grace": 0.5},
            "storage": (storage or StorageSettings()).model_dump(),
            **ground.settings(),
            **more,
        }
        url = await stack.enter_async_context(running(Settings.model_validate(settings)))
        if ground.broker_url is not None:
            await stack.enter_async_context(hired(data_dir, settings))
        web = await stack.enter_async_context(ClientSession(url))
        yield Home(url, db, web, acme, data_dir, ground.redis_url)
