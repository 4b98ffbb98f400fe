"""Registered functions over HTTP: listed, run, watched, tried again, cancelled."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gesso.kit.ids import new_id, public_id
from tests.house.person import Person, Reply
from tests.house.world import Home
from tests.simulators import functions
from tests.stories.operating import ask, ended, outcome, see

pytestmark = pytest.mark.asyncio(loop_scope="session")

here = pytest.mark.parametrize(
    "new_ground", ["sqlite", "postgresql"], indirect=True, scope="session"
)
"""Where runs are done by the process that serves: two workers begin what comes in order side by
side, and each tells its own metrics.
"""


async def test_what_can_be_run_is_listed_with_its_schema(operator: Person) -> None:
    listed = (await operator.ask("GET", "/registry/tasks")).body["items"]
    by_name = {each["name"]: each for each in listed}
    assert {"gesso.tidy", "story.add", "story.alone"} <= set(by_name)
    assert list(by_name) == sorted(by_name)
    add = by_name["story.add"]
    assert add["summary"] == "Add two numbers."
    assert add["arguments"]["required"] == ["a"]
    assert add["arguments"]["properties"]["b"]["default"] == 1
    assert (add["queue"], add["priority"], add["max_attempts"]) == ("default", 3, 3)
    assert [by_name[name]["parallel"] for name in ("story.add", "story.alone")] == [True, False]


async def test_a_function_is_run_and_its_result_is_kept(operator: Person) -> None:
    run = await ask(operator, "story.add", arguments={"a": 2, "b": 40})
    assert (run["status"], run["attempt"], run["priority"]) == ("queued", 0, 3)
    seen = await ended(operator, run)
    assert (seen["status"], seen["result"], seen["error"]) == ("completed", 42, None)
    assert (seen["attempt"], seen["progress"], seen["due_at"]) == (1, 1.0, None)
    assert seen["created_at"] <= seen["started_at"] <= seen["finished_at"]


async def test_arguments_are_what_the_signature_says(operator: Person) -> None:
    guest = str(new_id())
    sound = {"day": "2026-11-25", "guest": guest, "stay": {"city": "Graz"}}
    status, _, result = await outcome(operator, "story.book", **sound)
    assert status == "completed"
    assert result == {**sound, "stay": {"city": "Graz", "nights": 1}, "notes": []}
    for change, pointer, code in (
        ({"day": "tomorrow"}, "#/arguments/day", "date_parsing"),
        ({"guest": 7}, "#/arguments/guest", "uuid_type"),
        ({"stay": {"city": "Graz", "nights": []}}, "#/arguments/stay/nights", "int_type"),
        ({"stay": {}}, "#/arguments/stay/city", "missing"),
        ({"notes": ["a", 1]}, "#/arguments/notes/1", "string_type"),
        ({"colour": "red"}, "#/arguments/colour", "extra_forbidden"),
    ):
        body = {"function": "story.book", "arguments": {**sound, **change}}
        reply = await operator.ask("POST", "/registry/runs", body)
        assert (reply.status, reply.code) == (422, "invalid_request"), change
        found = [(each["pointer"], each["code"]) for each in reply.body["errors"]]
        assert found == [(pointer, code)], change


async def test_only_what_is_registered_can_be_run(operator: Person) -> None:
    for name in ("story.none", "os.system", "builtins.eval"):
        for path in ("/registry/runs", "/registry/schedules"):
            wish = {"function": name} | ({"every_seconds": 60} if "sched" in path else {})
            reply = await operator.ask("POST", path, wish)
            assert (reply.status, reply.code) == (422, "unknown_function"), name
            assert reply.body["pointer"] == "#/function"


async def test_what_fails_is_tried_again_until_its_tries_are_used_up(operator: Person) -> None:
    assert await outcome(operator, "story.stumble", times=2) == ("completed", 3, 3)
    run = await ask(operator, "story.stumble", arguments={"times": 9}, max_attempts=2)
    seen = await ended(operator, run)
    assert (seen["status"], seen["attempt"]) == ("failed", 2)
    assert seen["error"] == {"code": "raised", "message": "LookupError: stumbled 2"}
    assert await outcome(operator, "story.dawdle") == ("failed", 2, "timed_out")
    assert await outcome(operator, "story.refuse", reason="no") == ("cancelled", 1, "stopped")


async def test_a_function_says_when_it_wants_to_be_tried_again(operator: Person) -> None:
    assert await outcome(operator, "story.later", after=0) == ("completed", 2, "now")
    run = await ask(operator, "story.later", arguments={"after": 3600})
    seen = await see(operator, run, lambda seen: bool(seen["status"] == "retrying"))
    wait = datetime.fromisoformat(seen["due_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < wait <= timedelta(minutes=60)
    assert seen["error"] == {"code": "retry_wanted", "message": "not yet"}
    assert (await operator.ask("POST", f"/registry/runs/{run['id']}/cancel")).status == 200


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ("nothing", ("completed", None)),
        ("a list", ("completed", [1, 2.5, "three", None, True])),
        ("not a number", ("failed", "bad_result")),
        ("an object", ("failed", "bad_result")),
        ("too much", ("failed", "bad_result")),
        ("half a character", ("failed", "bad_result")),
        ("no character", ("failed", "bad_result")),
    ],
)
async def test_a_result_is_json(operator: Person, what: str, end: tuple[str, Any]) -> None:
    status, attempt, result = await outcome(operator, "story.answer", what=what)
    assert (status, result, attempt) == (*end, 1)


async def test_a_run_may_wait_for_its_time(operator: Person) -> None:
    word = f"delayed{new_id()}"
    run = await ask(operator, "story.note", arguments={"word": word}, delay_seconds=0.7)
    await asyncio.sleep(0.2)
    assert word not in functions.noted
    seen = await ended(operator, run)
    assert seen["started_at"] >= run["due_at"]
    at = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    run = await ask(operator, "story.note", arguments={"word": "never"}, run_at=at)
    assert datetime.fromisoformat(run["due_at"]) == datetime.fromisoformat(at)
    both = {"function": "story.add", "arguments": {"a": 1}, "run_at": at, "delay_seconds": 1}
    assert (await operator.ask("POST", "/registry/runs", both)).status == 422
    await operator.ask("POST", f"/registry/runs/{run['id']}/cancel")


@here
async def test_priority_goes_first_among_what_is_due(operator: Person) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    runs = [
        await ask(
            operator, "story.note", arguments={"word": f"p{priority}"}, priority=priority, run_at=at
        )
        for priority in (0, 9, 5)
    ]
    for run in runs:
        await ended(operator, run)
    assert [word for word in functions.noted if word in {"p0", "p5", "p9"}][-3:] == [
        "p9", "p5", "p0",
    ]  # fmt: skip


async def test_one_key_is_one_run_however_often_it_is_asked_for(operator: Person) -> None:
    wish = {"function": "story.add", "arguments": {"a": 1}}
    key = {"Idempotency-Key": "once"}

    async def once() -> Reply:
        return await operator.ask("POST", "/registry/runs", wish, headers=key)

    replies = await asyncio.gather(*(once() for _ in range(8)))
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert sum("Idempotency-Replayed" in reply.headers for reply in replies) == 7
    await ended(operator, replies[0].body)
    again = await once()
    assert (again.body["status"], again.headers["Idempotency-Replayed"]) == ("completed", "true")
    other = {**wish, "arguments": {"a": 2}}
    reply = await operator.ask("POST", "/registry/runs", other, headers=key)
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    bad = {"Idempotency-Key": "x" * 201}
    assert (await operator.ask("POST", "/registry/runs", wish, headers=bad)).status == 422


async def test_while_a_run_lives_its_deduplication_key_gives_no_other(operator: Person) -> None:
    wish = {"function": "story.wait", "deduplication_key": "nightly report"}
    replies = await asyncio.gather(
        *(
            operator.ask("POST", "/registry/runs", {**wish, "arguments": {"word": f"dedup{n}"}})
            for n in range(6)
        )
    )
    assert sorted(reply.status for reply in replies) == [200] * 5 + [202]
    (run_id,) = {reply.body["id"] for reply in replies}
    await operator.ask("POST", f"/registry/runs/{run_id}/cancel")
    await ended(operator, {"id": run_id})
    anew = await ask(operator, **wish, arguments={"word": "dedup", "seconds": 0})
    assert anew["id"] != run_id
    await ended(operator, anew)


async def test_cancelling_ends_what_waits_at_once_and_what_runs_soon(operator: Person) -> None:
    waiting = await ask(operator, "story.add", arguments={"a": 1}, delay_seconds=60)
    path = f"/registry/runs/{waiting['id']}/cancel"
    first, second = [(await operator.ask("POST", path)).body for _ in range(2)]
    assert (first["status"], first["error"]["code"]) == ("cancelled", "cancelled")
    assert first == second
    word = f"stop{new_id()}"
    running = await ask(operator, "story.wait", arguments={"word": word})
    await see(operator, running, lambda seen: bool(seen["progress"] == 0.5))
    path = f"/registry/runs/{running['id']}/cancel"
    asked = (await operator.ask("POST", path)).body
    assert asked["cancel_requested_at"] is not None
    seen = await ended(operator, running)
    assert (seen["status"], seen["result"]) == ("cancelled", None)
    assert functions.ended.count(word) == 1
    done = await ask(operator, "story.add", arguments={"a": 1})
    await ended(operator, done)
    reply = await operator.ask("POST", f"/registry/runs/{done['id']}/cancel")
    assert (reply.status, reply.code) == (409, "run_ended")


async def test_what_runs_alone_is_never_in_hand_twice(home: Home, operator: Person) -> None:
    word = f"alone{new_id()}"
    runs = [await ask(operator, "story.alone", arguments={"word": word}) for _ in range(5)]
    for run in runs:
        assert (await ended(operator, run))["status"] == "completed"
    assert functions.at_once(word) == 1


async def test_runs_are_listed_newest_first_and_filtered(operator: Person) -> None:
    made = [await ask(operator, "story.book", delay_seconds=60, arguments={
        "day": "2026-01-01", "guest": str(new_id()), "stay": {"city": "Linz"},
    }) for _ in range(3)]  # fmt: skip
    query = "function=story.book&status=queued&limit=2"
    first = (await operator.ask("GET", f"/registry/runs?{query}")).body
    rest = (await operator.ask("GET", f"/registry/runs?{query}&cursor={first['next_cursor']}")).body
    listed = [run["id"] for run in first["items"] + rest["items"]]
    assert listed == [run["id"] for run in reversed(made)]
    assert rest["next_cursor"] is None
    for run in made:
        await operator.ask("POST", f"/registry/runs/{run['id']}/cancel")
    for bad in ("status=unknown", "limit=0", "function="):
        assert (await operator.ask("GET", f"/registry/runs?{bad}")).status == 422
    assert (await operator.ask("GET", "/registry/runs?cursor=W10")).code == "bad_cursor"


async def test_the_registry_is_for_operators(home: Home, operator: Person) -> None:
    anna = await home.person()
    nobody = public_id("run", new_id()), public_id("sched", new_id())
    for method, path, body in (
        ("GET", "/registry/tasks", None),
        ("GET", "/registry/runs", None),
        ("POST", "/registry/runs", {"function": "story.add", "arguments": {"a": 1}}),
        ("GET", f"/registry/runs/{nobody[0]}", None),
        ("POST", f"/registry/runs/{nobody[0]}/cancel", None),
        ("GET", "/registry/schedules", None),
        ("POST", "/registry/schedules", {"function": "story.add", "every_seconds": 1}),
        ("PATCH", f"/registry/schedules/{nobody[1]}", {"active": True}),
        ("DELETE", f"/registry/schedules/{nobody[1]}", None),
    ):
        refused = await anna.ask(method, path, body)
        assert (refused.status, refused.body["scope"]) == (403, "operator"), path
        if any(each in path for each in nobody):
            assert (await operator.ask(method, path, body)).status == 404, path


@here
async def test_metrics_count_runs_by_function_and_status(home: Home, operator: Person) -> None:
    await outcome(operator, "story.refuse", reason="counted")
    told = (await operator.ask("GET", f"{home.url}/metrics")).content.decode()
    assert 'gesso_runs_total{function="story.refuse",status="cancelled"}' in told
    assert 'gesso_run_seconds_count{function="story.refuse"}' in told
