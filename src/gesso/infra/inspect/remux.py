"""Videos without what their owner did not mean to share: places, dates, cameras, hidden tracks.

The compressed frames are copied as they are, so nothing loses quality; only what is known to be
harmless is left where it is, and a video that has nothing else is not touched.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import av
from av.container import InputContainer

from gesso.infra.inspect.finding import broken

# What says how a file is to be read, and by which library it was written.
_HARMLESS: Final = frozenset({
    "major_brand", "minor_version", "compatible_brands", "encoder", "language", "handler_name",
    "vendor_id", "duration",
})  # fmt: skip
_SHOWN: Final = ("video", "audio")
_FORMATS: Final = {"video/mp4": "mp4", "video/webm": "webm"}
_OPTIONS: Final = {"video/mp4": {"movflags": "+faststart"}, "video/webm": {}}

# ISO/IEC 14496-12, 8.10 and 8.11, and Apple's `ilst`: where an MP4 keeps what is told about it.
_TELLING: Final = frozenset({b"udta", b"meta", b"uuid"})
_HOLDING: Final = frozenset({b"moov", b"trak", b"moof", b"traf"})
_WRITER: Final = b"\xa9too"
_LONGEST_WRITER: Final = 512
_DEEPEST: Final = 8


def remux(file: Path, content_type: str, target: Path) -> bool:
    """Write the video to `target` without what it tells besides; False: it tells nothing, and
    nothing was written. Rejected when its parts cannot be put together anew.
    """
    try:
        with file.open("rb") as raw, av.open(raw, "r", format=_FORMATS[content_type]) as source:
            if not _tells(source) and not (content_type == "video/mp4" and _has_notes(file)):
                return False
            _copy(source, content_type, target)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise broken("The video cannot be written without its metadata.") from error
    return True


def _tells(container: InputContainer) -> bool:
    """Whether the library finds notes or tracks that are neither picture nor sound."""
    notes = {name.lower() for name in container.metadata}
    for stream in container.streams:
        if stream.type not in _SHOWN:
            return True
        notes |= {name.lower() for name in stream.metadata}
    return not notes <= _HARMLESS


def _copy(source: InputContainer, content_type: str, target: Path) -> None:
    with av.open(
        str(target), "w", format=_FORMATS[content_type], options=_OPTIONS[content_type]
    ) as out:
        kept = [stream for stream in source.streams if stream.type in _SHOWN]
        copies = {stream.index: out.add_stream_from_template(stream) for stream in kept}
        for copy in copies.values():
            copy.metadata.clear()
        for packet in source.demux(kept):
            if packet.dts is None:
                continue  # the demuxer's mark of the end
            packet.stream = copies[packet.stream.index]
            out.mux(packet)


def _has_notes(file: Path) -> bool:
    """Whether an MP4 has boxes of notes beyond the name of the program that wrote it; the library
    tells of those that it knows only.
    """
    with file.open("rb") as source:
        return any(_is_note(source, *box) for box in _boxes(source, 0, file.stat().st_size, 0))


def _boxes(source: IO[bytes], place: int, end: int, depth: int) -> Iterator[tuple[bytes, int, int]]:
    """The telling boxes between two places, at any depth: name, begin and end of their content."""
    while place + 8 <= end:
        source.seek(place)
        head = source.read(16)
        length, name, inside = struct.unpack_from(">I", head)[0], head[4:8], place + 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
            inside += 8
        behind = place + length if length else end
        if behind <= place or behind > end:
            return
        if name in _TELLING:
            yield name, inside, behind
        elif name in _HOLDING and depth < _DEEPEST:
            yield from _boxes(source, inside, behind, depth + 1)
        place = behind


def _is_note(source: IO[bytes], name: bytes, begin: int, end: int) -> bool:
    """Whether a telling box tells more than the writing program's name, which stands in
    `udta/meta/ilst/©too`, alone.
    """
    if name != b"udta" or end - begin > _LONGEST_WRITER:
        return True
    source.seek(begin)
    content = source.read(end - begin)
    place = content.find(b"ilst")
    if not content.strip(b"\0"):
        return False
    is_alone = content[4:8] == b"meta" and _length(content, 0) == len(content)
    rest = content[place - 4 :] if place >= 4 else b""
    is_list = is_alone and _length(rest, 0) == len(rest)
    return not (is_list and rest[12:16] == _WRITER and _length(rest, 8) == len(rest) - 8)


def _length(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 4], "big")
