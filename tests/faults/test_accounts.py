"""Keys and accounts that end while servers are busy, several, or killed."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gesso.app import accounts
from gesso.domain import identity
from gesso.domain.identity import Role
from gesso.kit.ids import new_id
from tests.faults.books import books, check_books
from tests.faults.process import Place, Server, serving
from tests.faults.provider import Outside
from tests.house.remains import whole_database, whole_folder

_GUNS = 8
_LIFE = 1.0
"""Seconds after which a revoked key opens nothing anywhere."""


@dataclass
class Fire:
    """Requests at several servers without a pause, and when each was begun."""

    session: aiohttp.ClientSession
    urls: list[str]
    keys: list[str]
    shots: list[tuple[float, str, int]] = field(default_factory=list)

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Fire for the block."""
        guns = [
            asyncio.create_task(self._gun(url, key))
            for url in self.urls
            for key in self.keys
            for _ in range(_GUNS)
        ]
        try:
            yield
        finally:
            for gun in guns:
                gun.cancel()
            await asyncio.gather(*guns, return_exceptions=True)

    async def _gun(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        while True:
            begun = time.monotonic()
            async with self.session.get(f"{url}/api/v1/me", headers=headers) as answer:
                await answer.read()
                self.shots.append((begun, key, answer.status))


async def _person(url: str, email: str = "anna@example.com") -> str:
    """Somebody whose key may do everything; its text."""
    async with books(url) as db, db.tx() as tx:
        user = await accounts.open_account(tx, email, amount=10**9)
        scopes = identity.scopes_for(Role.USER)
        _, key = await identity.create_key(tx, user, name="all", scopes=scopes)
    return key


async def _ask(
    session: aiohttp.ClientSession, method: str, url: str, key: str, body: Any = None, **more: str
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}", **more}
    async with session.request(method, url, headers=headers, json=body) as answer:
        return answer.status, await answer.json()


async def test_a_revoked_key_opens_nothing_anywhere_after_a_second_under_fire(
    shared_place: Place,
) -> None:
    owner = await _person(shared_place.database_url)
    async with (
        serving(shared_place, "one") as one,
        serving(shared_place, "two") as two,
        aiohttp.ClientSession() as session,
    ):
        made = []
        for name in ("revoked", "renewed", "kept"):
            wish = {"name": name, "scopes": ["tasks:read"]}
            status, key = await _ask(session, "POST", f"{one.url}/api/v1/api-keys", owner, wish)
            assert status == 201
            made.append(key)
        revoked, renewed, kept = made
        fire = Fire(session, [one.url, two.url], [each["key"] for each in made])
        async with fire.kept_up():
            await asyncio.sleep(1.5)
            path = f"{one.url}/api/v1/api-keys"
            assert (await _ask(session, "DELETE", f"{path}/{revoked['id']}", owner))[0] == 200
            ends = {revoked["key"]: time.monotonic()}
            status, new = await _ask(session, "POST", f"{path}/{renewed['id']}/rotate", owner, {})
            assert status == 201
            ends[renewed["key"]] = time.monotonic()
            await asyncio.sleep(3)
        metrics = await _metrics(shared_place, session, two)
    for key, ended in ends.items():
        shots = [(begun - ended, status) for begun, whose, status in fire.shots if whose == key]
        accepted = [when for when, status in shots if status == 200]
        assert len([when for when in accepted if when < 0]) > 50
        assert [when for when in accepted if when > _LIFE] == []
        assert len([when for when, status in shots if when > _LIFE and status == 401]) > 50
    assert {status for _, whose, status in fire.shots if whose == kept["key"]} == {200}
    texts = [owner, new["key"], *(each["key"] for each in made)]
    async with books(shared_place.database_url) as db:
        dump = await whole_database(db)
    logs = whole_folder(shared_place.data_dir)
    for text in texts:
        secret = text.rpartition("_")[2].encode()
        assert text[:12].encode() in dump
        assert all(secret not in place for place in (dump, logs, metrics))


async def _metrics(place: Place, session: aiohttp.ClientSession, server: Server) -> bytes:
    async with books(place.database_url) as db, db.tx() as tx:
        user = await accounts.open_account(tx, "boss@example.com", role=Role.OPERATOR)
        _, key = await identity.create_key(tx, user, name="all", scopes=["operator"])
    headers = {"Authorization": f"Bearer {key}"}
    async with session.get(f"{server.url}/metrics", headers=headers) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.mark.timeout(150)
async def test_an_erasure_goes_on_when_the_server_is_killed_again_and_again(
    tmp_path: Path, sqlite_url: str, outside: Outside
) -> None:
    canary = f"canary{new_id().hex[-10:]}"
    settings = {"GESSO_ENGINE__LEASE": "2", "GESSO_ACCOUNT__ERASURE_GRACE": "1"}
    place = Place(tmp_path / "data", sqlite_url, outside.url, settings)
    key = await _person(place.database_url, f"{canary}@example.com")
    async with serving(place) as server, aiohttp.ClientSession() as session:
        root = f"{server.url}/api/v1"
        orders = [{"type": "text_to_image", "prompt": f"{canary} {n}"} for n in range(20)]
        answers = [await _ask(session, "POST", f"{root}/tasks", key, each) for each in orders]
        assert {status for status, _ in answers} == {202}
        _, sure = await _ask(session, "POST", f"{root}/me/erasure-confirmation", key)
        confirmed = {"Gesso-Confirmation": sure["confirmation"]}
        status, gone = await _ask(session, "DELETE", f"{root}/me", key, **confirmed)
        assert status == 202
        for _ in range(2):
            await asyncio.sleep(random.uniform(0.0, 0.6))
            await server.kill()
            await server.start()
        told = await _finished(session, f"{root}/erasures/{gone['receipt']}")
        async with books(place.database_url) as db:
            await db.empty_log()
            assert canary.encode() not in await whole_database(db)
        assert canary.encode() not in whole_folder(place.data_dir)
    assert told["erased"].keys() >= {"media", "tasks", "events"}
    statuses = await check_books(place.database_url, [each["id"] for _, each in answers])
    assert sum(statuses.values()) == 20


async def _finished(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with asyncio.timeout(100):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    told = await answer.json()
                    if told.get("state") == "erased":
                        return dict(told)
            await asyncio.sleep(0.2)
