"""What was made is judged before anybody is shown it; what is withheld is not paid."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gesso.simulators import Fate
from tests.house.person import Person
from tests.house.world import Ground
from tests.providers.case_anthropic import CASES
from tests.providers.conftest import Trade, trading

pytestmark = pytest.mark.asyncio(loop_scope="session")

JUDGED = {"moderation": {"operations": ["sketch", "write_seo"], "on_doubt": "withhold"}}
COST = 2700


@pytest_asyncio.fixture(loop_scope="session", params=["sqlite", "postgres"])
async def strict(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    """A house that shows no sketch and no title unseen."""
    ground = Ground(request.getfixturevalue(f"{request.param}_url"))
    async with trading(replace(CASES[0], settings=JUDGED), ground, tmp_path) as trade:
        yield trade


async def sketch(anna: Person, prompt: str) -> dict[str, Any]:
    """A sketch once its task has ended."""
    return await anna.wait(await anna.submit("sketch", prompt=prompt), seconds=60)


async def test_what_may_be_shown_is_shown_and_was_looked_at(strict: Trade) -> None:
    anna = await strict.home.person()
    done = await sketch(anna, "a square")
    assert (done["status"], done["cost"]["charged"]) == ("completed", "1"), done
    assert done["outputs"][0]["kind"] == "image"
    (judged,) = strict.simulator.of("a square")
    kinds = [block["type"] for block in judged.asked["messages"][0]["content"]]
    assert kinds == ["image", "text"]
    assert await strict.home.losses(done) == 0


async def test_what_may_not_be_shown_is_withheld_unpaid_and_our_loss(strict: Trade) -> None:
    anna = await strict.home.person()
    for prompt, fate in (("shocking", Fate(answer="other")), ("worse", Fate(fails="refusal"))):
        strict.simulator.plan(prompt, fate)
        ended = await sketch(anna, prompt)
        (output,) = ended["outputs"]
        assert (ended["status"], output["error"]["code"]) == ("failed", "withheld"), ended
        assert (output["asset_id"], output["url"], output["kind"]) == (None, None, None)
        assert ended["cost"] == {"held": "1", "charged": "0", "released": "1"}
        assert await strict.home.losses(ended) == COST


async def test_what_cannot_be_judged_is_not_shown_until_it_is(strict: Trade) -> None:
    anna = await strict.home.person()
    strict.simulator.plan("busy", Fate(status=429, takes=False, retry_after=0))
    strict.simulator.plan("lost", Fate(status=500))
    for prompt in ("busy", "lost"):
        assert (await sketch(anna, prompt))["status"] == "completed"


async def test_words_are_judged_like_pictures(strict: Trade) -> None:
    anna = await strict.home.person()
    done = await anna.wait(await anna.submit("write_seo", prompt="an owl"), seconds=60)
    assert done["status"] == "completed", done
    (judged,) = strict.simulator.of(json.dumps(done["result"]))
    strict.simulator.plan(judged.prompt, Fate(answer="other"))
    ended = await anna.wait(await anna.submit("write_seo", prompt="an owl"), seconds=60)
    assert (ended["status"], ended["result"]) == ("failed", None), ended
    assert ended["outputs"][0]["value"] is None
    assert ended["outputs"][0]["error"]["code"] == "withheld"


async def test_the_results_of_other_operations_are_not_judged(strict: Trade) -> None:
    anna = await strict.home.person()
    done = await anna.wait(await strict.order(anna, "is this fine?"), seconds=60)
    assert done["status"] == "completed", done
    assert len(strict.simulator.of("is this fine?")) == 1
