"""The painter: it follows the prompt, repeats itself exactly, and never fails at a strange word."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from gesso.providers.studio.catalogue import MAKERS
from gesso.providers.studio.paint import paint
from gesso.providers.studio.vocabulary import SUBJECTS
from gesso.providers.studio.words import read


def _ignore(share: float) -> None:
    assert 0 <= share <= 1


def _png(prompt: str, seed: int = 1, size: int = 96) -> bytes:
    return paint(prompt, seed=seed, width=size, height=size, quality="fast", progress=_ignore)


def _levels(content: bytes) -> npt.NDArray[np.float64]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.float64)


def test_the_same_order_makes_the_same_bytes() -> None:
    assert _png("a ceramic owl", seed=7) == _png("a ceramic owl", seed=7)
    assert _png("sunset over the sea", seed=7) == _png("sunset over the sea", seed=7)


@pytest.mark.parametrize("prompt", ["a ceramic owl", "mountains at dawn"])
def test_another_seed_makes_a_visibly_different_picture(prompt: str) -> None:
    first, second = (_levels(_png(prompt, seed=seed)) for seed in (1, 2))
    assert np.abs(first - second).mean() > 4


def test_a_picture_has_the_size_that_was_asked_for() -> None:
    content = paint("boat", seed=1, width=120, height=80, quality="standard", progress=_ignore)
    assert Image.open(io.BytesIO(content)).size == (120, 80)


def test_a_red_apple_is_red_and_a_green_one_green() -> None:
    red, green = (_levels(_png(f"a {colour} apple"))[32:72, 32:64] for colour in ("red", "green"))
    assert red[..., 0].mean() > red[..., 1].mean() + 40
    assert green[..., 1].mean() > green[..., 0].mean() + 20


def test_night_is_darker_than_noon() -> None:
    night, noon = (_levels(_png(f"the ocean at {hour}")) for hour in ("night", "noon"))
    assert night.mean() < noon.mean() - 50


def test_progress_rises_and_ends_at_one() -> None:
    seen: list[float] = []
    paint("robot", seed=1, width=160, height=160, quality="high", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert len(seen) >= 4


@pytest.mark.parametrize(
    "prompt", ["", "   ", "\u0000", "zxqv blorp", "!!!", "שלום", "🦉" * 50, "a " * 5000]
)
def test_any_words_make_a_picture(prompt: str) -> None:
    assert _levels(_png(prompt, size=64)).std() > 5


@pytest.mark.parametrize(
    ("prompt", "subject", "setting"),
    [
        ("陶瓷猫头鹰", "owl", None),
        ("红色的火箭", "rocket", None),
        ("雪山", None, "snow"),
        ("ein rotes Auto", "car", None),
        ("Two Red BOATS on the sea at sunset", "boat", "sea"),
        ("a mushroom house", "house", None),
        ("a forest of pine trees", None, "forest"),
        ("a mountain lake", None, "lake"),
    ],
)
def test_a_prompt_is_understood(prompt: str, subject: str | None, setting: str | None) -> None:
    brief = read(prompt)
    assert (brief.subject, brief.setting) == (subject, setting)


def test_every_object_that_has_a_word_has_a_maker() -> None:
    assert set(SUBJECTS) == set(MAKERS)


def test_an_impossible_size_or_quality_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="between 64 and 2048"):
        paint("owl", seed=1, width=0, height=64, quality="fast", progress=_ignore)
    with pytest.raises(ValueError, match="fast, standard or high"):
        paint("owl", seed=1, width=64, height=64, quality="best", progress=_ignore)
