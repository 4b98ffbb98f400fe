"""The triangles of a GLB as they stand in its scene, with what colours them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gesso.infra.inspect.finding import Limits, broken, too_large, unsafe
from gesso.infra.inspect.glb import Document, Json, embedded, pick, whole
from gesso.infra.inspect.images import decode, plain
from gesso.infra.inspect.sniff import sniff

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TEXTURES: Final = frozenset({"image/png", "image/jpeg", "image/webp"})
_TEXTURE_EDGE: Final = 1024
_DEPTH: Final = 64
_MOST_PRIMITIVES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Paint:
    """How a part is coloured: a factor, and perhaps a picture (RGBA, 0 to 1, sRGB) laid over it."""

    factor: Floats
    texture: NDArray[np.uint8] | None
    unlit: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive in world coordinates; normals, colours and uv are None where it has none."""

    points: Floats
    faces: Ints
    normals: Floats | None
    colors: Floats | None
    uv: Floats | None
    paint: Paint


def read(document: Document, limits: Limits) -> list[Part]:
    """Every triangle of the scene; a tree that is none, or too much of it, is Rejected."""
    pictures = _pictures(document, limits)
    parts: list[Part] = []
    triangles = vertices = 0
    for number, (primitive, matrix) in enumerate(_placed_primitives(document)):
        if number == _MOST_PRIMITIVES:
            raise too_large("The model has too many parts.")
        part = _part(document, primitive, matrix, pictures)
        if part is not None:
            triangles += len(part.faces)
            vertices += len(part.points)
            if triangles > limits.triangles or vertices > 3 * limits.triangles:
                raise too_large(f"A model has at most {limits.triangles} triangles.")
            parts.append(part)
    if triangles == 0:
        raise broken("The model has no triangles.")
    return parts


def _placed_primitives(document: Document) -> Iterator[tuple[Json, Floats]]:
    nodes, meshes = document.items("nodes"), document.items("meshes")
    scenes = document.items("scenes")
    if scenes:
        roots = pick(scenes, document.json.get("scene", 0)).get("nodes", [])
    else:
        children = {child for node in nodes for child in _list(node, "children")}
        roots = [index for index in range(len(nodes)) if index not in children]
    # A node has one parent, so seeing one twice is a loop or a bomb of shared branches.
    seen: set[int] = set()
    waiting = [(root, np.eye(4), 0) for root in _checked(roots)]
    while waiting:
        place, above, depth = waiting.pop()
        node = pick(nodes, place)
        if place in seen or depth > _DEPTH:
            raise unsafe("The model's tree runs in circles.")
        seen.add(place)
        matrix = above @ _matrix(node)
        waiting.extend((child, matrix, depth + 1) for child in _list(node, "children"))
        if "mesh" in node:
            for primitive in _primitives(pick(meshes, node["mesh"])):
                yield primitive, matrix


def _primitives(mesh: Json) -> list[Json]:
    primitives = mesh.get("primitives")
    if not isinstance(primitives, list) or not all(isinstance(p, dict) for p in primitives):
        raise broken("The model has a damaged mesh.")
    return primitives


def _part(
    document: Document, primitive: Json, matrix: Floats, pictures: list[NDArray[np.uint8]]
) -> Part | None:
    attributes = primitive.get("attributes")
    mode = primitive.get("mode", 4)
    if mode not in (4, 5, 6) or not isinstance(attributes, dict) or "POSITION" not in attributes:
        return None
    raw = _values(document, attributes, "POSITION", 3)
    if raw is None or not np.isfinite(raw).all():
        raise broken("The model has points that are no numbers.")
    points = raw @ matrix[:3, :3].T + matrix[:3, 3]
    normals = _values(document, attributes, "NORMAL", 3, len(points))
    if normals is not None:
        normals = normals @ np.linalg.pinv(matrix[:3, :3])
    paint, channel = _paint(document, primitive.get("material"), pictures)
    return Part(
        points=points,
        faces=_faces(document, primitive.get("indices"), mode, len(points)),
        normals=normals,
        colors=_colors(document, attributes, len(points)),
        uv=_values(document, attributes, f"TEXCOORD_{channel}", 2, len(points)),
        paint=paint,
    )


def _values(
    document: Document, attributes: Json, name: str, width: int, count: int | None = None
) -> Floats | None:
    if name not in attributes:
        return None
    values = document.accessor(attributes[name])
    if values.shape[1] != width or (count is not None and len(values) != count):
        raise broken("The model's points do not agree with each other.")
    return values.astype(np.float64)


