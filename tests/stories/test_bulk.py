"""Many tasks at once: what it would come to is told, and comes about."""

import asyncio
from typing import Any

import pytest

from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def done(person: Person, work: str) -> dict[str, Any]:
    """The work, once it has ended."""
    async with asyncio.timeout(30):
        while True:
            reply = await person.ask("GET", f"/tasks/bulk/{work}")
            assert reply.status == 200, reply
            if reply.body["finished_at"]:
                return dict(reply.body)
            await asyncio.sleep(0.1)


def cancel(**tasks: Any) -> dict[str, Any]:
    return {"action": "cancel", "tasks": tasks}


async def test_what_is_told_before_comes_about(home: Home) -> None:
    anna, bea = await home.person(credits=30), await home.person(credits=30)
    over = await anna.make("sketch", prompt="wave zero", tier="fast")
    async with home.queue("narrow", active=False):
        mine = [await anna.submit("sketch", prompt=f"wave {n}") for n in range(4)]
        other = await anna.submit("sketch", prompt="calm")
        hers = await bea.submit("sketch", prompt="wave of another")
        kept = mine[0]["id"]
        asked = cancel(q="WAVE", spared=[kept])
        dry = await anna.ask("POST", "/tasks/bulk", asked | {"dry_run": True})
        assert dry.status == 200
        assert dry.body == {
            "id": None, "action": "cancel", "matches": 4, "affected": 3, "too_late": 1,
            "frozen": "3", "free_at_once": "3",
        }  # fmt: skip
        assert await anna.money() == ("24", "5")
        reply = await anna.ask("POST", "/tasks/bulk", asked)
        assert (reply.status, reply.body["affected"]) == (202, 3)
        assert reply.headers["Location"].endswith(reply.body["id"])
        work = await done(anna, reply.body["id"])
        assert (work["status"], work["affected"], work["progress"]) == ("completed", 3, 1.0)
        for task in mine[1:]:
            await anna.wait(task, "cancelled")
        assert (await anna.task({"id": kept}))["status"] == "queued"
        assert (await anna.task(other))["status"] == "queued"
        assert (await bea.task(hers))["status"] == "queued"
        assert await anna.money() == ("27", "2")
        assert (await anna.task(over))["status"] == "completed"
        again = await anna.ask("POST", "/tasks/bulk", asked | {"dry_run": True})
        assert (again.body["affected"], again.body["frozen"]) == (0, "0")
    await anna.wait(other)
    await anna.wait({"id": kept})
    await bea.wait(hers)


async def test_the_same_key_is_the_same_work(home: Home) -> None:
    anna = await home.person(credits=30)
    async with home.queue("narrow", active=False):
        task = await anna.submit("sketch", prompt="once")
        key = {"Idempotency-Key": "bulk-once"}
        first = await anna.ask("POST", "/tasks/bulk", cancel(ids=[task["id"]]), headers=key)
        await done(anna, first.body["id"])
        later = await anna.submit("sketch", prompt="later")
        again = await anna.ask("POST", "/tasks/bulk", cancel(ids=[task["id"]]), headers=key)
        assert (again.status, again.body["id"]) == (202, first.body["id"])
        assert again.headers["Idempotency-Replayed"] == "true"
        other = await anna.ask("POST", "/tasks/bulk", cancel(), headers=key)
        assert (other.status, other.code) == (422, "idempotency_key_reused")
        assert (await anna.task(later))["status"] == "queued"
    await anna.wait(later)


async def test_the_work_of_others_is_not_there(home: Home) -> None:
    anna, bea = await home.person(credits=5), await home.person(credits=5)
    work = (await anna.ask("POST", "/tasks/bulk", cancel())).body["id"]
    for stranger in (work, "run_x", "x"):
        reply = await bea.ask("GET", f"/tasks/bulk/{stranger}")
        assert (reply.status, reply.code) == (404, "not_found")
    await done(anna, work)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "burn", "tasks": {}}, "invalid_request"),
        ({"action": "cancel"}, "invalid_request"),
        (cancel(status=["gone"]), "invalid_request"),
        (cancel(ids=["task_x"]), "bad_task_id"),
        (cancel(owner="somebody"), "invalid_request"),
    ],
)
async def test_nonsense_is_refused(home: Home, body: dict[str, Any], code: str) -> None:
    anna = await home.person()
    reply = await anna.ask("POST", "/tasks/bulk", body)
    assert (reply.status, reply.code) == (422, code)
