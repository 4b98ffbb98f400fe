"""Pictures in and out: untrusted bytes are opened here, and nowhere else in the studio."""

import io
import struct
import warnings
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from gesso.providers.studio.noise import Array

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_PIXELS = 40_000_000

Levels: TypeAlias = npt.NDArray[np.uint8]


def open_picture(content: bytes) -> Image.Image:
    """The first frame of a picture as RGBA; ValueError if it is none, is broken or is too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                small = picture.width * picture.height <= MAX_PIXELS
                opened = _upright(picture).convert("RGBA") if small else None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        opened = None
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error) as broken:
        # Pillow's decoders raise any of these at bytes that were made to hurt.
        raise ValueError("The file is not a readable PNG, JPEG, WebP or GIF picture.") from broken
    if opened is None:
        raise ValueError("The picture is larger than 40 megapixels.")
    return opened


def _upright(picture: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation asks."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    picture.load()
    turn = turns.get(picture.getexif().get(0x0112, 1))
    return picture.transpose(turn) if turn is not None else picture


def flatten(picture: Image.Image) -> Image.Image:
    """The picture as RGB, what is transparent filled with white."""
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def to_png(levels: Array | Levels) -> bytes:
    """A PNG of levels (H, W, 3 or 4), either 0..1 or 8 bits a channel."""
    out = io.BytesIO()
    pixels = levels if levels.dtype == np.uint8 else to_bytes(levels)
    Image.fromarray(pixels).save(out, "PNG", compress_level=4)
    return out.getvalue()


def to_bytes(levels: Array) -> Levels:
    """Levels 0..1 as 8 bits a channel."""
    return (np.clip(levels, 0, 1) * 255 + 0.5).astype(np.uint8)
