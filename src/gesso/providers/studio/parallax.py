"""A picture that moves: near parts of it more than far ones, out and back in a loop."""

import numpy as np
from PIL import Image
from scipy import ndimage

from gesso.providers.studio import silhouette
from gesso.providers.studio.noise import Array, smoothstep
from gesso.providers.studio.pictures import flatten
from gesso.providers.studio.words import Dice, luminance


class Parallax:
    """A picture with a guess at its depth, cut to the film's shape."""

    def __init__(self, picture: Image.Image, size: tuple[int, int], dice: Dice) -> None:
        width, height = size
        self.size = size
        fitted = _covering(picture, size)
        self.levels = np.asarray(flatten(fitted), np.float32) / 255
        self.depth = _depth(fitted, size)
        self.side = -1.0 if dice.chance(0.5) else 1.0
        self.sway = dice.between(0.016, 0.024) * min(size)
        self.lift = dice.between(0.004, 0.01) * min(size)
        self.zoom = dice.between(0.05, 0.075)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.x, self.y = x, y

    def show(self, phase: float) -> Array:
        """Levels 0..1 (H, W, 3) at this moment of the loop."""
        width, height = self.size
        turn = 2 * np.pi * phase
        near = self.depth - 0.4
        closer = 1.0 + 0.03 + self.zoom * (0.5 - 0.5 * np.cos(turn)) * (0.7 + 0.6 * self.depth)
        x = (self.x - width / 2) / closer + width / 2 + self.side * self.sway * np.sin(turn) * near
        y = (self.y - height / 2) / closer + height / 2 + self.lift * np.sin(2 * turn) * near
        places = np.stack([np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])
        planes = [
            ndimage.map_coordinates(
                self.levels[..., c], places, np.float32, order=1, prefilter=False
            )
            for c in range(3)
        ]
        return np.stack(planes, -1)


def _covering(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture's middle, scaled to cover the size."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    wide = max(size[0], round(picture.width * scale))
    high = max(size[1], round(picture.height * scale))
    scaled = picture.resize((wide, high), Image.Resampling.LANCZOS)
    left, top = (wide - size[0]) // 2, (high - size[1]) // 2
    return scaled.crop((left, top, left + size[0], top + size[1]))


def _depth(picture: Image.Image, size: tuple[int, int]) -> Array:
    """Nearness 0..1: a thing before its background bulges; a view is near below and far above."""
    side = 128
    mask = silhouette.find(picture, side)
    width, height = size
    if mask is not None:
        within = ndimage.distance_transform_edt(mask)
        near = 0.25 + 0.75 * np.sqrt(within / max(float(within.max()), 1))
        near = np.where(mask, near, 0.0)
        floor = np.linspace(-0.2, 0.45, mask.shape[0])[:, None]
        depth = ndimage.gaussian_filter(np.maximum(near, floor), 3.0)
    else:
        small = picture.resize((side, max(8, side * height // width)), Image.Resampling.BOX)
        bright = luminance(np.asarray(flatten(small), np.float32) / 255)
        fall = smoothstep(0.25, 1.0, np.linspace(0, 1, bright.shape[0]))[:, None]
        depth = ndimage.gaussian_filter(0.75 * fall + 0.25 * (1 - bright), 5.0)
    factors = (height / depth.shape[0], width / depth.shape[1])
    whole: Array = ndimage.zoom(depth.astype(np.float32), factors, order=1)
    return np.clip(_fit(whole, (height, width)), 0, 1)


def _fit(depth: Array, shape: tuple[int, int]) -> Array:
    """The array cut or repeated at its edge to the exact shape, after a rounding zoom."""
    rows = np.minimum(np.arange(shape[0]), depth.shape[0] - 1)
    columns = np.minimum(np.arange(shape[1]), depth.shape[1] - 1)
    fitted: Array = depth[rows][:, columns]
    return fitted
