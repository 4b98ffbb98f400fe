"""A house that keeps its files in a bucket: whoever uses it notices nothing, unless links are to
lead there.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.house.person import Person, until
from tests.house.s3 import Bucket
from tests.house.world import Ground, Home, open_home

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(params=["stream", "redirect"])
def downloads(request: pytest.FixtureRequest) -> str:
    """Who hands out the bytes."""
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def cloudy(
    sqlite_url: str, tmp_path: Path, bucket: Bucket, downloads: str
) -> AsyncIterator[Home]:
    """A house as it comes out of the box, with its files in a bucket."""
    stored = bucket.settings(prefix="house", downloads=downloads)
    async with open_home(Ground(sqlite_url), tmp_path, storage=stored) as home:
        yield home
        await home.inspect()


async def picture(anna: Person) -> dict[str, str]:
    """A picture's facts."""
    made = await anna.make("text_to_image", prompt="a red apple", tier="fast")
    return dict((await anna.ask("GET", f"/assets/{made['outputs'][0]['asset_id']}")).body)


async def test_a_file_is_made_given_out_and_worked_from(
    cloudy: Home, bucket: Bucket, downloads: str
) -> None:
    anna = await cloudy.person()
    asset = await picture(anna)
    async with cloudy.web.get(asset["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert hashlib.sha256(await answer.read()).hexdigest() == asset["sha256"]
        came_from = str(answer.url)
    assert came_from.startswith(bucket.gateway.endpoint) == (downloads == "redirect")
    async with cloudy.web.get(asset["url"], headers={"Range": "bytes=1-3"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"PNG")
    async with cloudy.web.get(asset["thumbnail_url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/webp")
    larger = await anna.make("upscale", image=asset["id"], scale=2, tier="fast")
    assert larger["status"] == "completed"
    await until(lambda: len(bucket.listed()) == 4)  # what is thrown away goes a moment later
    left = [file for file in cloudy.data_dir.rglob("*") if file.suffix in {".png", ".webp"}]
    assert left == []


async def test_a_link_that_leads_elsewhere_is_as_strict_as_ever(
    cloudy: Home, downloads: str
) -> None:
    asset = await picture(await cloudy.person())
    url, usual = asset["url"], 307 if downloads == "redirect" else 200
    known = {"If-None-Match": f'"{asset["sha256"]}"'}
    for link, headers, status in ((url, {}, usual), (url, known, 304), (f"{url}0", {}, 403)):
        async with cloudy.web.get(link, headers=headers, allow_redirects=False) as answer:
            assert answer.status == status


@pytest.mark.parametrize("downloads", ["stream"])
async def test_a_bucket_that_is_gone_makes_nobody_unready(
    cloudy: Home, bucket: Bucket, downloads: str
) -> None:
    assert (await health(cloudy))["components"]["storage"] == "ok"
    bucket.client.delete_bucket(Bucket=bucket.name)
    await asyncio.sleep(1.1)  # what was good is believed for a second
    told = await health(cloudy)
    async with cloudy.web.get("/health/ready") as answer:
        assert answer.status == 200
    bucket.client.create_bucket(Bucket=bucket.name)
    assert (told["status"], told["components"]["database"]) == ("degraded", "ok")
    assert "storage" in told["components"]["storage"]


async def health(home: Home) -> Any:
    """What the health page tells."""
    async with home.web.get("/health") as answer:
        return await answer.json()
