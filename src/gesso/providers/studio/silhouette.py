"""Finding the one thing in a picture that stands before a plain background."""

import numpy as np
from PIL import Image
from scipy import ndimage

from gesso.providers.studio.noise import Array
from gesso.providers.studio.pictures import flatten


def find(picture: Image.Image, side: int) -> Array | None:
    """The mask of the thing, the longer side `side` pixels; None if no thing stands out."""
    scale = side / max(picture.size)
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.BOX)
    alpha = np.asarray(small.getchannel("A"), np.float32) / 255
    if float((alpha < 0.1).mean()) > 0.04:
        return _sound(alpha > 0.5)
    levels = np.asarray(flatten(small), np.float32) / 255
    return _sound(_apart(levels))


def _apart(levels: Array) -> Array:
    """The pixels that differ from a smooth background fitted to the picture's border."""
    height, width = levels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, y**3], axis=-1)
    border = np.zeros((height, width), bool)
    margin = max(2, min(height, width) // 14)
    border[:margin], border[-margin:], border[:, :margin], border[:, -margin:] = (True,) * 4
    chosen = border
    for _ in range(3):
        fit = np.linalg.lstsq(terms[chosen], levels[chosen], rcond=None)[0]
        away = np.sqrt(((levels - terms @ fit) ** 2).sum(-1))
        noise = float(np.median(away[border]))
        chosen = border & (away < max(2.5 * noise, 0.02))
    threshold = max(3.5 * noise, 0.085)
    # A border that does not fit is a landscape, not a background.
    if float((away[border] > threshold).mean()) > 0.3 or noise > 0.07:
        return np.zeros((height, width), bool)
    return np.asarray(away > threshold)


def _sound(mask: Array) -> Array | None:
    """The largest piece of the mask without holes and specks;
    None if there is little or too much.
    """
    ball = ndimage.generate_binary_structure(2, 1)
    closed = ndimage.binary_closing(np.pad(mask, 4), ball, iterations=2)[4:-4, 4:-4]
    opened = ndimage.binary_opening(ndimage.binary_fill_holes(closed), ball, iterations=2)
    pieces, count = ndimage.label(opened)
    if not count:
        return None
    sizes = ndimage.sum_labels(opened, pieces, np.arange(1, count + 1))
    found: Array = pieces == 1 + int(np.argmax(sizes))
    rim = np.concatenate([found[0], found[-1], found[:, 0], found[:, -1]])
    share = float(found.mean())
    return found if 0.015 < share < 0.86 and float(rim.mean()) < 0.35 else None
