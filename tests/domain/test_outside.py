"""Inputs from outside are examined like any stranger's file before a provider hears of them."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from gesso.domain.tasks.work import Outside
from gesso.domain.tasks.work.outside import Unfit
from gesso.infra.examiner import Examiner
from gesso.infra.http import Http, NoAnswer
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool
from gesso.simulators.samples import sample


class Web(Http):
    """The web, where every address leads to the same bytes, or to nothing."""

    def __init__(self, content: bytes | None) -> None:
        super().__init__()
        self.content = content

    async def download(
        self, url: str, *, total: float, trusted: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        if self.content is None:
            raise NoAnswer(url)
        for start in range(0, len(self.content), 4096):
            yield self.content[start : start + 4096]


async def test_a_film_is_fetched_and_known_for_what_it_is(tmp_path: Path) -> None:
    outside = Outside(Web(sample("video")), Examiner(Pool(1), Limits()))
    found = await outside.fetch("https://films.example/a", tmp_path / "copies" / "url")
    assert (found.kind, found.content_type) == ("video", "video/mp4")
    assert (tmp_path / "copies" / "url").stat().st_size == found.size


@pytest.mark.parametrize(
    ("content", "limits", "code", "again"),
    [
        (None, Limits(), "source_unreachable", True),
        (b"<!doctype html>", Limits(), "media_type_refused", False),
        (sample("video")[:999], Limits(), "media_broken", False),
        (sample("video"), Limits(size=1000), "media_too_large", False),
    ],
    ids=["nobody there", "a page", "cut off", "too large"],
)
async def test_what_is_not_taken_says_why(
    tmp_path: Path, content: bytes | None, limits: Limits, code: str, *, again: bool
) -> None:
    outside = Outside(Web(content), Examiner(Pool(1), limits))
    with pytest.raises(Unfit) as unfit:
        await outside.fetch("https://films.example/a", tmp_path / "url")
    assert (unfit.value.code, unfit.value.again) == (code, again)
