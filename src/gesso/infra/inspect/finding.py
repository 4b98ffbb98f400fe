"""The values that travel to and from the worker process, and its one error."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "model"]

IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
VIDEOS = frozenset({"video/mp4", "video/webm"})
MODELS = frozenset({"model/gltf-binary"})
TAKEN = IMAGES | VIDEOS | MODELS
"""What is taken where nothing else is said."""


class Rejected(Exception):
    """The file is not taken: a stable `code` and one sentence for its owner."""

    def __init__(self, code: str, message: str) -> None:
        """Both go to `args`, so that the error survives the way back from another process."""
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        """The sentence alone."""
        return self.message


def refused(message: str) -> Rejected:
    """The type of the file is not one that is taken."""
    return Rejected("media_type_refused", message)


def too_large(message: str) -> Rejected:
    """The file may be sound, but exceeds a cap."""
    return Rejected("media_too_large", message)


def broken(message: str) -> Rejected:
    """The file does not decode as what it claims to be."""
    return Rejected("media_broken", message)


def unsafe(message: str) -> Rejected:
    """The file reaches for things outside itself, or is built to mislead."""
    return Rejected("media_unsafe", message)


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one file; sizes in bytes, `duration` in seconds, `pixels` of one frame."""

    allowed: frozenset[str] = TAKEN
    size: int = 64 << 20
    pixels: int = 40_000_000
    frames: int = 300
    animation_pixels: int = 400_000_000
    duration: float = 600.0
    triangles: int = 2_000_000
    data_uri: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What a file was found to be; members that do not apply to its kind are None.

    Width and height are as displayed (after the EXIF orientation); `bounds` is the size of a model
    along x, y and z in its own units; `watertight` means that every edge has exactly two faces.
    """

    kind: Kind
    content_type: str
    extension: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    mean_color: str | None = None
    duration: float | None = None
    fps: float | None = None
    frames: int | None = None
    triangles: int | None = None
    vertices: int | None = None
    watertight: bool | None = None
    bounds: tuple[float, float, float] | None = None
    textured: bool | None = None
    vertex_coloured: bool | None = None


@dataclass(frozen=True, slots=True)
class Thumb:
    """A WebP picture made to show the file: its edges in pixels and its size in bytes."""

    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was taken: the finding describes the bytes as they now stand on the disk."""

    finding: Finding
    thumb: Thumb
