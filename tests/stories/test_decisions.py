"""What the owner of a task may still decide: stop it, choose, ask once more."""

import asyncio

import pytest

from tests.house.person import until
from tests.house.world import Home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_still_waits_is_cancelled_at_once(home: Home) -> None:
    anna = await home.person()
    async with home.queue("narrow", active=False):
        task = await anna.submit("sketch", prompt="a change of mind", tier="standard", count=3)
        reply = await anna.ask("POST", f"/tasks/{task['id']}/cancel")
        assert (reply.status, reply.body["status"]) == (200, "cancelled")
        assert reply.body["cost"] == {"held": "3", "charged": "0", "released": "3"}
        assert await anna.money() == ("10", "0")
        again = await anna.ask("POST", f"/tasks/{task['id']}/cancel")
        assert (again.status, again.body["rev"]) == (200, reply.body["rev"])
    assert home.acme.of("a change of mind") == []


async def test_what_is_at_its_provider_is_stopped_there(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a marathon", Plan(seconds=None))
    task = await anna.submit("text_to_image", prompt="a marathon", tier="fast")
    await until(lambda: bool(home.acme.of("a marathon")))
    reply = await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    assert (reply.status, reply.body["cancel_requested"]) == (200, True)
    done = await anna.wait(task)
    assert (done["status"], done["error"]["code"]) == ("cancelled", "cancelled")
    assert home.acme.of("a marathon")[0].status == "cancelled"
    assert (await anna.money(), await home.losses(done)) == (("10", "0"), 0)


async def test_what_cannot_be_stopped_any_more_is_delivered_and_charged(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("an avalanche", Plan(seconds=1.0, cancels=False))
    task = await anna.submit("text_to_image", prompt="an avalanche", tier="fast")
    await until(lambda: bool(home.acme.of("an avalanche")))
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    done = await anna.wait(task)
    assert (done["status"], done["cancel_requested"]) == ("completed", True)
    assert await anna.money() == ("9", "0")


async def test_a_part_that_was_delivered_before_the_cancel_stays(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a diptych", Plan(seconds=None))
    task = await anna.submit("text_to_image", prompt="a diptych", count=2, tier="fast")
    await anna.see(task, lambda seen: "completed" in {p["status"] for p in seen["outputs"]})
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    done = await anna.wait(task)
    assert done["status"] == "completed"
    assert done["cost"] == {"held": "2", "charged": "1", "released": "1"}


async def test_a_task_that_awaits_a_choice_can_be_cancelled(home: Home) -> None:
    anna = await home.person()
    task = await anna.submit("text_to_3d", prompt="a hesitation", tier="fast")
    await anna.wait(task, "awaiting_selection")
    reply = await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    assert (reply.status, reply.body["status"]) == (200, "cancelled")
    assert reply.body["cost"] == {"held": "4", "charged": "4", "released": "0"}
    assert all(piece["url"] for piece in reply.body["outputs"])
    late = await anna.ask("PATCH", f"/tasks/{task['id']}", {"selected_image_index": 0})
    assert (late.status, late.code) == (409, "not_awaiting_selection")


async def test_what_has_ended_cannot_be_cancelled(home: Home) -> None:
    anna = await home.person()
    task = await anna.make("sketch", prompt="a done deal", tier="fast")
    reply = await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    assert (reply.status, reply.code) == (409, "task_ended")
    assert reply.body["money"] == {"held": "1", "charged": "1", "released": "0"}


async def test_of_two_choices_at_once_one_wins(home: Home) -> None:
    anna = await home.person(credits=20)
    task = await anna.submit("text_to_3d", prompt="a crossroads", tier="fast")
    await anna.wait(task, "awaiting_selection")
    replies = await asyncio.gather(
        *(
            anna.ask("PATCH", f"/tasks/{task['id']}", {"selected_image_index": index})
            for index in (0, 2, 0, 2)
        )
    )
    chosen = next(reply.body["selected_image_index"] for reply in replies if reply.status == 200)
    for index, reply in zip((0, 2, 0, 2), replies, strict=True):
        assert reply.status == (200 if index == chosen else 409)
        if reply.status == 409:
            assert reply.code == "not_awaiting_selection"
    done = await anna.wait(task)
    assert [piece["kind"] for piece in done["outputs"]] == ["image"] * 4 + ["model"]
    assert done["cost"] == {"held": "9", "charged": "9", "released": "0"}


async def test_only_a_picture_that_was_delivered_can_be_chosen(home: Home) -> None:
    anna = await home.person()
    home.acme.plan("a missing piece", Plan(fails="content_policy"))
    task = await anna.submit("text_to_3d", prompt="a missing piece", tier="fast")
    seen = await anna.wait(task, "awaiting_selection")
    missing = next(p["index"] for p in seen["outputs"] if p["status"] == "failed")
    for index in (missing, 4, 63):
        reply = await anna.ask("PATCH", f"/tasks/{task['id']}", {"selected_image_index": index})
        assert (reply.status, reply.code) == (422, "no_such_image")
    assert await anna.money() == ("7", "0")


async def test_a_model_that_failed_is_tried_again_from_the_same_picture(home: Home) -> None:
    anna = await home.person(credits=20)
    task = await anna.submit("text_to_3d", prompt="a vase", tier="fast")
    seen = await anna.wait(task, "awaiting_selection")
    picture = seen["outputs"][2]["asset_id"]
    early = await anna.ask("POST", f"/tasks/{task['id']}/retry")
    assert (early.status, early.code) == (409, "task_not_ended")
    home.acme.plan("sculpt", Plan(fails="content_policy"))
    await anna.ask("PATCH", f"/tasks/{task['id']}", {"selected_image_index": 2})
    failed = await anna.wait(task)
    assert failed["status"] == "failed"
    assert failed["cost"] == {"held": "9", "charged": "4", "released": "5"}
    key = {"Idempotency-Key": "again"}
    retries = [await anna.ask("POST", f"/tasks/{task['id']}/retry", headers=key) for _ in range(2)]
    assert [reply.status for reply in retries] == [202, 202]
    assert retries[0].body["id"] == retries[1].body["id"] != task["id"]
    done = await anna.wait(retries[0].body)
    assert (done["type"], done["retry_of"]) == ("image_to_3d", task["id"])
    assert done["params"]["image"] == picture
    assert (done["status"], done["cost"]["charged"]) == ("completed", "5")
    assert len(home.acme.of("a vase")) == 4
    assert await anna.money() == ("11", "0")
