"""Schedules over HTTP: made, fired, paused, re-timed, removed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gesso.kit.ids import new_id
from tests.house.person import Person, until
from tests.house.world import Home
from tests.simulators import functions
from tests.stories.operating import outcome

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_schedule_fires_and_is_paused_and_retimed(home: Home, operator: Person) -> None:
    word = f"tick{new_id()}"
    made = await operator.ask(
        "POST", "/registry/schedules",
        {"function": "story.note", "arguments": {"word": word}, "every_seconds": 1, "name": word},
    )  # fmt: skip
    assert made.status == 201, made
    path = f"/registry/schedules/{made.body['id']}"
    await until(lambda: functions.noted.count(word) >= 2)
    changed = await operator.ask("PATCH", path, {"active": False})
    assert (changed.body["active"], changed.body["next_fire_at"]) == (False, None)
    runs = (await operator.ask("GET", "/registry/runs?function=story.note&limit=100")).body["items"]
    fired = [run["fire_at"] for run in runs if run["schedule_id"] == made.body["id"]]
    assert len(fired) == len(set(fired)) >= 2
    again = await operator.ask("POST", "/registry/schedules", {
        "function": "story.note", "arguments": {"word": word}, "every_seconds": 1, "name": word,
    })  # fmt: skip
    assert (again.status, again.code) == (409, "schedule_exists")
    retimed = {"cron": "0 6 * * *", "time_zone": "Europe/Vienna", "active": True}
    seen = (await operator.ask("PATCH", path, retimed)).body
    assert (seen["cron"], seen["every_seconds"], seen["rev"]) == ("0 6 * * *", None, 3)
    assert datetime.fromisoformat(seen["next_fire_at"]) > datetime.now(UTC)
    assert (await operator.ask("DELETE", path)).status == 204
    assert (await operator.ask("GET", path)).status == 404
    kept = (await operator.ask("GET", "/registry/runs?function=story.note&limit=100")).body["items"]
    assert {run["id"] for run in runs} <= {run["id"] for run in kept}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"cron": "61 * * * *"}, "bad_timing"),
        ({"cron": "0 0 30 2 *"}, "bad_timing"),
        ({"cron": "* * * * * *"}, "bad_timing"),
        ({"cron": "every day"}, "bad_timing"),
        ({"cron": "0 0 * * *", "time_zone": "Europe/Nowhere"}, "bad_timing"),
        ({"cron": "0 0 * * *", "time_zone": "../../etc/passwd"}, "bad_timing"),
        ({}, "invalid_request"),
        ({"cron": "0 0 * * *", "every_seconds": 1}, "invalid_request"),
        ({"every_seconds": 0}, "invalid_request"),
        ({"every_seconds": 60, "arguments": {"a": "one"}}, "invalid_request"),
        ({"every_seconds": 60, "overlap": "queue"}, "invalid_request"),
    ],
)
async def test_a_timing_that_makes_no_sense_is_refused(
    operator: Person, wrong: dict[str, Any], code: str
) -> None:
    body = {"function": "story.add", "arguments": {"a": 1}, **wrong}
    reply = await operator.ask("POST", "/registry/schedules", body)
    assert (reply.status, reply.code) == (422, code), reply


async def test_built_in_schedules_are_there_and_stay_as_operators_left_them(
    operator: Person,
) -> None:
    listed = (await operator.ask("GET", "/registry/schedules?limit=100")).body["items"]
    tidy = next(each for each in listed if each["name"] == "gesso.tidy")
    assert (tidy["function"], tidy["active"], tidy["built_in"]) == ("gesso.tidy", True, True)
    reply = await operator.ask("DELETE", f"/registry/schedules/{tidy['id']}")
    assert (reply.status, reply.code) == (409, "schedule_built_in")
    status, _, result = await outcome(operator, "gesso.tidy")
    told = {"keys", "runs", "uploads", "partial", "pieces", "pushes", "guesses"}
    told |= {"sessions", "signins", "handovers"}
    assert (status, set(result)) == ("completed", told)
