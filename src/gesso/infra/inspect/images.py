"""Images: decoded to the last frame with one named decoder, measured, and scaled down."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from PIL import ExifTags, Image, ImageOps

from gesso.infra.inspect.finding import Limits, Rejected, broken, too_large

_DECODERS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
}

# Pillow decoders report a broken file by any of these; MemoryError means a cap was reached.
_DECODE_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    AssertionError,
    RuntimeError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded first frame as RGB or RGBA, upright, and how many frames there are."""

    frame: Image.Image
    frames: int


def decode(source: IO[bytes], content_type: str, limits: Limits) -> Picture:
    """Decode every frame of an image of exactly this type; every fault raises Rejected."""
    with _opened(source, content_type) as image:
        pixels = image.width * image.height
        if pixels == 0:
            raise broken("The image is empty.")
        if pixels > limits.pixels:
            raise too_large(f"An image has at most {limits.pixels} pixels.")
        most = min(limits.frames, max(1, limits.animation_pixels // pixels))
        return Picture(_upright(image), 1 + _run_through(image, most))


def still(source: IO[bytes], content_type: str) -> Image.Image:
    """The first frame alone, of an image whose size was checked before."""
    with _opened(source, content_type) as image:
        return _upright(image)


@contextmanager
def _opened(source: IO[bytes], content_type: str) -> Iterator[Image.Image]:
    try:
        with _quiet(), Image.open(source, formats=[_DECODERS[content_type]]) as image:
            yield image
    except Rejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise too_large("The image has too many pixels.") from error
    except _DECODE_ERRORS as error:
        raise broken("The image does not decode.") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings about damaged metadata, which is not kept; those about bombs are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    # Only a JPEG keeps its orientation when metadata is stripped, so only there it is obeyed.
    return plain(ImageOps.exif_transpose(image) if image.format == "JPEG" else image)


def _run_through(image: Image.Image, most: int) -> int:
    """Decode the frames after the first and count them, without trusting a stated count."""
    if not getattr(image, "is_animated", False):
        return 0
    later = 0
    while True:
        try:
            image.seek(later + 1)
        except EOFError:
            return later
        later += 1
        if later >= most:
            raise too_large(f"An animation of this size has at most {most} frames.")
        image.load()


def plain(image: Image.Image) -> Image.Image:
    """The picture as 8-bit RGB, or RGBA where it has transparency; always a copy."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        scale = 256 if values.max(initial=0) > 255 else 1
        image = Image.fromarray(np.clip(values / scale, 0, 255).astype(np.uint8))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def orientation(path: Path, content_type: str) -> int:
    """The EXIF orientation that a JPEG asks for, 1 to 8; 1 for upright and for all other types."""
    if content_type != "image/jpeg":
        return 1
    try:
        with _quiet(), Image.open(path, formats=["JPEG"]) as image:
            asked = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODE_ERRORS:
        return 1
    return asked if isinstance(asked, int) and 1 <= asked <= 8 else 1


def mean_color(image: Image.Image) -> str:
    """The mean of what is visible, as '#rrggbb'; a wholly transparent picture has mid-grey."""
    small = np.asarray(image.convert("RGBA").resize((64, 64), Image.Resampling.BOX), np.float64)
    weight = small[..., 3:]
    total = float(weight.sum())
    if total == 0:
        return "#808080"
    red, green, blue = (int(v + 0.5) for v in (small[..., :3] * weight).sum((0, 1)) / total)
    return f"#{red:02x}{green:02x}{blue:02x}"


def webp(image: Image.Image, edge: int) -> tuple[Image.Image, bytes]:
    """The picture scaled to fit a square of `edge` pixels, never enlarged, and its WebP bytes."""
    small = image.copy()
    small.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
    encoded = io.BytesIO()
    small.save(encoded, "WEBP", quality=82, method=4)
    return small, encoded.getvalue()
