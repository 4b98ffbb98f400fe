"""The painter: a prompt to a PNG, an object's portrait or a view or both."""

import numpy as np
from scipy import ndimage

from gesso.providers.studio.lighting import develop
from gesso.providers.studio.march import Progress
from gesso.providers.studio.noise import Array
from gesso.providers.studio.portrait import arrange, backdrop
from gesso.providers.studio.scenes import View, finisher
from gesso.providers.studio.signature import signed_png
from gesso.providers.studio.words import Brief, read

QUALITIES = {"fast": (0, 60), "standard": (3, 72), "high": (8, 88)}
"""For each quality: extra rays for a pixel on an edge, and cells of the distance grid."""


def paint(
    prompt: str, *, seed: int, width: int, height: int, quality: str, progress: Progress
) -> bytes:
    """A PNG of the prompt, the same for the same prompt, seed, size and quality.

    It carries a signature by which `sculpt` knows its own object again.
    """
    if quality not in QUALITIES:
        raise ValueError("The quality must be fast, standard or high.")
    if not (64 <= width <= 2048 and 64 <= height <= 2048):
        raise ValueError("Width and height must be between 64 and 2048 pixels.")
    progress(0.0)
    brief = read(prompt)
    size = (width, height)
    if brief.is_view:
        levels = _view(brief, seed, size, quality, progress)
    else:
        levels = _portrait(brief, seed, size, quality, progress)
    content = signed_png(levels, prompt=prompt, seed=seed)
    progress(1.0)
    return content


def _view(
    brief: Brief, seed: int, size: tuple[int, int], quality: str, progress: Progress
) -> Array:
    view = View(brief, seed=seed)
    progress(0.3)
    finer = 2 if quality == "high" and size[0] * size[1] <= 1_200_000 else 1
    picture = view.paint((size[0] * finer, size[1] * finer))
    progress(0.8)
    picture = picture.reshape(size[1], finer, size[0], finer, 3).mean((1, 3))
    return finisher(size, view.hour, brief.dice(seed=seed, purpose="grain"))(picture)


def _portrait(
    brief: Brief, seed: int, size: tuple[int, int], quality: str, progress: Progress
) -> Array:
    samples, cells = QUALITIES[quality]
    dice = brief.dice(seed=seed, purpose="paper")
    sky = None
    exposure = 1.0
    if brief.setting is not None:
        view = View(brief, seed=seed)
        scene = view.paint(size)
        sky, exposure = view.hour.horizon, view.hour.exposure * 1.2
        ground = ndimage.gaussian_filter(scene, (max(size) / 160, max(size) / 160, 0))
    else:
        ground = backdrop(brief, dice, size)
    progress(0.1)
    sitting = arrange(brief, seed=seed, cells=cells, sky=sky)
    progress(0.2)
    colour, cover, floor = sitting.expose(size, samples, lambda share: progress(0.2 + 0.7 * share))
    picture = colour + ground * floor[..., None] * (1 - cover[..., None])
    grain = dice.rng.normal(0, 0.004, (size[1], size[0], 1))
    return np.clip(develop(picture, exposure) + grain, 0, 1)
