"""Watching: how long a film is, which colours fill it, and where its picture changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gesso.infra.inspect.finding import Limits, Rejected
from gesso.infra.inspect.limits import guard
from gesso.infra.inspect.sniff import sniff
from gesso.infra.inspect.video import Reel, measure

_EVERY: Final = 0.2
"""Seconds between two looks."""
_MOST: Final = 600
_JUMP: Final = 0.35
"""How much of two pictures' colours must differ to call it a cut."""


@dataclass(frozen=True, slots=True)
class Film:
    """What was measured."""

    width: int
    height: int
    seconds: float
    fps: float
    cuts: list[float]
    colours: list[str]

    @property
    def about(self) -> str:
        """All of it in a sentence."""
        return (
            f"A film of {self.seconds:g} seconds, {self.width} × {self.height},"
            f" {self.fps:.3g} pictures a second, with {len(self.cuts)} cuts."
        )


def watch(shown: Mapping[str, str]) -> Film:
    """The film among the paths of what is shown; ValueError where there is none that decodes."""
    path = Path(shown.get("video") or shown.get("url") or "")
    reel = measured(path)
    try:
        looks = _looks(path)
    except av.FFmpegError as error:
        raise ValueError(f"The film does not decode: {error}") from error
    cuts = [
        round(time, 1)
        for (_, before), (time, now) in pairwise(looks)
        if float(np.abs(before - now).sum()) / 2 > _JUMP
    ]
    colours = _colours(np.mean([look for _, look in looks], axis=0))
    return Film(reel.width, reel.height, reel.duration, reel.fps, cuts, colours)


def measured(path: Path) -> Reel:
    """The film at this path, walked to its end; ValueError where there is none that decodes.

    Whoever decodes it after that does so under the limits that this sets.
    """
    guard()
    if not path.is_file():
        raise ValueError("There is no film to look at.")
    with path.open("rb") as file:
        content_type = sniff(file.read(64)) or ""
    if not content_type.startswith("video/"):
        raise ValueError("That is no film.")
    try:
        return measure(path, content_type, Limits())
    except (Rejected, av.FFmpegError) as error:
        raise ValueError(f"The film does not decode: {error}") from error


def _looks(path: Path) -> list[tuple[float, NDArray[np.float64]]]:
    """How the colours are spread at each look: 64 shares that add up to 1."""
    looks: list[tuple[float, NDArray[np.float64]]] = []
    with av.open(str(path), "r") as container:
        for frame in container.decode(container.streams.video[0]):
            time = float(frame.time or 0.0)
            if looks and time - looks[-1][0] < _EVERY:
                continue
            small = Image.fromarray(frame.to_ndarray(format="rgb24")).resize((48, 48))
            levels = np.asarray(small, np.int64).reshape(-1, 3) // 64
            numbers = levels @ np.array([16, 4, 1])
            looks.append((time, np.bincount(numbers, minlength=64) / len(numbers)))
            if len(looks) >= _MOST:
                break
    return looks


def _colours(spread: NDArray[np.float64]) -> list[str]:
    """The three colours that fill most, as `#rrggbb`."""
    found = [int(number) for number in np.argsort(spread)[::-1][:3] if spread[number] > 0.05]
    return [
        f"#{64 * (n // 16) + 32:02x}{64 * (n // 4 % 4) + 32:02x}{64 * (n % 4) + 32:02x}"
        for n in found
    ]
