"""The built-in catalogue: what is ordered is said as its provider takes it."""

from collections.abc import Mapping
from typing import Any

import pytest

from gesso.domain.catalog import fill, load_catalog
from gesso.operations.film import film_input
from gesso.operations.scrape_trends import ScrapeTrends, ScrapeTrendsOrder
from gesso.operations.text_to_video import TextToVideoOrder

CATALOG = load_catalog()


def said(model: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return fill(CATALOG.by_id[model].targets[0].input, values)


@pytest.mark.parametrize(
    ("model", "order", "asked"),
    [
        ("runway/gen-4.5", {"seconds": 1}, {"ratio": "1280:720", "duration": 2}),
        ("runway/gen-4.5", {"seconds": 8, "aspect": "9:16"}, {"ratio": "720:1280", "duration": 8}),
        ("runway/gen-4.5-animate", {"seconds": 3}, {"ratio": "960:960", "duration": 3}),
        ("kling/2.5-turbo", {"seconds": 5}, {"aspect_ratio": "1:1", "duration": "5"}),
        ("kling/2.5-turbo-animate", {"seconds": 6}, {"duration": "10"}),
        ("luma/ray-2", {"seconds": 8}, {"aspect_ratio": "1:1", "duration": "5s"}),
        ("luma/ray-2-animate", {"aspect": "16:9"}, {"aspect_ratio": "16:9", "duration": "5s"}),
        ("minimax/h3", {"aspect": "16:9"}, {"ratio": "16:9", "duration": 5}),
        ("minimax/h3", {"aspect": "9:16"}, {"ratio": None, "duration": 5}),
    ],
)
def test_a_film_is_asked_for_as_its_provider_takes_it(
    model: str, order: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    wanted = TextToVideoOrder(type="text_to_video", prompt="an owl", **order)
    words = said(model, film_input(wanted, wanted.prompt))
    assert {name: words.get(name) for name in asked} == asked


def test_every_length_and_aspect_has_a_word_at_runway() -> None:
    for aspect in ("1:1", "16:9", "9:16"):
        for seconds in range(1, 9):
            for model in ("runway/gen-4.5", "runway/gen-4.5-animate"):
                words = said(model, {"aspect": aspect, "seconds": seconds})
                assert {"ratio", "duration"} <= words.keys()


@pytest.mark.parametrize(
    ("platform", "order", "asked"),
    [
        ("tiktok", {"query": "owls"}, {"searchQueries": ["owls"], "hashtags": None}),
        ("tiktok", {"hashtags": ["#owl"]}, {"searchQueries": None, "hashtags": ["owl"]}),
        ("youtube", {"query": "owls", "hashtags": ["owl"]}, {"searchQueries": ["owls", "#owl"]}),
        ("youtube", {"hashtags": ["owl"]}, {"searchQueries": ["#owl"]}),
        ("instagram", {"query": "snowy owls!"}, {"hashtags": ["snowyowls"]}),
        ("instagram", {"query": "owls", "hashtags": ["#owl"]}, {"hashtags": ["owl", "owls"]}),
    ],
)
def test_a_scraper_is_asked_in_the_words_that_it_knows(
    platform: Any, order: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    wanted = ScrapeTrendsOrder(type="scrape_trends", platform=platform, limit=7, **order)
    (draft,) = ScrapeTrends().plan(wanted)
    words = said(f"apify/{platform}", draft.input)
    assert {name: words.get(name) for name in asked} == asked
    assert words["?"]["maxItems"] == 7
