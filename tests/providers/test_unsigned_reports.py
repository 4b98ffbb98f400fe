"""Reports that nobody signs: they arrive, they hasten a poll, and a lie in one changes nothing."""

import json
from pathlib import Path

import pytest

from gesso.providers.adapters import ADAPTERS
from gesso.simulators import Fate
from tests.house.person import until
from tests.house.world import Ground
from tests.providers import case_kling, case_luma, case_minimax
from tests.providers.case import Case
from tests.providers.conftest import trading

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORTERS = (case_kling.CASES[0], case_luma.CASES[0], case_minimax.CASES[1])
ELSEWHERE = {"apify"}
"""Who has stories of its own."""
_LIES = {"dreaming": "completed", "processing": "succeed"}


async def test_everybody_whose_reports_are_hints_is_tried_here() -> None:
    hinting = {each.name for each in ADAPTERS if each.offers.push == "hint"}
    assert {case.adapter.name for case in REPORTERS} == hinting - ELSEWHERE


@pytest.mark.parametrize("case", REPORTERS, ids=lambda case: case.id)
async def test_a_report_is_taken_in_and_a_lie_is_found_out(
    case: Case, sqlite_url: str, tmp_path: Path
) -> None:
    async with trading(case, Ground(sqlite_url), tmp_path) as trade:
        anna = await trade.home.person()
        trade.simulator.plan("a slow owl", Fate(seconds=6.0))
        task = await trade.order(anna, "a slow owl")
        await until(lambda: len(trade.simulator.of("a slow owl")) == 1)
        (made,) = trade.simulator.of("a slow owl")
        assert made.callback is not None
        told = trade.simulator.pushed(made)[0].decode()
        for working, ended in _LIES.items():
            told = told.replace(f'"{working}"', f'"{ended}"')
        lie = json.loads(told)
        async with trade.home.web.post(made.callback, json=lie) as answer:
            assert answer.status < 300
        other = json.loads(json.dumps(lie).replace(made.id, "999"))
        async with trade.home.web.post(made.callback, json=other) as answer:
            assert answer.status < 300
        done = await anna.wait(task, seconds=60)
        assert (done["status"], done["cost"]["charged"]) == ("completed", "2"), done
        await until(lambda: len(made.answers) == 1)
        assert made.answers[0] < 300
        assert len(trade.simulator.jobs) == 1
