"""The type of a file by its first bytes alone; names and headers of senders are never asked."""

from typing import Final

# OBJ and ASCII STL have no magic, so a text is never taken for one.
HEAD: Final = 64

_EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "model/gltf-binary": "glb",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
}

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"glTF\x02\x00\x00\x00", "model/gltf-binary"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
)

# ISO/IEC 14496-12 brands that browsers play as MP4; QuickTime and HEIF share the box but not these.
_MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}
)


def sniff(head: bytes) -> str | None:
    """Content type by magic numbers; None for everything else, SVG, HTML and PDF included."""
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
        return "video/mp4"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return None


def extension(content_type: str) -> str:
    """The one extension under which a type is stored, without the dot."""
    return _EXTENSIONS[content_type]
