"""Samples: one small, sound file of each kind, made on the spot."""

import io
from functools import cache
from typing import Final, Literal

import av
import numpy as np
import trimesh
from PIL import Image

Kind = Literal["image", "video", "model", "text"]
SUFFIX: Final = {"image": "png", "video": "mp4", "model": "glb", "text": "txt"}
CONTENT_TYPE: Final = {
    "image": "image/png",
    "video": "video/mp4",
    "model": "model/gltf-binary",
    "text": "text/plain",
}
_WIDTH, _HEIGHT, _RATE = 96, 64, 12


@cache
def sample(kind: Kind) -> bytes:
    """The bytes of a file of this kind, the same at every call."""
    return {"image": _image, "video": _video, "model": _model, "text": _text}[kind]()


def _frame(turn: int = 0) -> Image.Image:
    """A gradient with a grain, so that no two regions look alike."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    bands = [x * 255 // _WIDTH, y * 255 // _HEIGHT, (x * y * 31 + turn * 40) % 251]
    return Image.fromarray(np.stack(bands, axis=-1).astype(np.uint8))


def _image() -> bytes:
    buffer = io.BytesIO()
    _frame().save(buffer, "PNG")
    return buffer.getvalue()


def _video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for number in range(_RATE):
            pixels = np.asarray(_frame(number))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _model() -> bytes:
    return bytes(trimesh.creation.box(extents=(1.0, 2.0, 3.0)).export(file_type="glb"))


def _text() -> bytes:
    return b"A sample, in words.\n"
