"""The cutter: a given film's own frames, in the light and at the pace that the words ask for."""

import io
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from gesso.providers.studio.film import film
from gesso.providers.studio.remix import remix
from tests.unit.media import corpus

Frames = list[npt.NDArray[np.float64]]


def _ignore(share: float) -> None:
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a sea in daylight."""
    path = tmp_path_factory.mktemp("film") / "sea.mp4"
    path.write_bytes(
        film(
            "the sea at noon", seed=3, seconds=1, fps=12, width=128, height=96, image=None,
            progress=_ignore,
        )
    )  # fmt: skip
    return path


def _remixed(source: Path, prompt: str, *, seed: int = 1, edge: int = 512) -> Frames:
    return _frames(io.BytesIO(remix(source, prompt, seed=seed, edge=edge, progress=_ignore)))


def _frames(file: io.BytesIO | Path) -> Frames:
    where = str(file) if isinstance(file, Path) else file
    with av.open(where, "r") as container:
        return [
            frame.to_ndarray(format="rgb24").astype(np.float64)
            for frame in container.decode(video=0)
        ]


def _likeness(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """How much two frames show the same, whatever their light."""
    return float(np.corrcoef(one.mean(-1).ravel(), other.mean(-1).ravel())[0, 1])


def _colour(frames: Frames) -> npt.NDArray[np.float64]:
    mean: npt.NDArray[np.float64] = np.mean([frame.mean((0, 1)) for frame in frames], axis=0)
    return mean


def test_it_shows_the_frames_of_the_film_and_not_as_they_were(source: Path) -> None:
    before, after = _frames(source), _remixed(source, "sunset")
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert _likeness(old, new) > 0.9
        assert np.abs(old - new).mean() > 4


@pytest.mark.parametrize(
    ("prompt", "grows"),
    [("warm and cozy", 0), ("a cold morning, icy", 2), ("all in red", 0), ("in blue", 2)],
)
def test_words_move_its_colours(source: Path, prompt: str, grows: int) -> None:
    before, after = _colour(_frames(source)), _colour(_remixed(source, prompt))
    share = after / after.sum() - before / before.sum()
    assert int(np.argmax(share)) == grows, share


def test_the_night_is_darker_and_an_old_film_has_no_colours(source: Path) -> None:
    before = _frames(source)
    assert _colour(_remixed(source, "at midnight")).mean() < 0.7 * _colour(before).mean()
    spread = [np.ptp(frame, axis=-1).mean() for frame in _remixed(source, "black and white")]
    assert max(spread) < 4 < np.ptp(before[0], axis=-1).mean()


@pytest.mark.parametrize(("prompt", "frames"), [("slow motion", 24), ("time lapse", 6)])
def test_the_pace_is_that_of_the_words(source: Path, prompt: str, frames: int) -> None:
    before, after = _frames(source), _remixed(source, prompt)
    assert len(after) == frames
    for share in (0.25, 0.5, 0.75):
        old = [_likeness(each, after[int(share * frames)]) for each in before]
        assert abs(int(np.argmax(old)) - share * len(before)) <= 1


def test_words_that_nobody_knows_stir_the_dice(source: Path) -> None:
    told = {"seed": 7, "edge": 512, "progress": _ignore}
    one = remix(source, "xyzzy", **told)  # type: ignore[arg-type]  # as they are named
    assert one == remix(source, "xyzzy", **told)  # type: ignore[arg-type]
    assert one != remix(source, "plugh", **told)  # type: ignore[arg-type]
    assert one != remix(source, "xyzzy", **{**told, "seed": 8})  # type: ignore[arg-type]


def test_it_is_made_smaller_and_never_larger(source: Path) -> None:
    assert _remixed(source, "soft", edge=64)[0].shape == (48, 64, 3)
    assert _remixed(source, "soft", edge=960)[0].shape == (96, 128, 3)


def test_progress_rises_and_ends_at_one(source: Path) -> None:
    seen: list[float] = []
    remix(source, "vivid", seed=1, edge=64, progress=seen.append)
    assert (seen, seen[0], seen[-1]) == (sorted(seen), 0.0, 1.0)


def test_what_cannot_be_remixed_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no film to look at"):
        _remixed(tmp_path / "nothing.mp4", "night")
    page = tmp_path / "page.mp4"
    page.write_bytes(corpus.HTML)
    with pytest.raises(ValueError, match="That is no film"):
        _remixed(page, "night")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom" + bytes(12) + bytes(64))
    with pytest.raises(ValueError, match="does not decode"):
        _remixed(broken, "night")
