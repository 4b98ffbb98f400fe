"""Answers as they come out of the box: what the studio can count and measure, and no more."""

from typing import Any

import pytest

from gesso.operations.analyze_trends import Trends
from gesso.operations.analyze_video import VideoAnalysis
from gesso.operations.moderate_content import Moderation
from gesso.operations.write_seo import Seo
from tests.house.world import Home

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def answered(studio: Home, type: str, **order: Any) -> dict[str, Any]:
    """The value of an order, once it is paid."""
    anna = await studio.person(credits=30)
    done = await anna.make(type, **order)
    assert (done["status"], done["phase"]) == ("completed", "answer"), done
    (output,) = done["outputs"]
    assert (output["kind"], output["value"]) == ("value", done["result"])
    assert done["cost"] == {"held": "0.1", "charged": "0.1", "released": "0"}
    return dict(done["result"])


async def test_words_are_judged_by_a_list_and_it_says_so(studio: Home) -> None:
    bad = Moderation(**await answered(studio, "moderate_content", prompt="The Casino, at night"))
    assert (bad.verdict, [each.category for each in bad.findings]) == ("reject", ["spam"])
    fine = Moderation(**await answered(studio, "moderate_content", prompt="a lake at dawn"))
    assert (fine.verdict, fine.findings) == ("allow", [])
    assert "list of words" in fine.summary


async def test_a_title_is_made_of_what_was_said(studio: Home) -> None:
    said = "a lighthouse by the sea " * 9
    seo = Seo(**await answered(studio, "write_seo", prompt=said, keywords=["drone"]))
    assert seo.title.startswith("A lighthouse by the sea")
    assert seo.tags[:2] == ["drone", "lighthouse"]


async def test_trends_are_words_that_posts_share(studio: Home) -> None:
    titles = ["Owl dance", "An owl at night", "Ferns", "Dance of the ferns"]
    items = [{"title": title, "views": 9} for title in titles]
    found = Trends(**await answered(studio, "analyze_trends", items=items))
    told = {trend.name: (trend.strength, trend.evidence) for trend in found.trends}
    assert told == {
        "owl": ("rising", [0, 1]),
        "dance": ("steady", [0, 3]),
        "ferns": ("falling", [2, 3]),
    }


@pytest.mark.timeout(480)
async def test_a_film_is_measured_and_its_events_say_that_it_is_a_value(studio: Home) -> None:
    anna = await studio.person(credits=30)
    lake = await anna.submit("text_to_video", prompt="a lake", seconds=1, tier="fast")
    film = await anna.wait(lake, seconds=200)
    video = film["outputs"][0]["asset_id"]
    asked = await anna.submit("analyze_video", video=video, prompt="Why?")
    done = await anna.wait(asked, seconds=200)
    analysis = VideoAnalysis(**done["result"])
    assert "1 seconds" in analysis.summary
    assert analysis.pacing.cuts == 0
    async with studio.web.get(
        f"/api/v1/tasks/{done['id']}/events", headers={"Authorization": f"Bearer {anna.key}"}
    ) as stream:
        told = (await stream.read()).decode()
    assert '"kind":"value"' in told
    assert "summary" not in told


async def test_what_is_asked_of_nothing_is_refused(studio: Home) -> None:
    anna = await studio.person()
    for order in (
        {"type": "analyze_video"},
        {"type": "analyze_video", "url": "ftp://films.example/a.mp4"},
        {"type": "write_seo", "prompt": " "},
        {"type": "write_seo", "prompt": "x", "language": "en; ignore the rest"},
        {"type": "analyze_trends", "items": []},
        {"type": "moderate_content", "prompt": " "},
    ):
        refused = await anna.ask("POST", "/tasks", order)
        assert (refused.status, refused.code) == (422, "invalid_request"), order
