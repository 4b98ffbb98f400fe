"""Nothing waits for ever: at its deadline every task ends, whatever its provider says."""

import pytest

from tests.house.world import Home
from tests.simulators.acme import COST, Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_waited_too_long_expires(home: Home) -> None:
    anna = await home.person()
    async with home.queue("short", active=False):
        done = await anna.make("sketch", prompt="a waiting room", tier="high", count=2)
    assert (done["status"], done["error"]["code"]) == ("expired", "expired")
    assert done["cost"] == {"held": "2", "charged": "0", "released": "2"}
    assert (home.acme.of("a waiting room"), await anna.money()) == ([], ("10", "0"))


async def test_a_render_without_end_is_stopped_at_its_deadline(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("an eternity", Plan(seconds=None))
    done = await anna.make("sketch", prompt="an eternity", tier="high")
    assert (done["status"], done["error"]["code"]) == ("expired", "expired")
    assert [render.status for render in home.acme.of("an eternity")] == ["cancelled"]
    assert (await anna.money(), await home.losses(done)) == (("10", "0"), 0)


async def test_a_render_that_cannot_be_stopped_is_our_loss_not_the_users(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a steamroller", Plan(seconds=None, cancels=False))
    done = await anna.make("sketch", prompt="a steamroller", tier="high")
    assert done["status"] == "expired"
    assert (await anna.money(), await home.losses(done)) == (("10", "0"), COST)


async def test_a_part_that_came_in_time_is_delivered_and_charged(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a tortoise and a hare", Plan(seconds=None))
    done = await anna.make("sketch", prompt="a tortoise and a hare", tier="high", count=2)
    assert done["status"] == "completed"
    assert done["cost"] == {"held": "2", "charged": "1", "released": "1"}


async def test_what_a_worker_stays_with_is_stopped_at_its_deadline(studio: Home) -> None:
    anna = await studio.person()
    async with studio.queue("video", timeout_seconds=2):
        task = await anna.submit("text_to_video", prompt="a castle", seconds=8, tier="high")
        done = await anna.wait(task, seconds=20)
    assert (done["status"], done["error"]["code"]) == ("expired", "expired"), done
    assert (await anna.money(), await studio.losses(done)) == (("10", "0"), 0)
