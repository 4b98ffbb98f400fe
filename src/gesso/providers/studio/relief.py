"""From any picture to a closed mesh: a thing blown up like a cushion, or a view as a plaque."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage, sparse
from scipy.sparse import linalg

from gesso.providers.studio import silhouette
from gesso.providers.studio.march import Progress
from gesso.providers.studio.mesh import Mesh, Skin, smooth_normals
from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import flatten
from gesso.providers.studio.words import luminance

SIDE = 108
"""Cells along the longer side: both faces stay below 50 000 triangles."""


def model(picture: Image.Image, progress: Progress) -> tuple[Mesh, Skin]:
    """The mesh of a picture and the picture as its texture; both faces carry it."""
    mask = silhouette.find(picture, SIDE)
    progress(0.2)
    if mask is not None:
        # A small thing is looked at again, more closely, for as many cells as a large one.
        mask = silhouette.find(picture, int(SIDE * np.clip(0.85 / np.sqrt(mask.mean()), 1, 3)))
    progress(0.4)
    if mask is None:
        front, back, cells = _plaque(picture)
    else:
        front, back, cells = _cushion(mask, picture)
    progress(0.6)
    mesh, places = _slab(front, back, cells)
    progress(0.8)
    return mesh, Skin(roughness=0.7, places=places, picture=_texture(picture))


def _texture(picture: Image.Image) -> bytes:
    shrunk = flatten(picture)
    shrunk.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    shrunk.save(out, "JPEG", quality=88)
    return out.getvalue()


def _cushion(mask: Array, picture: Image.Image) -> tuple[Array, Array, Array]:
    """Heights of the front and the back, and the cells, of a thing that bulges by its width."""
    mask = np.pad(mask, 1)
    bulge = np.sqrt(np.maximum(_membrane(mask), 0))
    depth = ndimage.distance_transform_edt(mask).max() / max(mask.shape)
    bulge *= 1.7 * depth / max(float(bulge.max()), 1e-6)
    detail = np.pad(_detail(picture, (mask.shape[1] - 2, mask.shape[0] - 2)), 1, mode="edge")
    swell = np.clip(bulge / max(float(bulge.max()), 1e-6) * 3, 0, 1)
    front = bulge + 0.05 * depth * detail * swell + 0.004
    cells = mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]
    return front, -bulge * 0.9 - 0.004, _unpinched(cells)


def _membrane(mask: Array) -> Array:
    """A soap film under even pressure, held at the outline: Poisson's equation on the mask."""
    height, width = mask.shape
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(int(mask.sum()))
    rows, columns = np.nonzero(mask)
    count = len(rows)
    entries = [sparse.identity(count, format="coo") * 4]
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        inside = (
            (rows + dy >= 0) & (rows + dy < height) & (columns + dx >= 0) & (columns + dx < width)
        )
        other = np.full(count, -1)
        other[inside] = number[rows[inside] + dy, columns[inside] + dx]
        keep = np.flatnonzero(other >= 0)
        entries.append(
            sparse.coo_matrix((-np.ones(len(keep)), (keep, other[keep])), (count, count))
        )
    film = np.zeros(mask.shape, np.float32)
    film[mask] = linalg.spsolve(sum(entries[1:], entries[0]).tocsc(), np.ones(count))
    return film


def _detail(picture: Image.Image, size: tuple[int, int]) -> Array:
    """Brightness against its surroundings, about -1..1: what reads as relief."""
    levels = np.asarray(flatten(picture).resize(size, Image.Resampling.BOX), np.float32) / 255
    bright = luminance(levels)
    local = ndimage.gaussian_filter(bright, 1.0) - ndimage.gaussian_filter(bright, 9.0)
    result: Array = np.clip(local * 5, -1, 1)
    return result


def _plaque(picture: Image.Image) -> tuple[Array, Array, Array]:
    """Heights and cells of a tablet whose face rises where the picture is bright or near."""
    scale = SIDE / max(picture.size)
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    levels = np.asarray(flatten(picture).resize(size, Image.Resampling.BOX), np.float32) / 255
    bright = ndimage.gaussian_filter(luminance(levels), 1.2)
    near = np.linspace(0, 1, size[1])[:, None] ** 1.5
    height = 0.055 * bright + 0.045 * near + 0.02 * _detail(picture, size)
    frame = np.ones((size[1], size[0]), bool)
    edge = np.minimum(ndimage.distance_transform_edt(np.pad(frame, 1))[1:-1, 1:-1] / 4, 1)
    front = 0.04 + np.maximum(height, 0) * edge
    return front, np.zeros_like(front), np.ones((size[1] - 1, size[0] - 1), bool)


def _unpinched(cells: Array) -> Array:
    """The cells, filled where two of them touch at a corner only: such corners leak."""
    cells = np.pad(cells, 1)
    for _ in range(20):
        a, b, c, d = cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]
        falling, rising = a & d & ~b & ~c, b & c & ~a & ~d
        if not (falling.any() or rising.any()):
            break
        cells[:-1, 1:] |= falling
        cells[:-1, :-1] |= rising
    return cells[1:-1, 1:-1]


def _slab(front: Array, back: Array, cells: Array) -> tuple[Mesh, Array]:
    """The closed mesh between two sheets over the cells, and its places on the texture."""
    height, width = front.shape
    corner = np.arange(height * width).reshape(height, width)
    a, b = corner[:-1, :-1][cells], corner[:-1, 1:][cells]
    c, d = corner[1:, :-1][cells], corner[1:, 1:][cells]
    face = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    count = height * width
    walls = [_walls(edge, count) for edge in _rims(corner, cells)]
    triangles = np.concatenate([face, face[:, ::-1] + count, *walls])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    step = 2.0 / max(height, width)
    flat_x, flat_y = (x - (width - 1) / 2) * step, ((height - 1) / 2 - y) * step
    sheets = [np.stack([flat_x, flat_y, z * 2], -1).reshape(-1, 3) for z in (front, back)]
    place = np.stack([x / (width - 1), y / (height - 1)], -1).reshape(-1, 2)
    used, renumbered = np.unique(triangles, return_inverse=True)
    vertices = np.concatenate(sheets)[used]
    triangles = renumbered.reshape(-1, 3)
    vertices[:, 1] -= vertices[:, 1].min()
    mesh = Mesh(vertices, smooth_normals(vertices, triangles), triangles)
    return mesh, np.concatenate([place, place])[used]


def _rims(corner: Array, cells: Array) -> list[Array]:
    """The directed border edges (N, 2) of the cells, which lie to the left of each as seen in
    front.
    """
    padded = np.pad(cells, 1)
    inner = padded[1:-1, 1:-1]
    top, bottom = inner & ~padded[:-2, 1:-1], inner & ~padded[2:, 1:-1]
    left, right = inner & ~padded[1:-1, :-2], inner & ~padded[1:-1, 2:]
    nw, ne, sw, se = corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]
    pairs = ((ne, nw, top), (sw, se, bottom), (nw, sw, left), (se, ne, right))
    return [np.stack([start[where], end[where]], 1) for start, end, where in pairs]


def _walls(edges: Array, count: int) -> Array:
    start, end = edges[:, 0], edges[:, 1]
    first = np.stack([start, start + count, end], 1)
    second = np.stack([end, start + count, end + count], 1)
    return np.concatenate([first, second])
