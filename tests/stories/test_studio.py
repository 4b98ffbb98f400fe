"""The main job, as it comes out of the box: the studio makes one of each kind, offline."""

import asyncio
import struct
from typing import Any

import pytest

from tests.house.person import Person
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def bytes_of(home: Home, piece: dict[str, Any]) -> bytes:
    """What a piece's link leads to."""
    async with home.web.get(piece["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, piece["content_type"])
        return await answer.read()


async def from_text(home: Home, anna: Person) -> tuple[str, str]:
    """Two pictures and a film; the ids of the first and of the last."""
    pictures, film = await asyncio.gather(
        anna.make("text_to_image", prompt="a red apple", count=2, seed=7, tier="fast"),
        anna.make("text_to_video", prompt="a lake at dawn", seconds=1, seed=7, tier="fast"),
    )
    for piece in pictures["outputs"]:
        head = await bytes_of(home, piece)
        assert head.startswith(b"\x89PNG")
        assert struct.unpack(">II", head[16:24]) == (piece["width"], piece["height"]) == (512, 512)
    assert [piece["seed"] for piece in pictures["outputs"]] == [7, 8]
    assert pictures["outputs"][0]["mean_color"] != pictures["outputs"][1]["mean_color"]
    (clip,) = film["outputs"]
    assert (await bytes_of(home, clip))[4:8] == b"ftyp"
    assert clip["duration"] == pytest.approx(1, abs=0.2)
    return pictures["outputs"][0]["asset_id"], clip["asset_id"]


async def from_a_picture(home: Home, anna: Person, picture: str) -> None:
    """A larger one, a moving one and a model."""
    larger, moving, model = await asyncio.gather(
        anna.make("upscale", image=picture, scale=2, tier="fast"),
        anna.make("image_to_video", image=picture, seconds=1, tier="fast"),
        anna.make("image_to_3d", image=picture, tier="fast"),
    )
    assert larger["outputs"][0]["width"] == 1024
    assert moving["outputs"][0]["content_type"] == "video/mp4"
    assert (await bytes_of(home, model["outputs"][0])).startswith(b"glTF")
    assert model["outputs"][0]["triangles"] > 100
    assert model["outputs"][0]["watertight"] is True


async def from_a_film(home: Home, anna: Person, film: str) -> None:
    """The same film at night, at half its pace."""
    before = (await anna.ask("GET", f"/assets/{film}")).body
    words = "slow motion, in the middle of the night"
    done = await anna.make("remix_video", remix_from=film, prompt=words, tier="fast")
    (clip,) = done["outputs"]
    assert (await bytes_of(home, clip))[4:8] == b"ftyp"
    assert clip["duration"] == pytest.approx(2 * before["duration"], abs=0.2)
    assert (clip["width"], clip["height"]) == (before["width"], before["height"])
    assert brightness(clip["mean_color"]) < 0.7 * brightness(before["mean_color"])


def brightness(colour: str) -> int:
    """Of a colour as `#rrggbb`."""
    return sum(bytes.fromhex(colour[1:]))


@pytest.mark.timeout(240)
async def test_one_of_each_kind_from_words_to_files(studio: Home) -> None:
    anna = await studio.person(credits=35)
    picture, film = await from_text(studio, anna)
    await from_a_picture(studio, anna, picture)
    await from_a_film(studio, anna, film)
    assert await anna.money() == ("12", "0")
    task = await anna.submit("text_to_3d", prompt="a blue teapot", seed=1, tier="fast")
    choosing = await anna.wait(task, "awaiting_selection", seconds=90)
    assert choosing["cost"] == {"held": "4", "charged": "4", "released": "0"}
    await anna.ask("PATCH", f"/tasks/{task['id']}", {"selected_image_index": 1})
    done = await anna.wait(task, seconds=90)
    assert done["cost"] == {"held": "9", "charged": "9", "released": "0"}
    assert [piece["kind"] for piece in done["outputs"]] == ["image"] * 4 + ["model"]
    assert (await bytes_of(studio, done["outputs"][4])).startswith(b"glTF")
    assert await anna.money() == ("3", "0")
    kinds = await anna.kinds()
    assert (kinds[0], kinds.count("freeze"), kinds.count("capture")) == ("grant", 8, 8)
