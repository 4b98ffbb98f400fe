"""Triangle meshes and the GLB that carries them (glTF 2.0, one mesh, one primitive)."""

import json
import struct
from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.noise import Array


@dataclass(frozen=True)
class Mesh:
    """Vertices (N, 3), unit normals (N, 3) and triangles (M, 3), counter-clockwise from outside."""

    vertices: Array
    normals: Array
    triangles: Array


@dataclass(frozen=True)
class Skin:
    """What covers a mesh: linear colours (N, 3), or places (N, 2) on a JPEG or PNG picture."""

    roughness: float
    metallic: float = 0.0
    colours: Array | None = None
    places: Array | None = None
    picture: bytes = b""
    picture_type: str = "image/jpeg"


def smooth_normals(vertices: Array, triangles: Array) -> Array:
    """Unit normals of vertices: the mean of the triangles about them, weighted by area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], faces)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    unit: Array = np.where(lengths > 1e-12, total / np.maximum(lengths, 1e-12), [0.0, 1.0, 0.0])
    return unit


def to_glb(mesh: Mesh, skin: Skin) -> bytes:
    """The GLB file; COLOR_0 is linear and 16 bits a channel, as the standard has it."""
    pack = _Pack()
    low, high = (
        edge.astype(np.float32).tolist() for edge in (mesh.vertices.min(0), mesh.vertices.max(0))
    )
    attributes = {
        "POSITION": pack.add(mesh.vertices.astype("<f4"), "VEC3", 34962, {"min": low, "max": high}),
        "NORMAL": pack.add(mesh.normals.astype("<f4"), "VEC3", 34962),
    }
    material: dict[str, object] = {
        "metallicFactor": skin.metallic,
        "roughnessFactor": skin.roughness,
    }
    if skin.colours is not None:
        opaque = np.concatenate([skin.colours, np.ones((len(skin.colours), 1))], axis=1)
        levels = (np.clip(opaque, 0, 1) * 65535 + 0.5).astype("<u2")
        attributes["COLOR_0"] = pack.add(levels, "VEC4", 34962, {"normalized": True})
    if skin.places is not None:
        attributes["TEXCOORD_0"] = pack.add(skin.places.astype("<f4"), "VEC2", 34962)
        material["baseColorTexture"] = {"index": 0}
    indices = pack.add(mesh.triangles.astype("<u4").reshape(-1), "SCALAR", 34963)
    document: dict[str, object] = {
        "asset": {"version": "2.0", "generator": "gesso studio"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": material}],
    }
    if skin.places is not None:
        document["images"] = [
            {"bufferView": pack.view(skin.picture), "mimeType": skin.picture_type}
        ]
        document["samplers"] = [
            {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}
        ]
        document["textures"] = [{"source": 0, "sampler": 0}]
    return pack.seal(document)


_KINDS = {"<f4": 5126, "<u2": 5123, "<u4": 5125}


class _Pack:
    """The binary chunk in the making, with the views and accessors into it."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, object]] = []

    def view(self, content: bytes, target: int | None = None) -> int:
        self.body.extend(b"\0" * (-len(self.body) % 4))
        entry = {"buffer": 0, "byteOffset": len(self.body), "byteLength": len(content)}
        self.views.append(entry | ({"target": target} if target else {}))
        self.body.extend(content)
        return len(self.views) - 1

    def add(
        self, array: Array, kind: str, target: int, more: dict[str, object] | None = None
    ) -> int:
        view = self.view(array.tobytes(), target)
        component = _KINDS[array.dtype.newbyteorder("<").str]
        entry = {"bufferView": view, "componentType": component, "count": len(array), "type": kind}
        self.accessors.append(entry | (more or {}))
        return len(self.accessors) - 1

    def seal(self, document: dict[str, object]) -> bytes:
        self.body.extend(b"\0" * (-len(self.body) % 4))
        document["bufferViews"], document["accessors"] = self.views, self.accessors
        document["buffers"] = [{"byteLength": len(self.body)}]
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self.body)
        head = struct.pack("<4sII", b"glTF", 2, total) + struct.pack("<I4s", len(text), b"JSON")
        return head + text + struct.pack("<I4s", len(self.body), b"BIN\0") + bytes(self.body)
