"""kill -9 in the middle of an upload: the film is published once, whole, and paid once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gesso.simulators.youtube import Trip, YouTubeSimulator
from tests.faults.books import check_books, new_key
from tests.faults.client import Client
from tests.faults.process import Place, in_bucket, serving
from tests.house.person import until
from tests.house.s3 import Bucket
from tests.providers.case_youtube import MODEL
from tests.simulators.plugin import SmallSteps

CHUNKS = 12
PADDING = CHUNKS * SmallSteps.chunk
TITLE = "a second of film"
CATALOG = {
    "version": "upload-1",
    "queues": {"upload": {"max_concurrency": 4, "timeout_seconds": 600, "max_attempts": 3}},
    "models": [
        {**MODEL, "id": "youtube", "provider": SmallSteps.name, "queue": "upload", "price": 2},
        {
            "id": "instant/clip",
            "makes": "clip",
            "provider": "instant",
            "model": "clip",
            "queue": "upload",
            "price": 1,
        },
    ],
}


@pytest.fixture
async def youtube() -> AsyncIterator[YouTubeSimulator]:
    """The channel; it lives in the test's own process, so no server's death touches it."""
    async with YouTubeSimulator().open() as simulator:
        simulator.pace = 0.15
        yield simulator


def publishing(place: Place, youtube: YouTubeSimulator) -> Place:
    """The same place, for servers that publish in small steps."""
    catalog = place.data_dir.with_name("catalog.yaml")
    catalog.write_text(yaml.safe_dump(CATALOG))
    name = f"GESSO_PROVIDERS__{SmallSteps.name.upper()}__"
    settings = {
        **place.settings,
        "GESSO_PLUGINS": '["tests.simulators.plugin"]',
        "GESSO_CATALOG": str(catalog),
        f"{name}ROOT": youtube.url,
        **{f"{name}SECRETS__{part.upper()}": secret for part, secret in youtube.secrets.items()},
        "ACME_URL": "http://127.0.0.1:1",
        "ACME_KEY": "none",
    }
    return replace(place, settings=settings)


async def content(client: Client, asset_id: str) -> bytes:
    """The bytes of a stored film."""
    _, asset = await client.ask("GET", f"/api/v1/assets/{asset_id}")
    async with client.session.get(asset["url"]) as answer:
        assert answer.status == 200
        return await answer.read()


async def published_through_kills(place: Place, youtube: YouTubeSimulator) -> None:
    """Order an upload, and kill the server at every few chunks and over the last one."""
    key = await new_key(place.database_url, email="film@example.com")
    youtube.trip(TITLE, Trip(PADDING, "loses_answer"))
    async with serving(place) as server, Client(key, server.url) as client:
        clip = await client.order("a clip", type="clip", padding=PADDING, tier="fast")
        await client.all_ended(within=60)
        film = (await client.task(clip))["outputs"][0]["asset_id"]
        order = {"type": "publish_video", "title": TITLE, "video": film}
        _, task = await client.ask("POST", "/api/v1/tasks", json=order)
        await until(lambda: len(youtube.sessions) == 1)
        (session,) = youtube.sessions.values()
        for chunks in (3, 8):
            await until(lambda: len(session.content) >= chunks * SmallSteps.chunk, 60)  # noqa: B023
            await server.kill()
            await server.start()
        await until(lambda: session.video is not None, 60)
        await server.kill()
        await server.start()
        await client.all_ended(within=60)
        done = await client.task(task["id"])
        whole = await content(client, film)
        statuses = await check_books(place.database_url, [clip, task["id"]])
    assert statuses == {"completed": 2}, done
    assert list(youtube.videos) == [done["result"]["video_id"]]
    assert youtube.videos == {done["result"]["video_id"]: whole}
    assert list(youtube.sessions.values()) == [session]


@pytest.mark.timeout(400)
async def test_an_upload_outlives_its_server_and_publishes_once(
    place: Place, youtube: YouTubeSimulator
) -> None:
    await published_through_kills(publishing(place, youtube), youtube)


@pytest.mark.timeout(400)
async def test_a_film_in_a_bucket_is_uploaded_all_the_same(
    youtube: YouTubeSimulator, tmp_path: Path, sqlite_url: str, bucket: Bucket
) -> None:
    stored = in_bucket(bucket, bucket.gateway.endpoint)
    place = Place(tmp_path / "data", sqlite_url, "", {"GESSO_ENGINE__LEASE": "2", **stored})
    await published_through_kills(publishing(place, youtube), youtube)
