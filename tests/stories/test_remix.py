"""Remixes: what the length of a film means for its price, and for whether it is taken."""

from math import ceil
from pathlib import Path

import pytest

from tests.house.world import Home
from tests.unit.media.corpus import video

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_provider_is_told_what_the_film_is_and_how_long(home: Home) -> None:
    anna = await home.person()
    made = await anna.make("text_to_video", prompt="a film of a second", tier="fast")
    (clip,) = made["outputs"]
    done = await anna.make(
        "remix_video", remix_from=clip["asset_id"], prompt="older by years", seed=5, tier="fast"
    )
    assert (done["status"], done["cost"]["charged"]) == ("completed", "5"), done
    (render,) = home.acme.of("older by years")
    assert (render.body["seconds"], render.body["seed"]) == (ceil(clip["duration"]), 5)
    (job,) = await anna.jobs(done)
    assert job["status"] == "completed"


async def test_a_film_that_is_too_long_is_refused_before_anything_is_frozen(
    home: Home, tmp_path: Path
) -> None:
    anna, film = await home.person(), tmp_path / "long.mp4"
    video(film, frames=373)
    sent = await anna.ask("POST", "/assets", data=film.read_bytes())
    assert sent.status == 201, sent
    order = {"type": "remix_video", "remix_from": sent.body["id"], "prompt": "shorter"}
    for where in ("/tasks", "/tasks/estimate"):
        refused = await anna.ask("POST", where, order)
        assert (refused.status, refused.code) == (422, "video_too_long"), refused
        assert refused.body["pointer"] == "#/remix_from"
    assert await anna.kinds() == ["grant"]


async def test_a_picture_and_a_strangers_film_are_no_films_to_begin_with(home: Home) -> None:
    anna, bert = await home.person(), await home.person()
    made = await bert.make("text_to_video", prompt="a film of somebody's", tier="fast")
    for asset, code in (
        (await anna.picture(), "wrong_asset_kind"),
        (made["outputs"][0]["asset_id"], "unknown_asset"),
    ):
        order = {"type": "remix_video", "remix_from": asset, "prompt": "mine", "tier": "fast"}
        refused = await anna.ask("POST", "/tasks", order)
        assert (refused.status, refused.code) == (422, code), refused
