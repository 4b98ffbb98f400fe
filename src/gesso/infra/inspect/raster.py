"""A visibility buffer in numpy: which triangle each pixel of a view shows, and where in it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from gesso.infra.inspect.scene import Floats, Ints

_EMPTY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_DEPTH_STEPS: Final = float((1 << 31) - 1)

# Samples tried at once, and at most in all: a model of huge overlapping triangles stops here.
_BATCH: Final = 1 << 20
_BUDGET: Final = 240_000_000


@dataclass(frozen=True, slots=True)
class Visible:
    """The covered pixels: row and column, the face seen there, and its barycentric weights."""

    rows: Ints
    columns: Ints
    faces: Ints
    weights: Floats


def rasterize(screen: Floats, faces: Ints, edge: int) -> Visible:
    """Find the nearest face for each pixel; `screen` holds x, y in pixels and depth from 0 to 1.

    Each pixel keeps one 64-bit number, depth above face, so that the nearest is a plain minimum.
    """
    corners = screen[faces]
    low = np.clip(np.ceil(corners[..., :2].min(axis=1) - 0.5), 0, edge).astype(np.int64)
    high = np.clip(np.floor(corners[..., :2].max(axis=1) + 0.5), 0, edge).astype(np.int64)
    extent = (high - low).max(axis=1)
    buffer = _Buffer(edge)
    spent = 0
    for size in _sizes(edge):
        chosen = np.flatnonzero((extent > size // 2) & (extent <= size))
        step = max(1, _BATCH // (size * size))
        for start in range(0, len(chosen), step):
            some = chosen[start : start + step]
            spent += len(some) * size * size
            if spent > _BUDGET:
                break
            buffer.draw(some, corners[some], low[some], size)
    return buffer.resolve(corners)


class _Buffer:
    """The nearest depth and face of each pixel, as one number."""

    def __init__(self, edge: int) -> None:
        self._edge = edge
        self._keys = np.full(edge * edge, _EMPTY, np.uint64)

    def draw(self, faces: Ints, corners: Floats, low: Ints, size: int) -> None:
        """Try each face on a box of `size` pixels whose first pixel is `low`."""
        grid = np.arange(size)
        columns = low[:, 0, None, None] + grid[None, None, :]
        rows = low[:, 1, None, None] + grid[None, :, None]
        weights = _weights(corners[:, None, None], columns, rows)
        inside = np.minimum(np.minimum(weights[0], weights[1]), weights[2]) >= -1e-9
        inside &= (columns < self._edge) & (rows < self._edge)
        which, row, column = np.nonzero(inside)
        depth = sum(
            weight[which, row, column] * corners[which, corner, 2]
            for corner, weight in enumerate(weights)
        )
        steps = (np.clip(depth, 0, 1) * _DEPTH_STEPS).astype(np.uint64)
        keys = (steps << np.uint64(32)) | faces[which].astype(np.uint64)
        places = (low[which, 1] + row) * self._edge + low[which, 0] + column
        np.minimum.at(self._keys, places, keys)

    def resolve(self, corners: Floats) -> Visible:
        """Read the buffer out."""
        covered = np.flatnonzero(self._keys != _EMPTY)
        faces = (self._keys[covered] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        rows, columns = np.divmod(covered, self._edge)
        weights = np.stack(_weights(corners[faces], columns, rows), axis=-1)
        weights = np.clip(weights, 0, 1)
        weights /= weights.sum(axis=1, keepdims=True)
        return Visible(rows, columns, faces, weights)


def _sizes(edge: int) -> list[int]:
    """Boxes of 1, 2, 4 … pixels: each triangle is tried on the smallest one that holds it."""
    return [1 << power for power in range((edge - 1).bit_length() + 1)]


def _weights(corners: Floats, columns: Ints, rows: Ints) -> tuple[Floats, Floats, Floats]:
    """Barycentric weights of pixel centres; those of a triangle without area are negative."""
    ax, ay = corners[..., 0, 0], corners[..., 0, 1]
    bx, by = corners[..., 1, 0] - ax, corners[..., 1, 1] - ay
    cx, cy = corners[..., 2, 0] - ax, corners[..., 2, 1] - ay
    area = bx * cy - by * cx
    hollow = np.abs(area) < 1e-12
    share = np.where(hollow, 0.0, 1.0) / np.where(hollow, 1.0, area)
    across, down = columns + 0.5 - ax, rows + 0.5 - ay
    second = (across * cy - down * cx) * share
    third = (bx * down - by * across) * share
    return np.where(hollow, -1.0, 1.0) - second - third, second, third
