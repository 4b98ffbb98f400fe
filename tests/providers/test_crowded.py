"""A provider that answers slowly, asked about more jobs than there are places on the way to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from gesso.providers import Offers
from gesso.providers.runway import Runway
from gesso.simulators.runway import RunwaySimulator
from tests.house.world import Ground
from tests.providers.case import Case
from tests.providers.case_runway import CASES as RUNWAY
from tests.providers.conftest import Trade, trading

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_POLL = 8.0
SLOW = 0.6
JOBS = 8


class Patient(Runway):
    """Runway, asked more rarely."""

    name = "patient"
    offers = Offers(first_poll=FIRST_POLL)


class SlowSimulator(RunwaySimulator):
    """Takes its time over every question, and remembers when each job was first asked about."""

    name = "patient"

    def __init__(self) -> None:
        super().__init__()
        self.asked_at: dict[str, float] = {}

    async def _show(self, request: web.Request) -> web.Response:
        self.asked_at.setdefault(request.match_info["id"], time.monotonic())
        await asyncio.sleep(SLOW)
        return await super()._show(request)


class CountingSimulator(RunwaySimulator):
    """Remembers when it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.called_at: list[float] = []

    def allows(self, request: web.Request) -> bool:
        self.called_at.append(time.monotonic())
        return super().allows(request)


PROVIDERS = (Patient,)
CASE = Case(
    Patient,
    SlowSimulator,
    model={
        "makes": "text_to_video",
        "provider": "patient",
        "model": "text_to_video/gen4.5",
        "input": {"promptText": "$prompt", "ratio": "1280:720", "duration": 5, "seed": "$seed"},
    },
    order={"type": "text_to_video", "seconds": 5, "aspect": "16:9"},
    kind="video",
    settings={
        "plugins": ("tests.simulators.plugin", "tests.providers.operations", __name__),
        # One place for questions, one to wait for it; the others are turned away.
        "engine": {"tick": 0.2, "processes": 1, "handlers": 7},
    },
)


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Trade]:
    """A house with one place for questions."""
    async with trading(CASE, Ground(sqlite_url), tmp_path) as trade:
        yield trade


async def test_who_finds_no_place_asks_again_in_a_moment_not_in_an_interval(crowd: Trade) -> None:
    anna = await crowd.home.person(100)
    tasks = [await crowd.order(anna, f"owl {n}") for n in range(JOBS)]
    for task in tasks:
        assert (await anna.wait(task, seconds=60))["status"] == "completed"
    assert isinstance(crowd.simulator, SlowSimulator)
    asked = sorted(crowd.simulator.asked_at.values())
    assert len(asked) == JOBS
    assert asked[-1] - asked[0] < JOBS * SLOW + FIRST_POLL / 2


async def test_a_provider_with_a_rate_is_called_no_faster_and_no_job_loses_a_try(
    sqlite_url: str, tmp_path: Path
) -> None:
    case = replace(RUNWAY[0], simulator=CountingSimulator)
    async with trading(case, Ground(sqlite_url), tmp_path, per_minute=120) as trade:
        anna = await trade.home.person(100)
        tasks = [await trade.order(anna, f"owl {n}") for n in range(JOBS)]
        for task in tasks:
            done = await anna.wait(task, seconds=90)
            assert done["status"] == "completed", done
            (job,) = await anna.jobs(done)
            *before, last = [each["outcome"] for each in job["attempts"]]
            assert (job["attempt"], last, set(before) - {"absent"}) == (1, "completed", set()), job
        assert isinstance(trade.simulator, CountingSimulator)
        called = trade.simulator.called_at
    assert len(called) >= 2 * JOBS
    # A second's worth at once, two, and then one each half of a second.
    for first, third in zip(called, called[2:], strict=False):
        assert third - first > 0.4
    assert called[-1] - called[0] > 0.5 * (len(called) - 2) - 0.2
