"""Models: counted and measured, drawn in their own colours, and kept inside their own data."""

import base64
import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gesso.infra.inspect import Finding, Limits, Rejected
from gesso.infra.inspect.run import inspect, thumbnail
from tests.unit.media import corpus

LIMITS = Limits()
Change = Callable[[dict[str, Any]], None]


def found(folder: Path, content: bytes, limits: Limits = LIMITS) -> Finding:
    path = folder / "upload"
    path.write_bytes(content)
    return inspect(str(path), limits=limits)


def rejected(folder: Path, content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Rejected) as caught:
        found(folder, content, limits)
    return caught.value.code


def test_a_closed_box_is_measured_and_watertight(tmp_path: Path) -> None:
    finding = found(tmp_path, corpus.box())
    assert (finding.kind, finding.extension) == ("model", "glb")
    assert (finding.triangles, finding.vertices) == (12, 8)
    assert finding.bounds == (1.0, 2.0, 3.0)
    assert finding.watertight
    assert finding.vertex_coloured
    assert not finding.textured


def test_a_box_without_its_last_face_is_not_watertight(tmp_path: Path) -> None:
    finding = found(tmp_path, corpus.glb(*corpus.box_parts(faces=11)))
    assert (finding.triangles, finding.watertight) == (11, False)


def test_nodes_scale_turn_and_move_what_hangs_on_them(tmp_path: Path) -> None:
    quarter = [0.0, 0.0, 0.5**0.5, 0.5**0.5]
    nodes = [
        {"children": [1, 2], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": quarter},
        {"mesh": 0, "translation": [10, 0, 0]},
    ]
    finding = found(tmp_path, corpus.box(nodes=nodes))
    assert finding.triangles == 24
    assert finding.bounds == pytest.approx((26.0, 4.0, 6.0))


def test_the_texture_is_what_the_thumbnail_shows(tmp_path: Path) -> None:
    red = corpus.saved(Image.new("RGB", (64, 64), (220, 20, 20)), "PNG")
    finding = found(tmp_path, corpus.textured_box(red))
    assert (finding.textured, finding.vertex_coloured) == (True, False)
    out = tmp_path / "thumb"
    thumb = thumbnail(str(tmp_path / "upload"), finding, str(out), edge=128)
    assert (thumb.width, thumb.height) == (128, 128)
    with Image.open(out) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    red_share = ((pixels[..., 0] > 90) & (pixels[..., 1] < 80) & (pixels[..., 2] < 80)).mean()
    assert 0.15 < red_share < 0.8
    top, bottom = pixels[2, 2], pixels[64, 64]
    assert top.min() > 200
    assert np.abs(top - bottom).max() > 60


def test_the_nearer_surface_hides_the_farther_one(tmp_path: Path) -> None:
    head, data = corpus.box_parts()
    head["materials"] = [
        {"pbrMetallicRoughness": {"baseColorFactor": color}}
        for color in ([0, 1, 0, 1], [1, 0, 0, 1])
    ]
    plain = {"attributes": {"POSITION": 0}, "indices": 1}
    head["meshes"] = [{"primitives": [{**plain, "material": number}]} for number in (0, 1)]
    # A large green box far behind a small red one, on the camera's own line of sight.
    head["nodes"] = [
        {"mesh": 0, "translation": [-2.6, -1.5, -4.2]},
        {"mesh": 1, "scale": [0.99, 0.99, 0.33]},
    ]
    head["scenes"] = [{"nodes": [0, 1]}]
    finding = found(tmp_path, corpus.glb(head, data))
    out = tmp_path / "thumb"
    thumbnail(str(tmp_path / "upload"), finding, str(out), edge=128)
    with Image.open(out) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert ((pixels[..., 0] > 2 * pixels[..., 1]).mean()) > 0.02
    assert ((pixels[..., 1] > 2 * pixels[..., 0]).mean()) > 0.02


@pytest.mark.parametrize("stated", [0, 19, 10_000, 0xFFFFFFFF])
def test_a_length_that_is_not_the_files_own_is_refused(tmp_path: Path, stated: int) -> None:
    content = bytearray(corpus.box())
    struct.pack_into("<I", content, 8, stated)
    assert rejected(tmp_path, bytes(content)) == "media_broken"


def test_bytes_glued_to_the_end_are_refused(tmp_path: Path) -> None:
    assert rejected(tmp_path, corpus.box() + corpus.ZIP) == "media_broken"


def test_more_than_sixteen_chunks_are_refused(tmp_path: Path) -> None:
    content = corpus.box() + struct.pack("<I4s", 0, b"XTRA") * 15
    content = content[:8] + struct.pack("<I", len(content)) + content[12:]
    assert rejected(tmp_path, content) == "media_broken"
    fewer = content[:-8]
    fewer = fewer[:8] + struct.pack("<I", len(fewer)) + fewer[12:]
    assert found(tmp_path, fewer).triangles == 12


@pytest.mark.parametrize(
    "uri", ["http://example.com/a.png", "file:///etc/passwd", "../../secret.bin", "", 7, None]
)
def test_an_address_outside_the_file_is_refused(tmp_path: Path, uri: object) -> None:
    assert rejected(tmp_path, corpus.box(images=[{"uri": uri}])) == "media_unsafe"


def test_an_address_hidden_in_an_extension_is_refused(tmp_path: Path) -> None:
    hidden = {"EXT_lights_image_based": {"lights": [{"uri": "https://example.com/probe"}]}}
    assert rejected(tmp_path, corpus.box(extensions=hidden)) == "media_unsafe"


def test_inline_data_counts_against_its_cap(tmp_path: Path) -> None:
    content = corpus.saved(corpus.picture(), "PNG")
    uri = "data:image/png;base64," + base64.b64encode(content).decode()
    assert found(tmp_path, corpus.box(images=[{"uri": uri}])).triangles == 12
    small = replace(LIMITS, data_uri=len(uri) - 1)
    assert rejected(tmp_path, corpus.box(images=[{"uri": uri}]), small) == "media_too_large"


def test_a_picture_in_a_model_is_decoded_like_any_other(tmp_path: Path) -> None:
    assert rejected(tmp_path, corpus.textured_box(corpus.HTML)) == "media_unsafe"
    sound = corpus.saved(corpus.picture(), "PNG")
    broken = sound[: len(sound) // 2]
    assert rejected(tmp_path, corpus.textured_box(broken)) == "media_broken"
    bomb = corpus.png_of_zeros(12_000, 12_000)
    assert rejected(tmp_path, corpus.textured_box(bomb)) == "media_too_large"


def test_the_triangle_cap_counts_repeated_meshes(tmp_path: Path) -> None:
    nodes = [{"mesh": 0} for _ in range(3)]
    content = corpus.box(nodes=nodes, scenes=[{"nodes": [0, 1, 2]}])
    assert found(tmp_path, content, replace(LIMITS, triangles=36)).triangles == 36
    assert rejected(tmp_path, content, replace(LIMITS, triangles=35)) == "media_too_large"


def test_a_model_that_needs_an_unknown_packing_is_refused_by_name(tmp_path: Path) -> None:
    content = corpus.box(extensionsRequired=["KHR_draco_mesh_compression"])
    with pytest.raises(Rejected, match="draco") as caught:
        found(tmp_path, content)
    assert caught.value.code == "media_type_refused"


def _set(where: str, index: int, **values: Any) -> Change:
    def change(head: dict[str, Any]) -> None:
        head[where][index].update(values)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("accessors", 0, count=9),
        _set("accessors", 0, byteOffset=8),
        _set("accessors", 0, byteOffset=-4),
        _set("accessors", 0, count=1e9),
        _set("accessors", 0, bufferView=3),
        _set("accessors", 0, bufferView=True),
        _set("accessors", 1, componentType=5125),
        _set("bufferViews", 0, byteLength=1 << 40),
        _set("bufferViews", 0, byteOffset=1 << 40),
        _set("bufferViews", 0, byteStride=252),
        _set("bufferViews", 0, buffer=1),
        _set("buffers", 0, byteLength=1 << 30),
        _set("nodes", 0, children=[0]),
        _set("nodes", 0, mesh=1),
        _set("scenes", 0, nodes=[0, 0]),
    ],
)
def test_a_reference_beyond_the_data_is_refused(tmp_path: Path, change: Change) -> None:
    head, data = corpus.box_parts()
    change(head)
    assert rejected(tmp_path, corpus.glb(head, data)) == "media_unsafe"


