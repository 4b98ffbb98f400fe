"""Reports on every ground: whoever serves stores them, whoever works applies them."""

import asyncio
from pathlib import Path

import pytest

from gesso.simulators import Fate
from tests.house.world import NewGround
from tests.providers.conftest import FLUX, trading
from tests.providers.reports import settled

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_reports_are_heard_whoever_does_the_work(
    new_ground: NewGround, tmp_path: Path
) -> None:
    with new_ground() as ground:
        async with trading(FLUX, ground, tmp_path) as trade:
            anna = await trade.home.person()
            fates = {
                "plain": Fate(),
                "thrice": Fate(pushes=3, seconds=0.3),
                "early": Fate(pushes_early=True),
                "early and lost": Fate(pushes_early=True, loses_answer=True),
            }
            for prompt, fate in fates.items():
                trade.simulator.plan(prompt, fate)
            tasks = await asyncio.gather(*[trade.order(anna, prompt) for prompt in fates])
            for task in tasks:
                done = await anna.wait(task, seconds=60)
                assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
            for task, prompt in zip(tasks, fates, strict=True):
                assert set(await settled(trade, task, 1)) <= {"applied", "late"}
                assert len(trade.simulator.of(prompt)) == 1
