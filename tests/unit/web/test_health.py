"""Health, settings and metrics: what machines ask, and what only operators may see."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gesso.app import config, health
from gesso.domain.identity import create_key, create_user
from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from tests.unit.web.serving import SmallHouse, build, problem_of, serve


async def fine() -> None:
    return None


async def full() -> str:
    return "the disk is full"


async def broken() -> None:
    raise OSError("/secret/path is gone")


async def stuck() -> None:
    await asyncio.sleep(60)


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[SmallHouse]:
    secretive = DatabaseSettings(url="postgresql+asyncpg://gesso:swordfish@db/gesso")
    house = SmallHouse(Database(sqlite_url), Settings(database=secretive))
    yield house
    await house.db.close()


@pytest.fixture
async def client(house: SmallHouse) -> AsyncIterator[ClientSession]:
    async with serve(build(health.router, config.router, house=house)) as client:
        yield client


async def bearer(house: SmallHouse, scope: str) -> dict[str, str]:
    async with house.db.tx() as tx:
        user = await create_user(tx, "root@example.org", role="owner")
        _, key = await create_key(tx, user, name="x", scopes=[scope])
    return {"Authorization": f"Bearer {key}"}


async def test_a_part_that_can_be_done_without_degrades_and_no_more(
    client: ClientSession, house: SmallHouse
) -> None:
    house.components, house.dispensable = {"database": fine}, {"analytics": full, "others": broken}
    async with client.get("/health/ready") as response:
        assert response.status == 200
    async with client.get("/health") as response:
        body = await response.json()
    assert body["status"] == "degraded"
    assert body["components"]["analytics"] == "the disk is full"


async def test_a_house_in_order_is_ready(client: ClientSession, house: SmallHouse) -> None:
    house.components = {"database": fine, "storage": fine}
    async with client.get("/health/ready") as response:
        assert response.status == 200
    async with client.get("/health") as response:
        body = await response.json()
    assert body["status"] == "ok"
    assert body["components"] == {"database": "ok", "storage": "ok"}
    assert body["version"]
    assert body["uptime_seconds"] >= 0


async def test_trouble_is_told_by_component_and_life_goes_on(
    client: ClientSession, house: SmallHouse
) -> None:
    house.components = {"database": fine, "storage": full, "engine": broken, "bus": stuck}
    async with client.get("/health/ready") as response:
        body = await problem_of(response)
    assert (response.status, body["code"]) == (503, "not_ready")
    assert response.headers["Retry-After"] == "1"
    assert body["components"] == {
        "database": "ok",
        "storage": "the disk is full",
        "engine": "the check failed (OSError)",
        "bus": "no answer within 2 seconds",
    }
    async with client.get("/health/live") as response:
        assert response.status == 200


async def test_what_only_makes_things_faster_is_told_and_keeps_nobody_away(
    client: ClientSession, house: SmallHouse
) -> None:
    house.components = {"database": fine}
    house.dispensable = {"redis": full, "bus": stuck}
    async with client.get("/health/ready") as response:
        assert response.status == 200
    async with client.get("/health") as response:
        body = await response.json()
    assert body["status"] == "degraded"
    assert body["components"] == {
        "database": "ok",
        "redis": "the disk is full",
        "bus": "no answer within 2 seconds",
    }


async def test_all_who_ask_share_one_look_a_second(
    client: ClientSession, house: SmallHouse
) -> None:
    looks = []

    async def counted() -> None:
        looks.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.05)

    async def ask(path: str) -> int:
        async with client.get(path) as response:
            return response.status

    house.components = {"database": counted}
    paths = ["/health", "/health/ready"] * 20
    assert set(await asyncio.gather(*map(ask, paths))) == {200}
    assert len(looks) == 1
    async with asyncio.timeout(10):
        while len(looks) == 1:
            assert await ask("/health/ready") == 200
    assert 0.9 <= looks[1] - looks[0] <= 3


async def test_settings_are_for_operators_and_hide_secrets(
    client: ClientSession, house: SmallHouse
) -> None:
    headers = await bearer(house, "operator")
    async with client.get("/api/v1/config", headers=headers) as response:
        text = await response.text()
    assert response.status == 200
    assert '"max_body":1048576' in text
    assert "swordfish" not in text


@pytest.mark.parametrize("path", ["/api/v1/config", "/metrics"])
async def test_what_is_for_operators_is_for_nobody_else(
    client: ClientSession, house: SmallHouse, path: str
) -> None:
    async with client.get(path) as response:
        assert response.status == 401
    async with client.get(path, headers=await bearer(house, "tasks:read")) as response:
        assert (response.status, (await problem_of(response))["scope"]) == (403, "operator")


async def test_prometheus_reads_the_metrics(client: ClientSession, house: SmallHouse) -> None:
    headers = await bearer(house, "operator")
    async with client.get("/health/live"):
        pass
    async with client.get("/metrics", headers=headers) as response:
        text = await response.text()
    assert response.content_type == "text/plain"
    assert 'gesso_http_requests_total{method="GET",route="/health/live",status="200"}' in text
