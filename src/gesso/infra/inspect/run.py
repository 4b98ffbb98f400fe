"""The whole examination of one file, as one call in a worker process.

The file's own bytes decide everything; its name and what its sender said are never looked at.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image

from gesso.infra.inspect.finding import (
    IMAGES,
    VIDEOS,
    Examined,
    Finding,
    Kind,
    Limits,
    Rejected,
    Thumb,
    broken,
    refused,
    too_large,
    unsafe,
)
from gesso.infra.inspect.glb import parse
from gesso.infra.inspect.images import decode, mean_color, orientation, still, webp
from gesso.infra.inspect.limits import guard
from gesso.infra.inspect.remux import remux
from gesso.infra.inspect.render import render
from gesso.infra.inspect.scene import read
from gesso.infra.inspect.sniff import HEAD, extension, sniff
from gesso.infra.inspect.strip import strip
from gesso.infra.inspect.topology import bounds, watertight
from gesso.infra.inspect.video import measure, poster

_EDGE: Final = 512
_INSPECTED: Final = Limits(
    pixels=1 << 40, frames=1 << 40, animation_pixels=1 << 40, triangles=1 << 40, data_uri=1 << 40
)


def examine(path: str, thumb_path: str, limits: Limits) -> Examined:
    """Inspect a file, strip it in place, and write its thumbnail; whatever is wrong is Rejected.

    Caps the memory of the process it runs in, so call it in a worker.
    """
    guard(pixels=limits.pixels)
    finding = inspect(path, limits=limits)
    clean(path, finding)
    size, digest = _weigh(Path(path))
    finding = replace(finding, size=size, sha256=digest)
    return Examined(finding, thumbnail(path, finding, thumb_path))


def examine_all(files: Sequence[tuple[str, str]], limits: Limits) -> list[Examined | Rejected]:
    """Examine files with their thumbnails' paths one by one; for each what was found, or why it is
    not taken.
    """
    found: list[Examined | Rejected] = []
    for path, thumb_path in files:
        try:
            found.append(examine(path, thumb_path, limits))
        except Rejected as error:
            found.append(error)
    return found


def inspect(path: str, *, limits: Limits) -> Finding:
    """Find out what a file is by decoding all of it; raises Rejected when it is not taken."""
    file = Path(path)
    size = file.stat().st_size
    if size == 0:
        raise broken("The file is empty.")
    if size > limits.size:
        raise too_large(f"A file has at most {limits.size} bytes.")
    with file.open("rb") as source:
        content_type = sniff(source.read(HEAD))
    if content_type is None or content_type not in limits.allowed:
        raise refused("Files of this type are not taken.")
    with _bounded():
        if content_type in IMAGES:
            return _image(file, content_type, limits)
        if content_type in VIDEOS:
            return _video(file, content_type, limits)
        return _model(file, content_type, limits)


def clean(path: str, finding: Finding) -> None:
    """Take the metadata out of a picture or film, in one step; one without any is not touched."""
    file = Path(path)
    if finding.kind == "video":
        _clean_video(file, finding.content_type)
    if finding.kind != "image":
        return
    before = file.read_bytes()
    with _bounded():
        after = strip(before, finding.content_type, orientation(file, finding.content_type))
    if after != before:
        _replace(file, after)


def _clean_video(file: Path, content_type: str) -> None:
    partial = file.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with _bounded():
            if remux(file, content_type, partial):
                partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def thumbnail(path: str, finding: Finding, out_path: str, *, edge: int = _EDGE) -> Thumb:
    """Write a WebP picture of the file to `out_path`, in one step, at most `edge` pixels wide."""
    file = Path(path)
    with _bounded():
        small, encoded = webp(_showing(file, finding, edge), edge)
    _replace(Path(out_path), encoded)
    return Thumb(width=small.width, height=small.height, size=len(encoded))


def _image(file: Path, content_type: str, limits: Limits) -> Finding:
    with file.open("rb") as source:
        picture = decode(source, content_type, limits)
    return replace(
        _named("image", file, content_type),
        width=picture.frame.width,
        height=picture.frame.height,
        mean_color=mean_color(picture.frame),
        frames=picture.frames,
    )


def _video(file: Path, content_type: str, limits: Limits) -> Finding:
    reel = measure(file, content_type, limits)
    still = poster(file, content_type, reel.duration)
    return replace(
        _named("video", file, content_type),
        width=reel.width,
        height=reel.height,
        mean_color=mean_color(still),
        duration=reel.duration,
        fps=round(reel.fps, 3),
        frames=reel.frames,
    )


def _model(file: Path, content_type: str, limits: Limits) -> Finding:
    parts = read(parse(file.read_bytes(), limits), limits)
    return replace(
        _named("model", file, content_type),
        triangles=sum(len(part.faces) for part in parts),
        vertices=sum(len(part.points) for part in parts),
        watertight=watertight(parts),
        bounds=bounds(parts),
        textured=any(part.paint.texture is not None for part in parts),
        vertex_coloured=any(part.colors is not None for part in parts),
    )


def _named(kind: Kind, file: Path, content_type: str) -> Finding:
    size, digest = _weigh(file)
    return Finding(
        kind=kind,
        content_type=content_type,
        extension=extension(content_type),
        size=size,
        sha256=digest,
    )


def _weigh(file: Path) -> tuple[int, str]:
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        return source.tell(), digest


def _showing(file: Path, finding: Finding, edge: int) -> Image.Image:
    """The picture that stands for a file which `inspect` has taken, so caps are behind it."""
    if finding.kind == "video":
        return poster(file, finding.content_type, finding.duration or 0.0)
    if finding.kind == "model":
        return render(read(parse(file.read_bytes(), _INSPECTED), _INSPECTED), edge)
    with file.open("rb") as source:
        return still(source, finding.content_type)


@contextmanager
def _bounded() -> Iterator[None]:
    """Running into the memory cap is the file's fault, and so is a tree that is too deep."""
    try:
        yield
    except MemoryError as error:
        raise too_large("The file needs too much memory.") from error
    except RecursionError as error:
        raise unsafe("The file is nested too deeply.") from error


def _replace(target: Path, content: bytes) -> None:
    """Put the bytes at the path in one step, on the disk before they have the name."""
    partial = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise
