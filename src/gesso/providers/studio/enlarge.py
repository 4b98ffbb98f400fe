"""The enlarger: a picture at two or four times its size, its edges kept sharp."""

from collections.abc import Iterator

import numpy as np
from PIL import Image
from scipy import ndimage

from gesso.providers.studio.march import Progress
from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import open_picture, to_bytes, to_png

MAX_OUTPUT = 64_000_000
TILE = 256
OVERLAP = 12


def enlarge(image: bytes, *, scale: int, progress: Progress) -> bytes:
    """A PNG at 2 or 4 times the size, alpha kept; ValueError above 64 megapixels."""
    if scale not in (2, 4):
        raise ValueError("The scale must be 2 or 4.")
    progress(0.0)
    picture = open_picture(image)
    width, height = picture.width * scale, picture.height * scale
    if width * height > MAX_OUTPUT:
        pixels = width * height / 1e6
        raise ValueError(f"The result would have {pixels:.0f} megapixels; 64 are allowed.")
    opaque = picture.getchannel("A").getextrema() == (255, 255)
    large = np.empty((height, width, 3 if opaque else 4), np.uint8)
    source = np.asarray(picture)
    for share, (top, left) in _tiles(picture.height, picture.width):
        _place(source, large, (top, left), scale)
        progress(0.9 * share)
    content = to_png(large)
    progress(1.0)
    return content


def _tiles(height: int, width: int) -> Iterator[tuple[float, tuple[int, int]]]:
    corners = [(y, x) for y in range(0, height, TILE) for x in range(0, width, TILE)]
    for number, corner in enumerate(corners, 1):
        yield number / len(corners), corner


def _place(source: Array, large: Array, corner: tuple[int, int], scale: int) -> None:
    """Enlarge one tile, with a border that is thrown away so that no seam shows."""
    (top, left), (height, width) = corner, source.shape[:2]
    y0, x0 = max(0, top - OVERLAP), max(0, left - OVERLAP)
    y1, x1 = min(height, top + TILE + OVERLAP), min(width, left + TILE + OVERLAP)
    tile = source[y0:y1, x0:x1].astype(np.float32) / 255
    alpha = tile[..., 3]
    colour = tile[..., :3] * alpha[..., None]
    planes = [_sharpened(colour[..., c], scale) for c in range(3)]
    if large.shape[2] == 4:
        cover = np.clip(_resized(alpha, scale), 0, 1)
        safe = np.maximum(cover, 1 / 512)
        planes = [plane / safe for plane in planes] + [cover]
    done = to_bytes(np.stack(planes, -1))
    inside = done[(top - y0) * scale :, (left - x0) * scale :]
    rows, columns = min(TILE, height - top) * scale, min(TILE, width - left) * scale
    y, x = top * scale, left * scale
    large[y : y + rows, x : x + columns] = inside[:rows, :columns]


def _sharpened(plane: Array, scale: int) -> Array:
    """Lanczos, then what the small picture says is missing, held within its neighbours' range."""
    large = _resized(plane, scale)
    for _ in range(3):
        seen = large.reshape(plane.shape[0], scale, plane.shape[1], scale).mean((1, 3))
        large = large + _resized(plane - seen, scale)
    blurred = ndimage.gaussian_filter(large, 0.55 * scale)
    large = large + 0.28 * (large - blurred)
    low = _resized(ndimage.minimum_filter(plane, 3), scale, Image.Resampling.BILINEAR)
    high = _resized(ndimage.maximum_filter(plane, 3), scale, Image.Resampling.BILINEAR)
    result: Array = np.clip(large, low, high)
    return result


def _resized(
    plane: Array, scale: int, kernel: Image.Resampling = Image.Resampling.LANCZOS
) -> Array:
    size = (plane.shape[1] * scale, plane.shape[0] * scale)
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, kernel))
