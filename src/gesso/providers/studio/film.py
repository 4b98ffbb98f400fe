"""The film-maker: a prompt or a picture to an MP4 that loops."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from scipy import ndimage

from gesso.providers.studio import turntable
from gesso.providers.studio.lighting import develop
from gesso.providers.studio.march import Progress
from gesso.providers.studio.noise import Array
from gesso.providers.studio.parallax import Parallax
from gesso.providers.studio.pictures import Levels, open_picture, to_bytes
from gesso.providers.studio.portrait import arrange, backdrop
from gesso.providers.studio.scenes import View, finisher
from gesso.providers.studio.words import Brief, read

ENCODERS = ("libx264", "libopenh264", "mpeg4")


def film(
    prompt: str,
    *,
    seed: int,
    seconds: float,
    fps: int,
    width: int,
    height: int,
    image: bytes | None,
    progress: Progress,
) -> bytes:
    """A silent MP4 whose end meets its beginning: a view that lives, a turning object, a picture.

    Over a picture the camera moves. Odd sizes lose a pixel, as H.264 asks.
    """
    _check(seconds=seconds, fps=fps, width=width, height=height)
    progress(0.0)
    size = (width // 2 * 2, height // 2 * 2)
    brief = read(prompt)
    begun = _part(progress, 0.0, 0.2)
    if image is not None:
        dice = brief.dice(seed=seed, purpose="camera")
        moving = Parallax(open_picture(image), size, dice)
        shoot: Callable[[float], Array] = moving.show
    elif brief.is_view:
        shoot = _view(brief, seed, size)
    else:
        shoot = _object(brief, seed, size, begun)
    begun(1.0)
    frames = max(2, round(seconds * fps))
    rolling = _part(progress, 0.2, 0.98)
    content = _encode(lambda number: to_bytes(shoot(number / frames)), frames, fps, rolling)
    progress(1.0)
    return content


def _check(*, seconds: float, fps: int, width: int, height: int) -> None:
    if not 0.5 <= seconds <= 20:
        raise ValueError("A film must be between half a second and 20 seconds long.")
    if not 5 <= fps <= 60:
        raise ValueError("A film must have between 5 and 60 frames a second.")
    if not (64 <= width <= 1920 and 64 <= height <= 1920):
        raise ValueError("Width and height of a film must be between 64 and 1920 pixels.")


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda share: progress(low + (high - low) * share)


def _view(brief: Brief, seed: int, size: tuple[int, int]) -> Callable[[float], Array]:
    view = View(brief, seed=seed)
    finish = finisher(size, view.hour, brief.dice(seed=seed, purpose="grain"))
    return lambda phase: finish(view.paint(size, phase))


def _object(
    brief: Brief, seed: int, size: tuple[int, int], progress: Progress
) -> Callable[[float], Array]:
    sitting = arrange(brief, seed=seed, cells=60)
    dice = brief.dice(seed=seed, purpose="paper")
    ground = backdrop(brief, dice, size)
    exposure = 1.0
    if brief.setting is not None:
        view = View(brief, seed=seed)
        ground = ndimage.gaussian_filter(view.paint(size), (3, 3, 0))
        exposure = view.hour.exposure * 1.2
    table = turntable.prepare(sitting, size, progress)

    def shoot(phase: float) -> Array:
        colour, cover, floor = table.show(360 * phase)
        return develop(colour + ground * floor[..., None] * (1 - cover[..., None]), exposure)

    return shoot


def _encode(shoot: Callable[[int], Levels], frames: int, fps: int, progress: Progress) -> bytes:
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
