"""One provider of two fails, every time: it is left alone, nobody's tries are used up, and the
other one's jobs go on as if nothing were. And what leaves can be followed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from gesso.providers.traffic.circuit import IN_A_ROW
from tests.house.person import Person
from tests.house.world import Ground, Home, open_home
from tests.unit.http.rough import Exchange, Rough, rough

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ABREAST = 4
_PLACES = 2
_JOBS = 40
_TRIES = 3
_QUEUE = {"timeout_seconds": 120, "backoff_first": 0.05, "backoff_cap": 0.2}


@dataclass
class Ill:
    """A provider that fails every submission until it is well."""

    server: Rough
    is_well: bool = False
    at_work: int = 0
    peak: int = 0

    async def behave(self, exchange: Exchange) -> None:
        """Refuse as an overloaded server does, or deliver."""
        self.at_work += 1
        self.peak = max(self.peak, self.at_work)
        await asyncio.sleep(0.02)
        self.at_work -= 1
        if self.is_well:
            await exchange.answer(body=b"{}")
        else:
            await exchange.answer(503, b"{}", {"Retry-After": "0"})


@pytest_asyncio.fixture(loop_scope="session")
async def ill() -> AsyncIterator[Ill]:
    async with rough(_nobody) as server:
        ill = Ill(server)
        server.manner = ill.behave
        yield ill


async def _nobody(_exchange: Exchange) -> None:
    """Before it is known how it behaves."""


@pytest_asyncio.fixture(loop_scope="session")
async def house(ill: Ill, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    catalog = tmp_path / "catalog.yaml"
    sketches = {"makes": "sketch", "price": 1, "model": "sketch"}
    fragile = {"id": "ill/sketch", "provider": "fragile", "queue": "ill", "tiers": ["fast"]}
    sound = {"id": "well/sketch", "provider": "acme_sync", "queue": "well", "tiers": ["high"]}
    catalog.write_text(yaml.safe_dump({
        "version": "outage-1",
        "queues": {
            "ill": {**_QUEUE, "max_concurrency": _ABREAST, "max_attempts": _TRIES},
            "well": {**_QUEUE, "max_concurrency": 8, "max_attempts": _TRIES},
        },
        "models": [fragile | sketches, sound | sketches],
    }))  # fmt: skip
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(
            open_home(
                Ground(sqlite_url),
                tmp_path,
                plugins=("tests.simulators.plugin", "tests.simulators.fragile"),
                catalog=catalog,
                providers={"fragile": {"root": ill.server.url, "concurrency": _PLACES}},
            )
        )
        yield home
        await home.inspect()


async def _seen(operator: Person, name: str) -> dict[str, Any]:
    listed = (await operator.ask("GET", "/providers")).body["items"]
    return dict(next(each for each in listed if each["name"] == name))


async def test_the_failing_one_is_left_alone_and_the_other_goes_on(house: Home, ill: Ill) -> None:
    anna, ben = await house.person(100), await house.person(100)
    operator = await house.person(0, role="operator")
    stuck = await anna.submit("sketch", prompt="at the ill one", count=_JOBS, tier="fast")
    async with asyncio.timeout(30):
        while (await _seen(operator, "fragile"))["circuit"] == "closed":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    # Those at work when the circuit opened still come in; then there are probes alone.
    hits = len(ill.server.seen)
    assert IN_A_ROW <= hits <= IN_A_ROW + _PLACES + 2, f"{hits} requests: the circuit opened late"

    done = await ben.make("sketch", prompt="at the well one", count=20, tier="high")
    assert (done["status"], done["cost"]["charged"]) == ("completed", "20"), done
    jobs = await ben.jobs(done)
    assert all(len(job["attempts"]) == 1 for job in jobs), "none of the other's was tried twice"
    assert (await _seen(operator, "acme_sync"))["circuit"] == "closed"
    hits = len(ill.server.seen)
    assert hits <= 1.1 * _JOBS, f"{hits} requests for {_JOBS} jobs"
    assert (await anna.task(stuck))["status"] == "running"

    ill.is_well = True
    whole = await anna.wait(stuck, seconds=90)
    assert (whole["status"], whole["cost"]["charged"]) == ("completed", str(_JOBS)), whole
    for job in await anna.jobs(whole):
        tried = [each for each in job["attempts"] if each["outcome"] != "absent"]
        assert len(tried) <= _TRIES, job
    assert ill.peak <= _PLACES
    assert (await _seen(operator, "fragile"))["latency"] is not None


async def test_operators_see_what_becomes_of_a_lost_job_with_whom(house: Home) -> None:
    operator = await house.person(0, role="operator")
    offers = (await _seen(operator, "acme_sync"))["offers"]
    assert offers == {"reports": None, "lookup": False, "cancel": False}


async def test_only_operators_see_how_providers_do(house: Home) -> None:
    anna = await house.person()
    reply = await anna.ask("GET", "/providers")
    assert (reply.status, reply.code) == (403, "missing_scope")


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data/iam/",
        "http://[::ffff:a9fe:a9fe]/latest/",
        "http://10.0.0.1/",
        "http://user:pass@127.0.0.1:9/",
        "file:///etc/passwd",
    ],
)
async def test_a_result_that_lies_inside_is_not_fetched(house: Home, ill: Ill, place: str) -> None:
    ill.is_well = True
    anna = await house.person()
    ended = await anna.make("sketch", prompt=place, tier="fast")
    assert (ended["status"], ended["error"]["code"]) == ("failed", "result_out_of_reach"), ended
    assert ended["cost"]["charged"] == "0"
    assert await house.losses(ended) == 20_000


async def test_the_trace_of_an_order_reaches_its_provider(house: Home, ill: Ill) -> None:
    ill.is_well = True
    anna, trace = await house.person(), "4bf92f3577b34da6a3ce929d0e0e4736"
    order = {"type": "sketch", "prompt": "a trace", "tier": "fast"}
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    reply = await anna.ask("POST", "/tasks", order, headers=headers)
    await anna.wait(reply.body)
    [asked] = ill.server.seen
    version, trace_id, span_id, flags = asked.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", trace, "01")
    assert span_id != "00f067aa0ba902b7"
    assert asked.headers["user-agent"].startswith("gesso/")
