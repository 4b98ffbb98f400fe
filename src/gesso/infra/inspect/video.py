"""Videos: the container walked to its end, one stream of a known codec, frames that decode."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Final

import av
import numpy as np
from av.codec import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from gesso.infra.inspect.finding import Limits, broken, refused, too_large, unsafe

# The demuxer is named, so that a playlist or a subtitle file never gets one that opens other files.
_DEMUXERS: Final = {"video/mp4": "mp4", "video/webm": "webm"}

_CODECS: Final = frozenset(
    {"h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9"}
)

# ISO/IEC 14496-12: what may stand at the top of a file; anything else is somebody's other half.
_MP4_BOXES: Final = frozenset(
    b"ftyp moov mdat free skip wide moof mfra sidx ssix styp pdin meta udta uuid emsg prft".split()
)

_EBML: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_VOID: Final = 0xEC

# A video without key frames must not be decoded from its start for every sample.
_MOST_DECODED: Final = 300

_SAMPLES: Final = (0.3, 0.5, 0.15, 0.75, 0.0)


class Reel:
    """What is known of a video: its edges, seconds, rate, frames, and a frame that shows it."""

    def __init__(self, first: Image.Image, *, duration: float, frames: int) -> None:
        self.width, self.height = first.size
        self.duration = duration
        self.frames = frames
        self.fps = frames / duration if duration > 0 else 0.0


def measure(path: Path, content_type: str, limits: Limits) -> Reel:
    """Read every packet of the video and decode its first frame; every fault raises Rejected."""
    with path.open("rb") as file:
        _walk(file, content_type, path.stat().st_size)
    with _opened(path, content_type) as container:
        stream = _only_stream(container, limits)
        frames, end = 0, 0.0
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                frames += 1
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if frames == 0:
            raise broken("The video has no frames.")
        stated = container.duration / av.time_base if container.duration else 0.0
        duration = end or stated
        if duration > limits.duration:
            raise too_large(f"A video lasts at most {limits.duration:g} seconds.")
    first = frame_at(path, content_type, 0.0)
    if first is None:
        raise broken("The video does not decode.")
    return Reel(first, duration=round(duration, 3), frames=frames)


def poster(path: Path, content_type: str, duration: float) -> Image.Image:
    """A frame that shows something: the liveliest of a few, so neither black nor blank."""
    best: Image.Image | None = None
    liveliest = -1.0
    for share in _SAMPLES:
        frame = frame_at(path, content_type, share * duration)
        if frame is None:
            continue
        life = _life(frame)
        # An earlier sample wins unless a later one is clearly better: the order is a preference.
        if life > liveliest * 1.25:
            best, liveliest = frame, life
    if best is None:
        raise broken("The video does not decode.")
    return best


def frame_at(path: Path, content_type: str, seconds: float) -> Image.Image | None:
    """The first frame at or after a time, upright, or the last one that was reached before it."""
    with _opened(path, content_type) as container:
        stream = container.streams.video[0]
        if seconds > 0 and stream.time_base is not None:
            container.seek(
                (stream.start_time or 0) + int(seconds / stream.time_base), stream=stream
            )
        last = None
        for frame in islice(container.decode(stream), _MOST_DECODED):
            last = frame
            if frame.pts is None or frame.time >= seconds:
                break
        if last is None:
            return None
        picture = Image.fromarray(last.to_ndarray(format="rgb24"))
        return picture.rotate(last.rotation, expand=True) if last.rotation else picture


def _life(frame: Image.Image) -> float:
    """How much there is to see: the spread of brightness, little for dark or washed-out frames."""
    grey = np.asarray(frame.convert("L").resize((64, 64), Image.Resampling.BOX), np.float64)
    mean = float(grey.mean())
    exposure = 0.1 if mean < 12 or mean > 248 else 1.0
    return (float(grey.std()) + 1.0) * exposure


@contextmanager
def _opened(path: Path, content_type: str) -> Iterator[InputContainer]:
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=_DEMUXERS[content_type]) as container,
        ):
            yield container
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise broken("The video does not decode.") from error


def _only_stream(container: InputContainer, limits: Limits) -> VideoStream:
    if len(container.streams) > 8:
        raise unsafe("The video has too many streams.")
    if not container.streams.video:
        raise broken("The file has no picture.")
    stream = container.streams.video[0]
    # A stream of unknown codec has no context at all, whatever the library's types say.
    codec: CodecContext | None = stream.codec_context
    if codec is None or codec.name not in _CODECS:
        raise refused("The video's codec is not one that is taken.")
    size = stream.codec_context.width * stream.codec_context.height
    if size == 0:
        raise broken("The video is empty.")
    if size > limits.pixels:
        raise too_large(f"A frame has at most {limits.pixels} pixels.")
    return stream


def _walk(file: IO[bytes], content_type: str, size: int) -> None:
    """The parts at the top of the file must cover it exactly: no cut end, nothing glued on."""
    place = 0
    while place < size:
        file.seek(place)
        head = file.read(16)
        step = _box(head, size - place) if content_type == "video/mp4" else _element(head)
        if step is None:
            return
        place += step
    if place > size:
        raise broken("The video ends too early.")


def _box(head: bytes, rest: int) -> int:
    if len(head) < 8 or head[4:8] not in _MP4_BOXES:
        raise unsafe("The video carries something that is no video.")
    (length,) = struct.unpack_from(">I", head)
    if length == 1 and len(head) == 16:
        (length,) = struct.unpack_from(">Q", head, 8)
    elif length == 0:
        length = rest
    if length < 8:
        raise broken("The video is damaged between its boxes.")
    return int(length)


def _element(head: bytes) -> int | None:
    """Length of an EBML element with its head (RFC 8794); None where it runs to the end."""
    if len(head) < 2 or head[0] == 0:
        raise broken("The video is damaged between its elements.")
    name_length = 9 - head[0].bit_length()
    name = int.from_bytes(head[:name_length], "big")
    if name not in {_EBML, _SEGMENT, _VOID}:
        raise unsafe("The video carries something that is no video.")
    first = head[name_length] if len(head) > name_length else 0
    if first == 0:
        raise broken("The video is damaged between its elements.")
    width = 9 - first.bit_length()
    mask = (1 << (7 * width)) - 1
    length = int.from_bytes(head[name_length : name_length + width], "big") & mask
    return None if length == mask else name_length + width + length
