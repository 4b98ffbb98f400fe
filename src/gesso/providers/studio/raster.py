"""Small triangles to pixels: how a film shows a mesh many times a second."""

import numpy as np

from gesso.providers.studio.noise import Array

_SIZES = (3, 5, 9, 17, 33, 65, 129)


def draw(
    places: Array, depths: Array, triangles: Array, shape: tuple[int, int]
) -> tuple[Array, ...]:
    """The pixels (flat numbers) that triangles cover, and the nearest triangle at each.

    With it come the weights of its second and third corner; places are (N, 2) in pixels.
    """
    corners = places[triangles]
    low = np.floor(corners.min(1)).astype(np.int32)
    span = np.ceil(corners.max(1)).astype(np.int32) - low + 1
    reach = span.max(1)
    found: list[tuple[Array, ...]] = []
    below = 0
    for size in _SIZES:
        chosen = np.flatnonzero((reach > below) & (reach <= size))
        below = size
        if chosen.size:
            found.append(_cover(corners[chosen], low[chosen], chosen, size))
    pixels, owners, second, third = (np.concatenate(parts) for parts in zip(*found, strict=True))
    x, y = pixels % 65536, pixels // 65536
    near = depths[triangles[owners]]
    depth = near[:, 0] + (near[:, 1] - near[:, 0]) * second + (near[:, 2] - near[:, 0]) * third
    keep = np.flatnonzero((x < shape[1]) & (y < shape[0]))
    order = keep[np.argsort(-depth[keep], kind="stable")]
    flat = y[order] * shape[1] + x[order]
    front = np.full(shape[0] * shape[1], -1, np.int64)
    front[flat] = order
    seen = np.flatnonzero(front >= 0)
    winner = front[seen]
    return seen, owners[winner], second[winner], third[winner]


def _cover(corners: Array, low: Array, numbers: Array, size: int) -> tuple[Array, ...]:
    """Which pixels' centres lie in each triangle, tried over a square of `size` pixels."""
    step = np.arange(size, dtype=np.int32)
    dy, dx = (axis.ravel() for axis in np.meshgrid(step, step, indexing="ij"))
    x = low[:, :1] + dx
    y = low[:, 1:] + dy
    ax, ay = corners[:, 0, :1], corners[:, 0, 1:]
    ux, uy = corners[:, 1, :1] - ax, corners[:, 1, 1:] - ay
    vx, vy = corners[:, 2, :1] - ax, corners[:, 2, 1:] - ay
    area = ux * vy - uy * vx
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    wx, wy = x.astype(np.float32) + 0.5 - ax, y.astype(np.float32) + 0.5 - ay
    second = (wx * vy - wy * vx) / area
    third = (ux * wy - uy * wx) / area
    # A little more than the triangle, so that rounding leaves no pinholes along shared edges.
    inside = (second >= -1e-3) & (third >= -1e-3) & (second + third <= 1.002) & (x >= 0) & (y >= 0)
    which, cell = np.nonzero(inside)
    pixels = y[which, cell].astype(np.int64) * 65536 + x[which, cell]
    return pixels, numbers[which], second[which, cell], third[which, cell]
