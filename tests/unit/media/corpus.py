"""Files to examine, made on the spot: sound ones, and ones that only pretend."""

import io
import json
import struct
import zlib
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from PIL import Image, PngImagePlugin

from gesso.infra.inspect.limits import guard

ZIP = b"PK\x03\x04" + b"evil.class" * 8 + b"PK\x05\x06" + bytes(18)
HTML = b"<html><script>alert(document.domain)</script></html>"


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """A gradient with a grain, so that no two regions look alike and no byte is predictable."""
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(
        np.stack([x * 255 // width, y * 255 // height, (x * y * 7919) % 251], axis=-1).astype(
            np.uint8
        )
    )


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of an image in a format of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def animation(form: str, frames: int = 5, **options: Any) -> bytes:
    """A short loop of frames that all differ."""
    pictures = [picture(32, 32).rotate(number * 20) for number in range(frames)]
    return saved(
        pictures[0], form, save_all=True, append_images=pictures[1:], duration=80, **options
    )


def located_jpeg(orientation: int = 6) -> bytes:
    """A photo that tells where it was taken, by which camera, and what its owner thinks."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAM"
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return saved(picture(), "JPEG", exif=exif, comment=b"SECRETCOMMENT", quality=90)


def told_png() -> bytes:
    """A PNG with text in it, compressed and plain, and HTML behind its end."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRETPLAIN <script>")
    info.add_itxt("XML:com.adobe.xmp", "SECRETXMP", zip=False)
    return saved(picture(), "PNG", pnginfo=info) + HTML


def png_of_zeros(width: int, height: int) -> bytes:
    """A PNG of any size in a few kilobytes: one bit a pixel, all zero."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def video(
    path: Path,
    *,
    codec: Literal["libx264", "libvpx-vp9"] = "libx264",
    black: int = 6,
    frames: int = 24,
) -> bytes:
    """A clip of 12 frames a second that begins black; the suffix chooses the container."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=12)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(frames):
            shown = Image.new("RGB", (96, 64)) if number < black else picture().rotate(number)
            pixels = np.asarray(shown.convert("RGB"))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


Json = dict[str, Any]

_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 3)], np.float32)
_FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ],
    np.uint16,
)  # fmt: skip


def box_parts(faces: int = 12) -> tuple[Json, bytes]:
    """Description and data of a box of 1 × 2 × 3 with colours at its corners."""
    colors = np.full((8, 4), 255, np.uint8)
    colors[:, :3] = np.arange(24).reshape(8, 3) * 10
    pieces = [_CORNERS.tobytes(), _FACES[:faces].tobytes(), colors.tobytes()]
    views, place = [], 0
    for piece in pieces:
        views.append({"buffer": 0, "byteOffset": place, "byteLength": len(piece)})
        place += len(piece)
    head = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 2}, "indices": 1}]}],
        "buffers": [{"byteLength": place}],
        "bufferViews": views,
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 8},
            {"bufferView": 1, "componentType": 5123, "type": "SCALAR", "count": 3 * faces},
            {
                "bufferView": 2,
                "componentType": 5121,
                "type": "VEC4",
                "count": 8,
                "normalized": True,
            },
        ],
    }
    return head, b"".join(pieces)


def glb(head: Json, data: bytes) -> bytes:
    """Description and data packed as GLB."""
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    length = 12 + 8 + len(text) + 8 + len(data)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(data), b"BIN\0"),
            data,
        ]
    )


def box(**changes: Any) -> bytes:
    """A sound box, or one with top-level members of its description replaced."""
    head, data = box_parts()
    return glb({**deepcopy(head), **changes}, data)


def textured_box(content: bytes) -> bytes:
    """The box with `content` as the picture on its faces."""
    head, data = box_parts()
    head["bufferViews"].append({"buffer": 0, "byteOffset": len(data), "byteLength": len(content)})
    head["images"] = [{"bufferView": 3, "mimeType": "image/png"}]
    head["textures"] = [{"source": 0}]
    head["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    primitive = head["meshes"][0]["primitives"][0]
    primitive["material"] = 0
    primitive["attributes"] = {"POSITION": 0, "TEXCOORD_0": 3}
    uv = _CORNERS[:, :2].astype(np.float32) / [1, 2]
    body = uv.astype(np.float32).tobytes()
    place = len(data) + len(content) + (-(len(data) + len(content)) % 4)
    head["bufferViews"].append({"buffer": 0, "byteOffset": place, "byteLength": len(body)})
    head["accessors"].append({"bufferView": 4, "componentType": 5126, "type": "VEC2", "count": 8})
    whole = (data + content).ljust(place, b"\0") + body
    head["buffers"][0]["byteLength"] = len(whole)
    return glb(head, whole)


def hoard() -> str:
    """Ask for too much memory, in the process of a worker, which cannot import a test."""
    guard(memory=256 << 20)
    guard(memory=1 << 40)
    try:
        return f"{len(bytearray(512 << 20))} bytes were given"
    except MemoryError:
        return f"refused, {len(bytearray(64 << 20))} bytes were given"
