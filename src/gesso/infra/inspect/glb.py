"""GLB files (glTF 2.0, binary): the container and every reference in it checked, then read."""

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gesso.infra.inspect.finding import Limits, broken, refused, too_large, unsafe

_MOST_CHUNKS: Final = 16
_MOST_JSON: Final = 4 << 20
_JSON_DEPTH: Final = 64
_MOST_ITEMS: Final = 100_000
_MOST_ROWS: Final = 1 << 24

_COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS: Final = {
    "SCALAR": 1,
    "VEC2": 2,
    "VEC3": 3,
    "VEC4": 4,
    "MAT2": 4,
    "MAT3": 9,
    "MAT4": 16,
}

# What a file may demand of its reader: things that change materials, never how bytes are packed.
_EXTENSIONS: Final = frozenset(
    {"KHR_mesh_quantization", "KHR_texture_transform", "EXT_texture_webp", "KHR_lights_punctual"}
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """The JSON of a GLB and the bytes of its buffers, with every size and index checked."""

    json: Json
    buffers: tuple[bytes, ...]

    def items(self, name: str) -> list[Json]:
        """A top-level array of objects; absent is empty, anything else is broken."""
        return _objects(self.json, name)

    def view(self, index: object) -> tuple[bytes, int, int, int | None]:
        """Buffer, first byte, length and stride of a buffer view."""
        view = pick(self.items("bufferViews"), index)
        buffer = self.buffers[whole(view.get("buffer"), 0, len(self.buffers) - 1)]
        length = whole(view.get("byteLength"), 1, len(buffer))
        start = whole(view.get("byteOffset", 0), 0, len(buffer) - length)
        stride = view.get("byteStride")
        return buffer, start, length, None if stride is None else whole(stride, 4, 252)

    def bytes_of(self, index: object) -> bytes:
        """The bytes of a buffer view."""
        buffer, start, length, _ = self.view(index)
        return buffer[start : start + length]

    def accessor(self, index: object) -> NDArray[Any]:
        """The values of an accessor, one row each, as floats where it is normalized."""
        accessor = pick(self.items("accessors"), index)
        kind, width, count = _shape(accessor)
        if "bufferView" in accessor:
            values = self._table(accessor, kind, count, width).copy()
        else:
            values = np.zeros((count, width), kind)
        if "sparse" in accessor:
            places, patch = self._sparse(accessor["sparse"], kind, count, width)
            values[places] = patch
        if accessor.get("normalized") is True and kind.kind != "f":
            return np.maximum(values.astype(np.float32) / np.iinfo(kind).max, -1.0)
        return values

    def check_accessors(self) -> None:
        """Every accessor, used or not, must lie inside its buffer."""
        for accessor in self.items("accessors"):
            kind, width, count = _shape(accessor)
            if "bufferView" in accessor:
                self._table(accessor, kind, count, width)
            if "sparse" in accessor:
                self._sparse(accessor["sparse"], kind, count, width)

    def _table(self, place: Json, kind: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        buffer, start, length, stride = self.view(place.get("bufferView"))
        row = kind.itemsize * width
        step = stride or row
        offset = whole(place.get("byteOffset", 0), 0, length)
        if offset + step * (count - 1) + row > length:
            raise unsafe("The model reads beyond its own data.")
        return np.ndarray((count, width), kind, buffer, start + offset, (step, kind.itemsize))

    def _sparse(
        self, sparse: object, kind: np.dtype[Any], count: int, width: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        if not isinstance(sparse, dict):
            raise broken("The model has a damaged sparse accessor.")
        changed = whole(sparse.get("count"), 1, count)
        places, values = sparse.get("indices"), sparse.get("values")
        if not isinstance(places, dict) or not isinstance(values, dict):
            raise broken("The model has a damaged sparse accessor.")
        numbers = np.dtype(_component(places, unsigned=True))
        rows = self._table(places, numbers, changed, 1)[:, 0]
        if int(rows.max()) >= count:
            raise unsafe("The model reads beyond its own data.")
        return rows.astype(np.int64), self._table(values, kind, changed, width)


def parse(data: bytes, limits: Limits) -> Document:
    """Open a GLB; anything not as the specification has it, or reaching outside, is Rejected."""
    head, binary = _chunks(data)
    document = Document(head, _buffers(head, binary, limits))
    asset = head.get("asset")
    if not isinstance(asset, dict) or not str(asset.get("version", "")).startswith("2."):
        raise broken("The model is not glTF 2.")
    required = head.get("extensionsRequired", [])
    if not isinstance(required, list):
        raise broken("The model's list of extensions is damaged.")
    for name in required:
        if name not in _EXTENSIONS and not str(name).startswith("KHR_materials_"):
            raise refused(f"Models that need the extension {str(name)[:60]} are not taken.")
    for index in range(len(document.items("bufferViews"))):
        document.view(index)
    document.check_accessors()
    return document


def whole(value: object, low: int, high: int) -> int:
    """A JSON number that must be an integer from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise unsafe("The model points outside its own data.")
    return value


def pick(items: list[Json], index: object) -> Json:
    """The item that a JSON number points at."""
    return items[whole(index, 0, len(items) - 1)]


def embedded(uri: object, limits: Limits) -> bytes:
    """The bytes inside a `data:` URI; any other address would make the reader fetch something."""
    if not isinstance(uri, str) or not uri.startswith("data:"):
        raise unsafe("The model refers to files outside itself.")
    if len(uri) > limits.data_uri:
        raise too_large("The model carries too much inline data.")
    form, _, body = uri.partition(",")
    if not form.endswith(";base64"):
        raise broken("The model carries inline data that does not decode.")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise broken("The model carries inline data that does not decode.") from error


def _chunks(data: bytes) -> tuple[Json, bytes | None]:
    if len(data) < 20:
        raise broken("The model ends too early.")
    _, _, length = struct.unpack_from("<4sII", data)
    if length != len(data):
        raise broken("The model's stated length is not its own.")
    chunks: list[tuple[bytes, bytes]] = []
    place = 12
    while place < length:
        if place + 8 > length or len(chunks) == _MOST_CHUNKS:
            raise broken("The model's chunks are damaged.")
        size, name = struct.unpack_from("<I4s", data, place)
        if place + 8 + size > length:
            raise broken("The model's chunks are damaged.")
        chunks.append((name, data[place + 8 : place + 8 + size]))
        place += 8 + size
    if chunks[0][0] != b"JSON":
        raise broken("The model does not begin with its description.")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == b"BIN\0" else None
    return _read_json(chunks[0][1]), binary


def _read_json(text: bytes) -> Json:
    if len(text) > _MOST_JSON:
        raise too_large("The model's description is too long.")
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise broken("The model's description does not parse.") from error
    if not isinstance(head, dict):
        raise broken("The model's description is not an object.")
    _refuse_addresses(head, 0)
    return head


def _refuse_addresses(value: object, depth: int) -> None:
    """No member named `uri` may lead outside, wherever an extension may have hidden it."""
    if depth > _JSON_DEPTH:
        raise unsafe("The model's description is nested too deeply.")
    if isinstance(value, dict):
        uri = value.get("uri")
        if uri is not None and not (isinstance(uri, str) and uri.startswith("data:")):
            raise unsafe("The model refers to files outside itself.")
        for member in value.values():
            _refuse_addresses(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _refuse_addresses(member, depth + 1)


def _buffers(head: Json, binary: bytes | None, limits: Limits) -> tuple[bytes, ...]:
    buffers = []
    for index, buffer in enumerate(_objects(head, "buffers")):
        if "uri" in buffer:
            found = embedded(buffer["uri"], limits)
        elif index == 0 and binary is not None:
            found = binary
        else:
            raise broken("The model has a buffer without data.")
        length = whole(buffer.get("byteLength"), 1, len(found))
        buffers.append(found[:length])
    return tuple(buffers)


def _objects(head: Json, name: str) -> list[Json]:
    items = head.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise broken(f"The model's {name} are damaged.")
    if len(items) > _MOST_ITEMS:
        raise too_large(f"The model has too many {name}.")
    return items


def _component(place: Json, *, unsigned: bool = False) -> str:
    number = place.get("componentType")
    kind = _COMPONENTS.get(number) if isinstance(number, int) else None
    if kind is None or (unsigned and "u" not in kind):
        raise broken("The model has numbers of an unknown type.")
    return kind


def _shape(accessor: Json) -> tuple[np.dtype[Any], int, int]:
    shape = accessor.get("type")
    width = _WIDTHS.get(shape) if isinstance(shape, str) else None
    if width is None:
        raise broken("The model has values of an unknown shape.")
    return np.dtype(_component(accessor)), width, whole(accessor.get("count"), 1, _MOST_ROWS)
