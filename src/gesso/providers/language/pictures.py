"""Pictures for language models, made in worker processes: small enough to be sent inside a request.

A model that takes no films is shown moments of one.
"""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypedDict

from PIL import Image, ImageOps

from gesso.infra.inspect.finding import Limits, Rejected
from gesso.infra.inspect.limits import guard
from gesso.infra.inspect.video import frame_at, measure

_EDGE: Final = 1280
"""The longer edge in pixels; what is larger is made smaller."""
_MOMENTS: Final = 8


class Shown(TypedDict):
    """A picture or a film as a request carries it."""

    mime: str
    data: str
    """Base64."""
    at: float | None
    """The moment of the film, in seconds; none: it is no moment."""


def shown(
    path: str,
    content_type: str,
    whole: int = 0,
    progress: Callable[[float], None] | None = None,  # noqa: ARG001  # it is quick
) -> list[Shown]:
    """A picture as one JPEG; a film of up to `whole` bytes as it is, of any other moments in even
    steps. ValueError for what is neither, or does not decode.
    """
    guard()
    file = Path(path)
    try:
        if content_type.startswith("image/"):
            with Image.open(file) as picture:
                return [_jpeg(ImageOps.exif_transpose(picture), None)]
        if content_type.startswith("video/"):
            small = file.stat().st_size <= whole
            return [_whole(file, content_type)] if small else _moments(file, content_type)
    except (OSError, Rejected, Image.DecompressionBombError) as error:
        raise ValueError(f"it does not decode: {error}") from error
    raise ValueError(f"{content_type} is neither a picture nor a film")


def _whole(file: Path, content_type: str) -> Shown:
    return Shown(mime=content_type, data=base64.b64encode(file.read_bytes()).decode(), at=None)


def _moments(path: Path, content_type: str) -> list[Shown]:
    reel = measure(path, content_type, Limits())
    times = [round(reel.duration * step / _MOMENTS, 2) for step in range(_MOMENTS)]
    frames = [(time, frame_at(path, content_type, time)) for time in times]
    return [_jpeg(frame, time) for time, frame in frames if frame is not None]


def _jpeg(picture: Image.Image, at: float | None) -> Shown:
    small = picture.convert("RGB")
    small.thumbnail((_EDGE, _EDGE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return Shown(mime="image/jpeg", data=base64.b64encode(buffer.getvalue()).decode(), at=at)
