"""The streams over HTTP, as a browser or a program meets them."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest
from aiohttp import ClientResponse, ClientSession

from gesso.domain import events
from gesso.domain.identity import create_key, create_user, get_user, revoke_key
from gesso.domain.tasks.routes import stream_routes as router
from gesso.infra.bus.local import LocalBus
from gesso.infra.db import Database
from gesso.kit.ids import new_id, public_id
from tests.domain.listeners import Messages, reach
from tests.domain.world import World, write_world
from tests.unit.web.serving import SmallHouse, build, problem_of, serve


class WatchedHouse(SmallHouse):
    """A small house with a feed."""

    feed: events.Feed


@dataclass
class Visit:
    """Somebody with a key, at the door of a house that serves."""

    house: WatchedHouse
    client: ClientSession
    world: World
    key: str
    prefix: str

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def of_task(self, name: str) -> str:
        return f"/api/v1/tasks/{public_id('task', self.world.tasks[name])}/events"

    async def say(self, type_: str, task_id: UUID | None = None) -> None:
        async with self.house.db.tx() as tx:
            events.record(tx, self.world.owner, type_, task_id=task_id)


@pytest.fixture
async def visit(database_url: str) -> AsyncIterator[Visit]:
    db, bus = Database(database_url), LocalBus()
    db.listen(bus.publish)
    house = WatchedHouse(db)
    house.feed = events.Feed(db, bus, events.Rhythm(poll=60, recheck=0.2, most=2))
    async with db.tx() as tx:
        await events.ensure_epoch(tx)
        world = await write_world(tx)
        anna = await get_user(tx, world.owner)
        row, key = await create_key(tx, anna, name="browser", scopes=["tasks:read"])
    async with serve(build(router, house=house)) as client:
        yield Visit(house, client, world, key, row.prefix)
    await db.close()


async def listen(response: ClientResponse, until: int = 10_000) -> Messages:
    """Messages until there are so many, or the stream ends."""
    messages = Messages()
    async with asyncio.timeout(10):
        async for data in response.content.iter_any():
            messages.take(data)
            if len(messages.seen) >= until:
                break
    return messages


async def test_a_task_is_told_to_its_end_and_then_a_browser_stays_away(visit: Visit) -> None:
    async with visit.client.get(visit.of_task("made"), headers=visit.headers) as response:
        messages = await listen(response)
    assert (response.status, response.content_type) == (200, "text/event-stream")
    assert response.headers["Gesso-Last-Event-ID"].endswith(".0")
    assert messages.types == ["task.queued", "task.running", "task.completed"]
    again = {**visit.headers, "Last-Event-ID": str(messages.last_id)}
    async with visit.client.get(visit.of_task("made"), headers=again) as response:
        assert (response.status, await response.read()) == (204, b"")


async def test_a_live_task_is_followed_until_it_ends(visit: Visit) -> None:
    async with visit.client.get(visit.of_task("making"), headers=visit.headers) as response:
        await visit.say("task.completed", visit.world.tasks["made"])
        await visit.say("task.failed", visit.world.tasks["making"])
        messages = await listen(response)
    assert messages.types == ["task.queued", "task.running", "task.failed"]


async def test_what_is_not_yours_is_not_there(visit: Visit) -> None:
    async with visit.house.db.tx() as tx:
        bea = await create_user(tx, "bea@example.org")
        _, key = await create_key(tx, bea, name="browser", scopes=["tasks:read"])
    stranger = {"Authorization": f"Bearer {key}"}
    unknown = f"/api/v1/tasks/{public_id('task', new_id())}/events"
    malformed = "/api/v1/tasks/task_1/events"
    for path, headers in (
        (visit.of_task("made"), stranger),
        (unknown, visit.headers),
        (malformed, visit.headers),
    ):
        async with visit.client.get(path, headers=headers) as response:
            assert (response.status, (await problem_of(response))["code"]) == (404, "not_found")


async def test_a_broken_line_loses_and_doubles_nothing(visit: Visit) -> None:
    """The first connection begins behind `after`; every later one says where it broke."""
    fate = random.Random(11)
    async with visit.house.db.view() as view:
        after = await events.as_of(view, visit.world.owner)

    async def talk() -> None:
        for _ in range(60):
            await visit.say("job.progress")
            await asyncio.sleep(fate.random() * 0.01)

    talking, messages = asyncio.create_task(talk()), Messages()
    while len(messages.seen) < 60:
        last = {"Last-Event-ID": messages.last_id} if messages.last_id else {}
        async with visit.client.get(
            "/api/v1/events", params={"after": after}, headers={**visit.headers, **last}
        ) as response:
            assert response.headers["Gesso-Last-Event-ID"] == (messages.last_id or after)
            async with asyncio.timeout(20):
                async for data in response.content.iter_any():
                    if fate.random() < 0.3:
                        messages.take(data[: fate.randrange(len(data))])
                        messages.cut()
                        break
                    messages.take(data)
                    if len(messages.seen) >= 60:
                        break
            response.close()
        await reach(lambda: visit.house.feed.open_streams < 2)
    await talking
    first = int(after.partition(".")[2]) + 1
    assert messages.numbers == list(range(first, first + 60))


async def test_a_revoked_key_ends_its_streams(visit: Visit) -> None:
    async with visit.client.get("/api/v1/events", headers=visit.headers) as response:
        async with visit.house.db.tx() as tx:
            anna = await get_user(tx, visit.world.owner)
            await revoke_key(tx, anna, visit.prefix)
        assert (await listen(response)).seen == []  # it ends in good order
    async with visit.client.get("/api/v1/events", headers=visit.headers) as response:
        assert response.status == 401


async def test_one_stream_too_many_is_refused_before_it_begins(visit: Visit) -> None:
    url = "/api/v1/events"
    async with (
        visit.client.get(url, headers=visit.headers),
        visit.client.get(url, headers=visit.headers),
        visit.client.get(url, headers=visit.headers) as third,
    ):
        body = await problem_of(third)
    assert (third.status, body["code"]) == (429, "too_many_streams")
    assert third.headers["Retry-After"]


async def test_a_cursor_of_absurd_length_is_refused(visit: Visit) -> None:
    async with visit.client.get(
        "/api/v1/events", params={"after": "a" * 65}, headers=visit.headers
    ) as response:
        assert response.status == 422


def test_the_document_tells_what_a_stream_is() -> None:
    operation = build(router).openapi()["paths"]["/api/v1/tasks/{task_id}/events"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert {"204", "401", "404", "422", "429"} <= set(operation["responses"])
    assert {each["name"] for each in operation["parameters"]} == {
        *("task_id", "Last-Event-ID", "after"),
    }
