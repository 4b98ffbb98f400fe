"""A bind that is away: the service starts and works without it, and it catches up by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gesso.app import accounts
from gesso.domain.identity import Role
from tests.faults.books import books, check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, serving
from tests.faults.provider import Outside
from tests.faults.proxy import Proxy, Weather


@pytest.fixture
async def network(mariadb_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(mariadb_url).open() as network:
        yield network


async def operators_key(url: str) -> str:
    async with books(url) as db, db.tx() as tx:
        user = await accounts.open_account(tx, "olga@example.com", role=Role.OPERATOR)
        _, key = await accounts.new_key(tx, user, name="faults", scopes=(), days=None)
    return key


async def health(url: str, path: str = "") -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/health{path}") as answer:
        return answer.status, await answer.json()


async def completed(operator: Client) -> int | None:
    """How many tasks usage tells of; None while it cannot be told."""
    status, told = await operator.ask("GET", "/api/v1/usage")
    if status == 503:
        assert told["code"] == "database_unavailable"
        return None
    assert status == 200, told
    return int(told["totals"]["tasks"]["completed"])


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("database_url", "weather"),
    [("sqlite", "cut"), ("postgresql", "silent")],
    indirect=["database_url"],
)
async def test_the_service_goes_on_without_its_analytics_and_they_catch_up(
    tmp_path: Path, database_url: str, outside: Outside, network: Proxy, weather: Weather
) -> None:
    outside.works = (0.1, 0.3)
    key, operators = await new_key(database_url), await operators_key(database_url)
    settings = {
        "GESSO_BINDS__ANALYTICS__URL": network.url,
        "GESSO_BINDS__ANALYTICS__CONNECT_TIMEOUT": "1",
    }
    place = Place(tmp_path / "data", database_url, outside.url, settings)
    network.turn(weather)
    async with (
        serving(place) as server,
        Client(key, server.url) as client,
        Client(operators, server.url) as operator,
    ):
        await client.order_many([f"owl {n}" for n in range(12)])
        await client.all_ended(within=30)
        status, told = await health(server.url)
        assert (status, told["status"]) == (200, "degraded")
        assert told["components"].pop("analytics") != "ok"
        assert set(told["components"].values()) == {"ok"}
        assert (await health(server.url, "/ready"))[0] == 200
        assert await completed(operator) is None
        network.turn("fair")
        async with asyncio.timeout(30):
            while await completed(operator) != 12:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.2)
        assert (await health(server.url))[1]["status"] == "ok"
        assert set(client.statuses) <= {200, 202}
        statuses = await check_books(database_url, client.journal)
    assert statuses == {"completed": 12}
