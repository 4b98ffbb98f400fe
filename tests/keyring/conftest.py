"""A house whose provider takes many keys, on each kind of ground."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from gesso.domain.identity import Role
from tests.house.person import Person, Reply
from tests.house.world import Ground, Home, NewGround, new_ground, open_home
from tests.simulators.keyed import KeyedSimulator

__all__ = ["new_ground"]

PLUGIN = "tests.simulators.keyed"
SPARE = "the-customary-key-of-the-settings-0"
_QUEUE = {
    "max_concurrency": 32,
    "timeout_seconds": 120,
    "max_attempts": 3,
    "backoff_first": 0.05,
    "backoff_cap": 0.2,
}
CATALOG = {
    "version": "keyed-1",
    "queues": {"keyed": _QUEUE},
    "models": [
        {
            "id": "keyed/paint", "makes": "text_to_image", "provider": "keyed", "model": "paint",
            "queue": "keyed", "price": 1, "provider_cost": 0.02,
        }
    ],
}  # fmt: skip


@dataclass
class Ring:
    """A house, the provider, and an operator with their hand on the keys."""

    home: Home
    keyed: KeyedSimulator
    operator: Person
    keys: dict[str, str] = field(default_factory=dict)

    async def add(self, secret: str, **facts: Any) -> dict[str, Any]:
        """A key on the ring, with the account that it opens."""
        self.keyed.account(secret)
        body = {"provider": "keyed", "label": f"key {len(self.keys)}", "secrets": {"key": secret}}
        reply = await self.operator.ask("POST", "/keyring/keys", {**body, **facts})
        assert reply.status == 201, reply
        self.keys[reply.body["id"]] = secret
        return dict(reply.body)

    async def ask(self, method: str, key: Mapping[str, Any], path: str = "", **body: Any) -> Reply:
        """One request about a key."""
        url = f"/keyring/keys/{key['id']}{path}"
        return await self.operator.ask(method, url, body or None)

    async def key(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """The key as it stands."""
        return dict((await self.ask("GET", key)).body)

    async def seen(
        self, key: Mapping[str, Any], condition: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """The key once it is so."""
        async with asyncio.timeout(20):
            while not condition(now := await self.key(key)):  # noqa: ASYNC110  # a story polls
                await asyncio.sleep(0.05)
        return now

    async def clear(self) -> None:
        """Take every key off the ring."""
        for name in self.keys:
            await self.ask("PATCH", {"id": name}, state="retired")
        self.keys.clear()
        self.keyed.accounts.clear()

    async def paint(self, person: Person, prompt: str) -> dict[str, Any]:
        """A picture, waited for."""
        return await person.make("text_to_image", prompt=prompt)


@asynccontextmanager
async def open_ring(ground: Ground, folder: Path, **settings: Any) -> AsyncIterator[Ring]:
    """A house that works with the provider of many keys."""
    catalog = folder / "catalog.yaml"
    catalog.write_text(yaml.safe_dump(CATALOG))
    async with AsyncExitStack() as stack:
        keyed = await stack.enter_async_context(KeyedSimulator().open())
        providers = {"keyed": {"root": keyed.url, "secrets": {"key": SPARE}}}
        home = await stack.enter_async_context(
            open_home(
                ground, folder, plugins=(PLUGIN,), catalog=catalog, providers=providers, **settings
            )
        )
        yield Ring(home, keyed, await home.person(0, Role.OPERATOR))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def keyed_home(
    new_ground: NewGround,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Ring]:
    """The house of these stories."""
    folder = tmp_path_factory.mktemp("keyring")
    with new_ground() as ground:
        async with open_ring(ground, folder) as ring:
            yield ring


@pytest_asyncio.fixture(loop_scope="session")
async def ring(keyed_home: Ring) -> AsyncIterator[Ring]:
    """The house with an empty ring, in order when the story is over."""
    await keyed_home.clear()
    yield keyed_home
    await keyed_home.clear()
    await keyed_home.home.inspect()