def _colors(document: Document, attributes: Json, count: int) -> Floats | None:
    if "COLOR_0" not in attributes:
        return None
    raw = document.accessor(attributes["COLOR_0"])
    if raw.shape[1] not in (3, 4) or len(raw) != count:
        raise broken("The model's colours do not fit its points.")
    # Some writers forget `normalized` on bytes; nobody means a brightness of 255.
    scale = 1.0 if raw.dtype.kind == "f" else float(np.iinfo(raw.dtype).max)
    return np.clip(np.nan_to_num(raw[:, :3].astype(np.float64) / scale), 0, 1)


def _faces(document: Document, index: object, mode: int, count: int) -> Ints:
    if index is None:
        order = np.arange(count, dtype=np.int64)
    else:
        values = document.accessor(index)
        if values.shape[1] != 1 or values.dtype.kind != "u":
            raise broken("The model's triangles are damaged.")
        order = values[:, 0].astype(np.int64)
        if int(order.max()) >= count:
            raise unsafe("The model points outside its own data.")
    if mode == 4:
        return order[: len(order) // 3 * 3].reshape(-1, 3)
    if len(order) < 3:
        return np.zeros((0, 3), np.int64)
    if mode == 6:
        return np.stack([np.full(len(order) - 2, order[0]), order[1:-1], order[2:]], axis=1)
    strip = np.stack([order[:-2], order[1:-1], order[2:]], axis=1)
    strip[1::2] = strip[1::2, ::-1]
    return strip


def _paint(
    document: Document, index: object, pictures: list[NDArray[np.uint8]]
) -> tuple[Paint, int]:
    material = {} if index is None else pick(document.items("materials"), index)
    surface = material.get("pbrMetallicRoughness")
    surface = surface if isinstance(surface, dict) else {}
    factor = _numbers(surface.get("baseColorFactor", [1.0] * 4), 4)
    extensions = material.get("extensions")
    unlit = isinstance(extensions, dict) and "KHR_materials_unlit" in extensions
    texture, channel = None, 0
    chosen = surface.get("baseColorTexture")
    if isinstance(chosen, dict):
        source = pick(document.items("textures"), chosen.get("index"))
        texture = pictures[whole(_source(source), 0, len(pictures) - 1)]
        channel = whole(chosen.get("texCoord", 0), 0, 8)
    return Paint(np.clip(factor, 0, 1), texture, unlit), channel


def _source(texture: Json) -> object:
    extensions = texture.get("extensions")
    webp = extensions.get("EXT_texture_webp") if isinstance(extensions, dict) else None
    return webp.get("source") if isinstance(webp, dict) else texture.get("source")


def _pictures(document: Document, limits: Limits) -> list[NDArray[np.uint8]]:
    """Every picture in the file decoded, also those that nothing shows."""
    pictures = []
    left = limits.animation_pixels
    for image in document.items("images"):
        content = (
            document.bytes_of(image["bufferView"])
            if "bufferView" in image
            else embedded(image.get("uri"), limits)
        )
        content_type = sniff(content[:64])
        if content_type not in _TEXTURES:
            raise unsafe("The model carries a picture that is none.")
        picture = decode(io.BytesIO(content), content_type, limits).frame
        left -= picture.width * picture.height
        if left < 0:
            raise too_large("The model's pictures have too many pixels.")
        picture.thumbnail((_TEXTURE_EDGE, _TEXTURE_EDGE), Image.Resampling.BOX)
        pictures.append(np.asarray(plain(picture).convert("RGBA")))
    return pictures


def _matrix(node: Json) -> Floats:
    if "matrix" in node:
        return _numbers(node["matrix"], 16).reshape(4, 4).T
    x, y, z, w = _numbers(node.get("rotation", [0, 0, 0, 1]), 4)
    scale = _numbers(node.get("scale", [1, 1, 1]), 3)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, 3] = _numbers(node.get("translation", [0, 0, 0]), 3)
    return matrix


def _numbers(value: object, count: int) -> Floats:
    if not isinstance(value, list) or len(value) != count:
        raise broken("The model has a list of numbers of the wrong length.")
    if any(isinstance(item, bool) or not isinstance(item, (int, float)) for item in value):
        raise broken("The model has numbers that are none.")
    try:
        numbers: Floats = np.array(value, np.float64)
    except OverflowError as error:
        raise broken("The model has numbers that are too large.") from error
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e12:
        raise broken("The model has numbers that are too large.")
    return numbers


def _list(node: Json, name: str) -> list[int]:
    return _checked(node.get(name, []))


def _checked(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise broken("The model's tree is damaged.")
    return [whole(item, 0, 1 << 20) for item in value]
