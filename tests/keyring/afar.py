"""A server in a process of its own that works with the provider of many keys."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from aiohttp import ClientSession

from gesso.app.accounts import open_account
from gesso.domain import identity
from gesso.domain.identity import Role
from gesso.infra.db import Database
from gesso.kit.money import CREDIT
from tests.faults.process import PROGRAM, Place, Server, serving
from tests.house.person import Person
from tests.keyring.conftest import CATALOG, PLUGIN
from tests.simulators.keyed import KeyedSimulator


@dataclass
class Afar:
    """The server, the provider, the database, and two people."""

    place: Place
    server: Server
    keyed: KeyedSimulator
    db: Database
    anna: Person
    operator: Person

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        """A command beside the server, begun."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            env=self.place.environment(),
            cwd=self.place.data_dir,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@asynccontextmanager
async def afar(database_url: str, folder: Path, **settings: str) -> AsyncIterator[Afar]:
    """Everything in place, and somebody with credits."""
    catalog = folder / "catalog.yaml"
    catalog.write_text(yaml.safe_dump(CATALOG))
    async with AsyncExitStack() as stack:
        keyed = await stack.enter_async_context(KeyedSimulator().open())
        place = Place(
            folder / "data",
            database_url,
            settings={
                "GESSO_PLUGINS": json.dumps([PLUGIN]),
                "GESSO_CATALOG": str(catalog),
                "GESSO_PROVIDERS": json.dumps({"keyed": {"root": keyed.url}}),
                "GESSO_ENGINE__TICK": "0.2",
                "GESSO_DATABASE__LOCK_TIMEOUT": "30",
                **settings,
            },
        )
        server = await stack.enter_async_context(serving(place))
        db = Database(database_url)
        stack.push_async_callback(db.close)
        web = await stack.enter_async_context(ClientSession(server.url))
        anna, operator = [
            await _person(db, web, email, role)
            for email, role in (("anna@example.org", Role.USER), ("o@example.org", Role.OPERATOR))
        ]
        yield Afar(place, server, keyed, db, anna, operator)


async def _person(db: Database, web: ClientSession, email: str, role: Role) -> Person:
    async with db.tx() as tx:
        user = await open_account(tx, email, amount=1000 * CREDIT, role=role)
        scopes = identity.scopes_for(role)
        _, key = await identity.create_key(tx, user, name="story", scopes=scopes)
    return Person(web, key, user.id)
