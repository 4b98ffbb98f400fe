"""One's own tasks, found again: thin rows, by what was asked, by day."""

from datetime import UTC, datetime

import pytest

from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_row_shows_what_a_list_needs_and_no_more(home: Home) -> None:
    anna = await home.person(credits=30)
    task = await anna.make("sketch", prompt="a tall lighthouse", tier="fast")
    page = (await anna.ask("GET", "/tasks?q=LIGHT")).body
    (row,) = page["items"]
    assert (row["id"], row["title"]) == (task["id"], "a tall lighthouse")
    assert row["pieces"] == {"total": 1, "completed": 1, "ended": 1}
    assert {"params", "outputs", "result"}.isdisjoint(row)
    (shown,) = row["thumbnails"]
    (piece,) = task["outputs"]
    for fact in ("asset_id", "index", "phase", "kind", "width", "height", "mean_color"):
        assert shown[fact] == piece[fact], fact
    async with home.web.get(shown["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/webp")
    for same in ("status", "rev", "cost", "progress", "created_at", "finished_at"):
        assert row[same] == task[same], same
    assert page["as_of"] == (await anna.task(task))["as_of"]


async def test_the_list_is_narrowed_by_what_is_asked(home: Home) -> None:
    anna, bea = await home.person(credits=30), await home.person(credits=30)
    done = await anna.make("sketch", prompt="one that is done", tier="fast")
    async with home.queue("narrow", active=False):
        waiting = await anna.submit("sketch", prompt="one that waits")

        async def found(query: str) -> list[str]:
            reply = await anna.ask("GET", f"/tasks?{query}")
            assert reply.status == 200, reply
            return [row["id"] for row in reply.body["items"]]

        assert await found("live=true") == [waiting["id"]]
        assert await found("live=false") == [done["id"]]
        assert await found("q=waits&status=queued") == [waiting["id"]]
        assert await found("to=2020-01-01T00:00:00Z") == []
        assert await found("from=2020-01-01T00:00:00Z") == [waiting["id"], done["id"]]
        assert (await bea.ask("GET", "/tasks?q=one")).body["items"] == []
    await anna.wait(waiting)


async def test_tasks_are_counted_by_day(home: Home) -> None:
    anna, bea = await home.person(credits=30), await home.person()
    for _ in range(2):
        await anna.make("sketch", prompt="today", tier="fast")
    told = (await anna.ask("GET", "/tasks/days?time_zone=UTC&q=today")).body
    assert told["total"] == 2
    assert sum(day["tasks"] for day in told["days"]) == 2
    assert told["days"][0]["day"] == datetime.now(UTC).date().isoformat()
    assert told["as_of"]
    assert (await anna.ask("GET", "/tasks/days?q=tomorrow")).body["days"] == []
    assert (await bea.ask("GET", "/tasks/days")).body["total"] == 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "/etc/passwd", "Europe"])
async def test_a_time_zone_that_is_none_is_refused(home: Home, zone: str) -> None:
    anna = await home.person()
    reply = await anna.ask("GET", "/tasks/days", params={"time_zone": zone})
    assert (reply.status, reply.code) == (422, "unknown_time_zone")


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-01-01T00:00:00", "q=", "live=maybe"]
)
async def test_a_filter_that_is_none_is_refused(home: Home, query: str) -> None:
    anna = await home.person()
    for path in ("/tasks", "/tasks/days"):
        reply = await anna.ask("GET", f"{path}?{query}")
        assert (reply.status, reply.code) == (422, "invalid_request"), path