def test_an_index_beyond_the_points_is_refused(tmp_path: Path) -> None:
    head, data = corpus.box_parts()
    head["accessors"][0]["count"] = 7
    head["meshes"][0]["primitives"][0]["attributes"].pop("COLOR_0")
    assert rejected(tmp_path, corpus.glb(head, data)) == "media_unsafe"


@pytest.mark.parametrize(
    "change",
    [
        _set("accessors", 0, type="VEC9"),
        _set("accessors", 0, componentType=5124),
        _set("accessors", 2, count=7),
        _set("nodes", 0, scale=[1, 1]),
        _set("nodes", 0, translation=["a", 0, 0]),
        _set("nodes", 0, scale=[1e300, 1, 1]),
        _set("nodes", 0, scale=[10**400, 1, 1]),
        _set("meshes", 0, primitives=[]),
        _set("meshes", 0, primitives="none"),
    ],
)
def test_a_description_that_makes_no_sense_is_broken(tmp_path: Path, change: Change) -> None:
    head, data = corpus.box_parts()
    change(head)
    assert rejected(tmp_path, corpus.glb(head, data)) == "media_broken"


def test_points_that_are_no_numbers_are_broken(tmp_path: Path) -> None:
    head, data = corpus.box_parts()
    assert rejected(tmp_path, corpus.glb(head, struct.pack("<f", np.nan) + data[4:])) == (
        "media_broken"
    )


def test_a_description_nested_without_end_is_refused(tmp_path: Path) -> None:
    head, data = corpus.box_parts()
    text = json.dumps(head)[:-1] + ', "extras": ' + "[" * 50_000 + "]" * 50_000 + "}"
    packed = text.encode() + b" " * (-len(text) % 4)
    length = 12 + 8 + len(packed) + 8 + len(data)
    content = struct.pack("<4sII", b"glTF", 2, length) + struct.pack("<I4s", len(packed), b"JSON")
    content += packed + struct.pack("<I4s", len(data), b"BIN\0") + data
    assert rejected(tmp_path, content) in {"media_unsafe", "media_broken"}


@pytest.mark.parametrize(("mode", "triangles"), [(4, 2), (5, 6), (6, 6)])
def test_strips_and_fans_are_triangles_too(tmp_path: Path, mode: int, triangles: int) -> None:
    primitives = [{"attributes": {"POSITION": 0}, "mode": mode}]
    assert found(tmp_path, corpus.box(meshes=[{"primitives": primitives}])).triangles == triangles
