"""Runs on the distributed stack: told to whoever asks Celery or us, once, whatever dies."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from celery import Celery
from celery.exceptions import TaskError, TaskRevokedError
from celery.result import AsyncResult

from gesso.app import accounts
from gesso.domain import audit
from gesso.domain.identity import Role
from tests.faults.books import books
from tests.faults.process import Place
from tests.faults.stack import Member, Stack, celery_settings, stack_at
from tests.house.redis import RedisServer

REGISTRY = "/api/v1/registry"
ENDED = {"completed", "failed", "cancelled"}


@pytest.fixture
def place(tmp_path: Path, postgres_url: str, broker_url: str, redis_server: RedisServer) -> Place:
    """Where a distributed stack works that keeps results."""
    settings = celery_settings(broker_url) | {"GESSO_REDIS__URL": redis_server.url}
    return Place(tmp_path / "data", postgres_url, settings=settings)


@pytest.fixture
def celery(broker_url: str, redis_server: RedisServer) -> Iterator[Celery]:
    """Celery as any other program has it, which knows nothing of gesso."""
    with Celery(broker=broker_url, backend=redis_server.url) as application:
        yield application


class Operator:
    """Asks one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, f"{url}{REGISTRY}"

    async def post(self, path: str, **body: Any) -> Any:
        """What a POST that is accepted answers."""
        async with self._session.post(f"{self._url}{path}", json=body) as answer:
            assert answer.status in {200, 201, 202}, await answer.text()
            return await answer.json()

    async def get(self, path: str) -> Any:
        """What a GET answers."""
        async with self._session.get(f"{self._url}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def run(self, function: str, **arguments: Any) -> str:
        """Ask for a run; its id."""
        asked = await self.post("/runs", function=function, arguments=arguments)
        return str(asked["id"])

    async def ended(self, run: str, *, within: float = 40) -> Any:
        """The run, once it has ended."""
        return await self._sees(run, lambda seen: seen["status"] in ENDED, within)

    async def begun(self, run: str, *, within: float = 40) -> Any:
        """The run, once a worker has told how far it is."""
        return await self._sees(run, lambda seen: seen["progress"] == 0.5, within)

    async def _sees(self, run: str, condition: Callable[[Any], bool], within: float) -> Any:
        ends = time.monotonic() + within
        while not condition(seen := await self.get(f"/runs/{run}")):
            assert time.monotonic() < ends, seen
            await asyncio.sleep(0.05)
        return seen


@asynccontextmanager
async def operator_of(place: Place, stack: Stack) -> AsyncIterator[Operator]:
    """Somebody who may, at the first server."""
    async with books(place.database_url) as db, db.tx() as tx:
        user = await accounts.open_account(tx, "op@example.com", role=Role.OPERATOR)
        _, key = await accounts.new_key(tx, user, name="faults", scopes=(), days=None)
    headers = {"authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Operator(session, stack.servers[0].url)


async def told(celery: Celery, run: str, state: str) -> Any:
    """What Celery says of a run, which is in this state; its row is written first."""
    result: AsyncResult[Any] = AsyncResult(run, app=celery)
    with suppress(TaskError, TaskRevokedError):
        await asyncio.to_thread(result.get, timeout=10)
    assert result.state == state
    return result.result


async def is_clean(url: str) -> bool:
    """Whether the audit has nothing to say."""
    async with books(url) as db, db.view() as view:
        return await audit.run(view) == []


@pytest.mark.timeout(120)
async def test_a_run_is_told_alike_by_celery_and_by_us(
    place: Place, celery: Celery, redis_server: RedisServer
) -> None:
    async with stack_at(place, workers=1) as stack, operator_of(place, stack) as operator:
        good = await operator.run("fault.nap", seconds=0.05)
        bumpy = await operator.run("fault.stumble", times=1)
        bad = await operator.run("fault.stumble", times=9)
        unwanted = await operator.run("fault.nap", seconds=60)
        await operator.begun(unwanted)
        await operator.post(f"/runs/{unwanted}/cancel")

        seen = await operator.ended(good)
        assert (seen["status"], seen["attempt"]) == ("completed", 1)
        children = {child.pid for child in stack.workers[0].children}
        assert await told(celery, good, "SUCCESS") == seen["result"] in children

        # The first try told Celery nothing: it would have been the last word.
        seen = await operator.ended(bumpy)
        assert (seen["attempt"], seen["result"]) == (2, "up again")
        assert await told(celery, bumpy, "SUCCESS") == "up again"

        seen = await operator.ended(bad)
        assert (seen["status"], seen["attempt"]) == ("failed", 2)
        assert str(await told(celery, bad, "FAILURE")) == seen["error"]["message"]

        assert (await operator.ended(unwanted))["status"] == "cancelled"
        await told(celery, unwanted, "REVOKED")

        redis_server.kill()  # the row is the truth, and nobody waits for a courtesy
        lonely = [await operator.run("fault.stumble", times=n % 2) for n in range(6)]
        seen = [await operator.ended(run, within=15) for run in lonely]
        assert {run["result"] for run in seen} == {"up again"}
    assert await is_clean(place.database_url)


@pytest.mark.timeout(120)
async def test_a_run_whose_worker_is_killed_is_taken_up_again(place: Place, celery: Celery) -> None:
    async with stack_at(place, workers=1) as stack, operator_of(place, stack) as operator:
        [worker] = stack.workers
        run = await operator.run("fault.nap", seconds=2)
        await operator.begun(run)
        first = {child.pid for child in worker.children}
        worker.kill()
        worker.launch()
        seen = await operator.ended(run)
        assert (seen["status"], seen["attempt"]) == ("completed", 1)
        assert seen["result"] not in first
        assert await told(celery, run, "SUCCESS") == seen["result"]
    assert await is_clean(place.database_url)


@pytest.mark.timeout(120)
async def test_two_beats_fire_a_schedule_once_and_one_death_stops_nothing(place: Place) -> None:
    async with stack_at(place, workers=1) as stack, operator_of(place, stack) as operator:
        second = Member(place, "beat2", "beat")
        second.launch()
        try:
            made = await operator.post(
                "/schedules", function="fault.tick", every_seconds=1, overlap="allow"
            )
            await fired(operator, 3)
            stack.beat.kill()
            await fired(operator, 6)
        finally:
            second.close()
        runs = (await operator.get("/runs?function=fault.tick&limit=100"))["items"]
    assert {run["schedule_id"] for run in runs} == {made["id"]}
    moments = sorted(run["fire_at"] for run in runs)
    assert all(earlier < later for earlier, later in pairwise(moments))


async def fired(operator: Operator, runs: int, *, within: float = 40) -> None:
    """Wait until so many runs of the schedule are completed."""
    ends = time.monotonic() + within
    path = "/runs?function=fault.tick&status=completed&limit=100"
    while len((await operator.get(path))["items"]) < runs:
        assert time.monotonic() < ends
        await asyncio.sleep(0.1)
