"""The gate: processor time that it adds to a request, counting alone and together over Redis.

The application is called in this process, without a network: what HTTP costs would drown what is
measured. The same requests go to it without a gate, with one that counts in memory, and with one
that counts in Redis, in short turns, so that whatever else this machine does is shared by all.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from uuid import UUID

import uvloop
from fastapi import Depends, FastAPI, Request

from bench.figure import Broken, Figure, Goal, middle
from bench.run import Run
from gesso.domain.gate import Door, Doors, Gate
from gesso.infra.branches import RedisSettings, ServerSettings
from gesso.infra.limits import MemoryLimiter
from gesso.infra.limits.redis import RedisLimiter
from gesso.infra.limits.settings import LimitsSettings
from gesso.infra.redis import RedisLink
from gesso.infra.web import mount, new_application, new_router, passage_of
from gesso.kit.ids import new_id
from tests.house.redis import private_redis

ROUNDS = 7
ABREAST = 32
LIMITS = LimitsSettings(user="10000/second", key="10000/second")
"""Two rules for each request, and nobody comes near them."""
MOST = 0.1
"""Milliseconds that the gate may add to a request."""

TENANT = new_id()
USERS = cycle([(new_id(), new_id()) for _ in range(20)])
router = new_router("bench")


@dataclass
class House:
    """What the application asks of a house here."""

    gate: Gate | None = None


async def introduce(request: Request) -> UUID:
    """Say who calls, as whoever looks at a key does."""
    user, key = next(USERS)
    passage_of(request).introduce(user, TENANT, key_id=key)
    return user


@router.get("/me")
async def get_me(user: UUID = Depends(introduce)) -> dict[str, str]:  # noqa: B008
    """Tell who is calling."""
    return {"id": user.hex}


def measure(run: Run) -> list[Figure]:
    """Milliseconds of processor time that the gate adds to a request under two rules."""
    return uvloop.run(_measure(run))


async def _measure(run: Run) -> list[Figure]:
    async with _gates() as gates:
        apps = {kind: _application(gate) for kind, gate in gates.items()}
        found: dict[str, list[float]] = {kind: [] for kind in apps}
        for number in range(ROUNDS + 1):
            run.say(f"gate: round {number} of {ROUNDS}")
            for kind, app in apps.items():
                found[kind].append(await _cost(app, run.seconds / 4))
    without = middle(found.pop("none")[1:])
    return [_figure(kind, middle(costs[1:]), without) for kind, costs in found.items()]


@asynccontextmanager
async def _gates() -> AsyncIterator[dict[str, Gate | None]]:
    """Each kind of gate; the shared one only where there is a Redis."""
    gates: dict[str, Gate | None] = {"none": None, "in memory": _gate(MemoryLimiter())}
    if shutil.which("redis-server") is None:
        yield gates
        return
    with private_redis() as server:
        async with RedisLink(RedisSettings(url=server.url, timeout=1.0)) as link:
            limiter = RedisLimiter(link, "bench", timeout=1.0, instances=1)
            yield {**gates, "over Redis": _gate(limiter)}


def _gate(limiter: MemoryLimiter | RedisLimiter) -> Gate:
    async def no_doors() -> list[Door]:
        return []

    return Gate(LIMITS, limiter, Doors(no_doors))


def _application(gate: Gate | None) -> FastAPI:
    app = new_application(ServerSettings(), title="bench", version="0")
    app.state.house = House(gate)
    mount(app, router)
    return app


async def _cost(app: Callable[..., Any], seconds: float) -> float:
    """Milliseconds of this process' processor time a request."""
    ends, statuses = time.monotonic() + seconds, list[int]()
    began = time.process_time()
    await asyncio.gather(*(_press(app, ends, statuses) for _ in range(ABREAST)))
    spent = time.process_time() - began
    if set(statuses) != {200}:
        raise Broken(f"requests were refused: {sorted(set(statuses))}")
    return 1000 * spent / len(statuses)


async def _press(app: Callable[..., Any], ends: float, statuses: list[int]) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    while time.monotonic() < ends:
        await app(_scope(), receive, send)
        await asyncio.sleep(0)


def _scope() -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "path": "/api/v1/me", "raw_path": b"/api/v1/me", "query_string": b"", "root_path": "",
        "scheme": "http", "server": ("bench", 80), "client": ("203.0.113.7", 4711), "state": {},
        "headers": [(b"host", b"bench"), (b"authorization", b"Bearer of nothing")],
    }  # fmt: skip


def _figure(kind: str, cost: float, without: float) -> Figure:
    return Figure(
        f"the gate, {kind}", cost - without, "ms a request", "ms without it", without,
        Goal(most=MOST, of="value"), facts={"ms with it": round(cost, 4)},
    )  # fmt: skip
