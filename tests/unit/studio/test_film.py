"""The film-maker: real films of the asked length and size that move and close their loop."""

import io
from itertools import pairwise

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from gesso.providers.studio.film import film
from gesso.providers.studio.paint import paint


def _ignore(share: float) -> None:
    assert 0 <= share <= 1


def _film(prompt: str, image: bytes | None = None, seconds: float = 1.0) -> bytes:
    return film(
        prompt, seed=2, seconds=seconds, fps=12, width=128, height=96, image=image, progress=_ignore
    )


def _frames(content: bytes) -> list[npt.NDArray[np.float64]]:
    with av.open(io.BytesIO(content), "r") as container:
        return [
            frame.to_ndarray(format="rgb24").astype(np.float64)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("prompt", ["sunset over the ocean", "a red car", "rain over a city"])
def test_a_film_has_its_frames_moves_and_closes_its_loop(prompt: str) -> None:
    frames = _frames(_film(prompt))
    assert len(frames) == 12
    assert {frame.shape for frame in frames} == {(96, 128, 3)}
    half_way = np.abs(frames[6] - frames[0]).mean()
    assert half_way > 0.3
    step = max(np.abs(b - a).mean() for a, b in pairwise(frames))
    assert np.abs(frames[-1] - frames[0]).mean() < 2 * step + 1


def test_a_film_of_a_picture_shows_that_picture_in_motion() -> None:
    picture = paint("apple", seed=1, width=128, height=96, quality="fast", progress=_ignore)
    still = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), np.float64)
    frames = _frames(_film("", image=picture))
    assert np.abs(frames[0] - still).mean() < 14
    assert np.abs(frames[3] - frames[0]).mean() > 0.3


def test_the_index_stands_before_the_pictures_so_that_playing_starts_at_once() -> None:
    content = _film("sea", seconds=0.5)
    assert content[4:8] == b"ftyp"
    assert content.index(b"moov") < content.index(b"mdat")


def test_progress_rises_and_ends_at_one() -> None:
    seen: list[float] = []
    film("owl", seed=1, seconds=0.5, fps=12, width=64, height=64, image=None, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) >= 8


def test_what_cannot_be_filmed_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="20 seconds"):
        _film("sea", seconds=900)
    with pytest.raises(ValueError, match="readable"):
        _film("sea", image=b"not a picture")
