"""Images without what their owner did not mean to share: places, cameras, comments, hidden files.

Works on the containers and leaves the compressed pixels alone, so nothing loses quality; bytes
after the end of the picture go as well, which is where polyglot files keep their other half.
"""

import re
import struct
from typing import Final

from gesso.infra.inspect.finding import broken

_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

# PNG third edition, 11.2 and 11.3: what changes how the pixels look, and nothing that tells tales.
_PNG_PIXELS: Final = b"IHDR PLTE IDAT IEND tRNS pHYs bKGD sBIT acTL fcTL fdAT"
_PNG_COLOURS: Final = b"cHRM gAMA iCCP sRGB cICP mDCV cLLI"
_PNG_KEPT: Final = frozenset(_PNG_PIXELS.split() + _PNG_COLOURS.split())

# The mark by which a generator knows its own picture again: a digest, too short to tell anything.
_PNG_MARK: Final = re.compile(rb"gesso-[a-z]{1,20}\0[0-9a-f]{1,64}")

_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_ORIENTATION: Final = 0x0112

_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_EXIF_AND_XMP: Final = 0x08 | 0x04

_GIF_KEPT: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})


def strip(data: bytes, content_type: str, orientation: int = 1) -> bytes:
    """The image's bytes without metadata; an image that carries none comes back unchanged.

    A JPEG keeps its `orientation` (EXIF 1 to 8), alone in an otherwise empty EXIF segment.
    """
    try:
        match content_type:
            case "image/png":
                return _png(data)
            case "image/jpeg":
                return _jpeg(data, orientation)
            case "image/webp":
                return _webp(data)
            case "image/gif":
                return _gif(data)
            case _:
                return data
    except (IndexError, struct.error) as error:
        raise broken("The image ends too early.") from error


def _png(data: bytes) -> bytes:
    kept = [_PNG_MAGIC]
    place = len(_PNG_MAGIC)
    while True:
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise broken("The image ends too early.")
        marked = name == b"tEXt" and _PNG_MARK.fullmatch(data, place + 8, end - 4)
        if name in _PNG_KEPT or marked:
            kept.append(data[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end


def _jpeg(data: bytes, orientation: int) -> bytes:
    kept = [data[:2]]
    exif = _orientation_segment(orientation)
    place = 2
    while True:
        # Any number of fill bytes may stand before a marker (ITU T.81, B.1.1.2).
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        if data[place] != 0xFF:
            raise broken("The image is damaged between its segments.")
        marker = data[place + 1]
        if marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        segment = data[place:end]
        if _wanted(marker, segment[4:]):
            # EXIF belongs behind JFIF (APP0), before everything else.
            if marker != 0xE0 and exif:
                kept.append(exif)
                exif = b""
            kept.append(segment)
        place = end
        if marker == 0xDA:
            place = _end_of_scan(data, end)
            kept.append(data[end:place])


def _wanted(marker: int, body: bytes) -> bool:
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return body.startswith(b"Adobe")
    if marker == 0xE0:
        return body.startswith(b"JFIF\0")
    return not (0xE1 <= marker <= 0xEF or marker == 0xFE)


def _end_of_scan(data: bytes, start: int) -> int:
    found = _JPEG_MARKER.search(data, start)
    if found is None:
        raise broken("The image ends too early.")
    return found.start()


def _orientation_segment(orientation: int) -> bytes:
    """A TIFF header and one directory with one entry (Exif 3.0, 4.6.2); nothing for upright."""
    if not 2 <= orientation <= 8:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


def _webp(data: bytes) -> bytes:
    (stated,) = struct.unpack_from("<I", data, 4)
    end = 8 + stated
    if end > len(data):
        raise broken("The image ends too early.")
    kept = []
    place = 12
    while place + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, place)
        after = place + 8 + length + length % 2
        chunk = data[place:after]
        if name == b"VP8X":
            flags = chunk[8] & ~_WEBP_EXIF_AND_XMP
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if name in _WEBP_KEPT:
            kept.append(chunk)
        place = after
    body = b"".join(kept)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _gif(data: bytes) -> bytes:
    place = 13 + _colour_table(data[10])
    kept = [data[:place]]
    while True:
        match data[place]:
            case 0x3B:
                return b"".join([*kept, b"\x3b"])
            case 0x2C:
                end = _after_blocks(data, place + 11 + _colour_table(data[place + 9]))
                kept.append(data[place:end])
            case 0x21:
                end = _after_blocks(data, place + 2)
                if _gif_extension_wanted(data, place):
                    kept.append(data[place:end])
            case _:
                raise broken("The image is damaged between its blocks.")
        place = end


def _gif_extension_wanted(data: bytes, place: int) -> bool:
    label = data[place + 1]
    return label == 0xF9 or (label == 0xFF and data[place + 3 : place + 14] in _GIF_KEPT)


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while data[place]:
        place += 1 + data[place]
    return place + 1
