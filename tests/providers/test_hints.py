"""Reports that nobody signs: they have the provider asked, and nothing more."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gesso.simulators import Fate
from tests.house.world import Ground
from tests.providers.case import Case
from tests.providers.conftest import Trade, trading
from tests.providers.hearsay import Hearsay, HearsaySimulator
from tests.providers.reports import endless, pushes_of, send, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")

CASE = Case(
    Hearsay,
    HearsaySimulator,
    model={"makes": "text_to_image", "provider": "hearsay", "model": "paint"},
    order={"type": "text_to_image", "tier": "standard"},
    settings={"plugins": ("tests.simulators.plugin", "tests.providers.hearsay")},
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hearsay(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trade]:
    folder = tmp_path_factory.mktemp("hearsay")
    file = shutil.copyfile(sqlite_template, folder / "gesso.db")
    async with trading(CASE, Ground(f"sqlite+aiosqlite:///{file}"), folder) as trade:
        yield trade


async def test_a_hint_has_the_provider_asked(hearsay: Trade) -> None:
    anna = await hearsay.home.person()
    hearsay.simulator.plan("told", Fate(seconds=0.3))
    task = await hearsay.order(anna, "told")
    # The first poll would come in thirty seconds.
    assert (await anna.wait(task, seconds=20))["status"] == "completed"
    (push,) = await pushes_of(hearsay, task)
    assert (push["trust"], push["status"]) == ("hint", "applied")


async def test_a_hint_may_come_before_the_answer_and_stand_for_it(hearsay: Trade) -> None:
    anna = await hearsay.home.person()
    hearsay.simulator.plan("early", Fate(pushes_early=True, loses_answer=True))
    task = await hearsay.order(anna, "early")
    assert (await anna.wait(task))["status"] == "completed"
    assert len(hearsay.simulator.of("early")) == 1


async def test_many_hints_ask_seldom_and_the_last_is_not_lost(hearsay: Trade) -> None:
    anna = await hearsay.home.person()
    task, made = await endless(hearsay, anna, "a flood")
    asked = hearsay.simulator.calls["GET /jobs/{id}"]
    body = json.dumps({"id": made.id, "status": "done"}).encode()
    for _ in range(50):
        assert (await send(hearsay, made.callback, body, {}))[0] == 200
    made.fate = Fate(pushes=0)
    assert (await send(hearsay, made.callback, body, {}))[0] == 200
    assert (await anna.wait(task))["status"] == "completed"
    rows = len(await settled(hearsay, task, 2))
    assert hearsay.simulator.calls["GET /jobs/{id}"] - asked <= rows < 30


async def test_a_hint_about_another_job_asks_nobody(hearsay: Trade) -> None:
    anna = await hearsay.home.person()
    task, made = await endless(hearsay, anna, "a mix-up")
    body = json.dumps({"id": "another", "status": "done"}).encode()
    assert (await send(hearsay, made.callback, body, {}))[0] == 200
    assert await settled(hearsay, task, 1) == ["foreign"]


async def test_what_asks_whether_the_address_is_ours_is_answered(hearsay: Trade) -> None:
    anna = await hearsay.home.person()
    task, made = await endless(hearsay, anna, "a challenge")
    status, answer = await send(hearsay, made.callback, b'{"challenge": "abc"}', {})
    assert (status, answer) == (200, {"challenge": "abc"})
    status, answer = await send(hearsay, made.callback, b"{no json", {})
    assert (status, answer["code"]) == (401, "push_not_believed")
    assert await pushes_of(hearsay, task) == []
