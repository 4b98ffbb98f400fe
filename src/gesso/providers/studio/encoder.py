"""The encoder: frames to an MP4 that begins to play before all of it is there."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from gesso.providers.studio.march import Progress
from gesso.providers.studio.pictures import Levels

ENCODERS = ("libx264", "libopenh264", "mpeg4")


def encode(shoot: Callable[[int], Levels], frames: int, fps: int, progress: Progress) -> bytes:
    """One frame at a time to the encoder, so a long film needs no more memory than a short one."""
    # A file of its own: the index is moved to the front by reading the whole film again.
    with tempfile.TemporaryDirectory(prefix="gesso-film-") as folder:
        path = Path(folder, "film.mp4")
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream: VideoStream | None = None
            for number in range(frames):
                levels = np.ascontiguousarray(shoot(number))
                if stream is None:
                    stream = _stream(container, fps, (levels.shape[1], levels.shape[0]))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(levels, format="rgb24")))
                progress((number + 1) / frames)
            if stream is not None:
                container.mux(stream.encode(None))
        return path.read_bytes()


def _stream(
    container: av.container.OutputContainer, fps: int, size: tuple[int, int]
) -> VideoStream:
    name = next((name for name in ENCODERS if name in av.codecs_available), None)
    if name is None:
        raise ValueError("No video encoder is installed.")
    stream = container.add_stream(name, rate=fps)
    if not isinstance(stream, VideoStream):
        raise ValueError("The video encoder could not be opened.")
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    # One thread: the pool gives each worker one core, and the bytes stay the same everywhere.
    stream.codec_context.thread_count = 1
    if name == "libx264":
        stream.options = {"preset": "veryfast", "crf": "19"}
    else:
        stream.bit_rate = 4_000_000
    return stream


def part(progress: Progress, low: float, high: float) -> Progress:
    """What tells a share of one part as a share of the whole."""
    return lambda share: progress(low + (high - low) * share)
