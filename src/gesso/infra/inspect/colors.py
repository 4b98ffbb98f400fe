"""Colours of the visible points of a model, and the arithmetic of light and blur."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gesso.infra.inspect.camera import Mesh
from gesso.infra.inspect.raster import Visible
from gesso.infra.inspect.scene import Floats, Ints, Part


def albedo(parts: list[Part], mesh: Mesh, visible: Visible) -> tuple[Floats, NDArray[np.bool_]]:
    """The linear colour of each visible pixel, and which of them ask for no light."""
    colors = np.ones((len(visible.faces), 3))
    unlit = np.zeros(len(visible.faces), bool)
    for part, chosen, faces in by_part(parts, mesh, visible):
        weights = visible.weights[chosen]
        color = np.broadcast_to(part.paint.factor[:3], (len(chosen), 3))
        if part.colors is not None:
            color = color * mix(part.colors, faces, weights)
        if part.paint.texture is not None and part.uv is not None:
            color = color * _sample(part.paint.texture, mix(part.uv, faces, weights))
        colors[chosen] = color
        unlit[chosen] = part.paint.unlit
    return colors, unlit


def by_part(parts: list[Part], mesh: Mesh, visible: Visible) -> Iterator[tuple[Part, Ints, Ints]]:
    """Each visible part with the places of its pixels and the corners of the faces seen there."""
    owners = mesh.owners[visible.faces]
    firsts = np.searchsorted(mesh.owners, np.arange(len(parts)))
    order = np.argsort(owners, kind="stable")
    ends = np.searchsorted(owners[order], np.arange(len(parts) + 1))
    for number in np.unique(owners).tolist():
        chosen = order[ends[number] : ends[number + 1]]
        part = parts[number]
        yield part, chosen, part.faces[visible.faces[chosen] - firsts[number]]


def mix(values: Floats, corners: Ints, weights: Floats) -> Floats:
    """Values of three corners weighted by where in the triangle the pixel lies."""
    mixed: Floats = (values[corners] * weights[..., None]).sum(axis=1)
    return mixed


def blur(plane: Floats, radius: int) -> Floats:
    """Three box blurs, which come close to a Gaussian; outside the plane counts as zero."""
    for _ in range(3):
        for axis in (0, 1):
            plane = _box(plane, max(1, radius), axis)
    return plane


def to_linear(srgb: Floats) -> Floats:
    """Linear light of an sRGB value (IEC 61966-2-1)."""
    linear: Floats = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return linear


def to_srgb(linear: Floats) -> Floats:
    """The sRGB value of linear light (IEC 61966-2-1); what is too bright rolls off to white."""
    rolled = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.2), linear)
    capped = np.clip(rolled, 0, 1)
    curve = 1.055 * capped ** (1 / 2.4) - 0.055
    srgb: Floats = np.where(capped <= 0.0031308, capped * 12.92, curve)
    return srgb


def _sample(texture: NDArray[np.uint8], uv: Floats) -> Floats:
    """Bilinear, repeating at the borders; in glTF v is 0 at the top row."""
    height, width = texture.shape[:2]
    uv = np.mod(np.nan_to_num(uv, posinf=0.0, neginf=0.0), 1.0)
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = (x - left)[:, None], (y - top)[:, None]
    linear = to_linear(texture[..., :3] / 255.0)

    def at(row: Ints, column: Ints) -> Floats:
        texel: Floats = linear[row % height, column % width]
        return texel

    upper = at(top, left) * (1 - across) + at(top, left + 1) * across
    lower = at(top + 1, left) * (1 - across) + at(top + 1, left + 1) * across
    blended: Floats = upper * (1 - down) + lower * down
    return blended


def _box(plane: Floats, radius: int, axis: int) -> Floats:
    padding = [(0, 0), (0, 0)]
    padding[axis] = (radius + 1, radius)
    total = np.pad(plane, padding).cumsum(axis=axis)
    window = 2 * radius + 1
    length = plane.shape[axis]
    ahead = np.take(total, range(window, window + length), axis=axis)
    behind = np.take(total, range(length), axis=axis)
    mean: Floats = (ahead - behind) / window
    return mean
