"""The cutter: a film made anew from its own frames, in another light and at another pace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np

from gesso.providers.studio.encoder import encode, part
from gesso.providers.studio.grade import Grade
from gesso.providers.studio.march import Progress
from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import Levels
from gesso.providers.studio.vocabulary import PACES
from gesso.providers.studio.watch import measured
from gesso.providers.studio.words import named, read

LONGEST: Final = 30.0
"""Seconds of a film that is taken."""
_MOST_FRAMES: Final = 4000
_SMALLEST: Final = 16
_PACES: Final = {"slow": 0.5, "fast": 2.0}


def remix(path: Path, prompt: str, *, seed: int, edge: int, progress: Progress) -> bytes:
    """A silent MP4 of the film, graded and paced as the prompt says, its longer edge at most `edge`
    pixels; ValueError for what is no film, or too long.

    The same film, prompt and seed give the same bytes.
    """
    progress(0.0)
    reel = measured(path)
    if reel.duration > LONGEST or reel.frames > _MOST_FRAMES:
        raise ValueError(f"A film that is to be remixed lasts at most {LONGEST:g} seconds.")
    if min(reel.width, reel.height) < _SMALLEST:
        raise ValueError(f"A film has at least {_SMALLEST} pixels each way.")
    size = _fitted((reel.width, reel.height), edge)
    grade = Grade(read(prompt), size, seed=seed)
    pace = next((_PACES[name] for name in named(PACES, prompt)), 1.0)
    fps = round(min(max(reel.fps, 5.0), 30.0))
    count = max(2, round(reel.duration / pace * fps))
    try:
        with av.open(str(path), "r") as container:
            strip = _Strip(_frames(container, size), mixes=pace < 1)
            content = encode(
                lambda number: grade.develop(strip.at(number / fps * pace), number),
                count, fps, part(progress, 0.0, 0.98),
            )  # fmt: skip
    except av.FFmpegError as error:
        raise ValueError(f"The film does not decode: {error}") from error
    progress(1.0)
    return content


class _Strip:
    """A film that is run through once, forwards: the frame at each moment, or the mixture of the
    two about it.
    """

    def __init__(self, frames: Iterator[tuple[float, Levels]], *, mixes: bool) -> None:
        self._frames, self._mixes = frames, mixes
        first = next(frames, None)
        if first is None:
            raise ValueError("The film has no frames.")
        self._before = self._after = first

    def at(self, time: float) -> Array:
        """The frame at this moment, which is never before the last one asked for."""
        while self._after[0] < time:
            following = next(self._frames, None)
            if following is None:
                return self._after[1]
            self._before, self._after = self._after, following
        (begun, earlier), (due, later) = self._before, self._after
        share = (time - begun) / (due - begun) if due > begun else 1.0
        if not self._mixes:
            return later if share >= 0.5 else earlier
        mixed: Array = earlier + (later.astype(np.float32) - earlier) * np.float32(share)
        return mixed


def _frames(
    container: av.container.InputContainer, size: tuple[int, int]
) -> Iterator[tuple[float, Levels]]:
    """Every frame upright and in this size, with its moment from the film's beginning."""
    begun, last = 0.0, -1.0
    for frame in container.decode(container.streams.video[0]):
        if frame.pts is None:
            continue
        begun = frame.time if last < 0 else begun
        if frame.time - begun <= last:
            continue
        last = frame.time - begun
        turns = frame.rotation // 90 % 4
        across, down = size if turns % 2 == 0 else size[::-1]
        levels = frame.reformat(width=across, height=down, format="rgb24").to_ndarray()
        yield last, np.rot90(levels, turns)


def _fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """The size within the edge, never enlarged, both even as H.264 asks."""
    scale = min(1.0, edge / max(size))
    width, height = (max(_SMALLEST, round(each * scale / 2) * 2) for each in size)
    return width, height
