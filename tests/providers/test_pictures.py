"""What is shown with a question: pictures made small, films whole or in moments."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gesso.infra.pool import Pool
from gesso.simulators.samples import CONTENT_TYPE, sample

SHOWN = "gesso.providers.language.pictures:shown"


async def shown(file: Path, content_type: str, **more: Any) -> list[dict[str, Any]]:
    """As a worker process makes it ready."""
    work = {"path": str(file), "content_type": content_type, **more}
    made: list[dict[str, Any]] = await Pool(1).run(SHOWN, work, total=60)
    return made


def decoded(each: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(each["data"])))


async def test_a_picture_becomes_one_small_jpeg(tmp_path: Path) -> None:
    file = tmp_path / "large"
    Image.new("RGBA", (3000, 1000), "red").save(file, "PNG")
    (made,) = await shown(file, "image/png")
    assert (made["mime"], made["at"]) == ("image/jpeg", None)
    assert decoded(made).size == (1280, 427)


async def test_a_film_goes_whole_or_in_moments(tmp_path: Path) -> None:
    file = tmp_path / "film"
    file.write_bytes(sample("video"))
    (whole,) = await shown(file, "video/mp4", whole=1 << 20)
    assert base64.b64decode(whole["data"]) == sample("video")
    moments = await shown(file, "video/mp4", whole=10)
    assert [each["at"] for each in moments] == sorted(each["at"] for each in moments)
    assert len(moments) == 8
    assert all(decoded(each).size == (96, 64) for each in moments)


@pytest.mark.parametrize("kind", ["model", "text"])
async def test_what_is_neither_is_refused(tmp_path: Path, kind: Any) -> None:
    file = tmp_path / "file"
    file.write_bytes(sample(kind))
    for content_type in (CONTENT_TYPE[kind], "image/png", "video/mp4"):
        with pytest.raises(ValueError, match=r"neither|decode"):
            await shown(file, content_type)
