"""The sculptor: closed models, and the very object that was in our own picture."""

import io
import json
import struct
from collections.abc import Mapping

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw

from gesso.providers.studio.paint import paint
from gesso.providers.studio.sculpt import sculpt


def _ignore(share: float) -> None:
    assert 0 <= share <= 1


def _sculpt(
    prompt: str, seed: int, image: bytes | None = None, recipe: Mapping[str, object] | None = None
) -> bytes:
    return sculpt(prompt, seed=seed, image=image, recipe=recipe, progress=_ignore)


def _mesh(content: bytes) -> trimesh.Trimesh:
    """The triangles as they lie in the file: no vertex is merged to make them look closed."""
    loaded = trimesh.load(io.BytesIO(content), file_type="glb", force="mesh", process=False)
    assert isinstance(loaded, trimesh.Trimesh)
    return loaded


def _document(content: bytes) -> dict[str, list[dict[str, object]]]:
    magic, version, total, length = struct.unpack_from("<4sIII", content)
    assert (magic, version, total) == (b"glTF", 2, len(content))
    document: dict[str, list[dict[str, object]]] = json.loads(content[20 : 20 + length])
    return document


def _painting(prompt: str, seed: int) -> bytes:
    return paint(prompt, seed=seed, width=192, height=192, quality="fast", progress=_ignore)


def _drawing() -> bytes:
    picture = Image.new("RGB", (200, 160), (235, 232, 226))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((50, 30, 130, 140), fill=(180, 60, 40))
    draw.rectangle((110, 70, 165, 95), fill=(40, 60, 140))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("prompt", ["a ceramic owl", "a wooden chair", "zxqv"])
def test_an_object_is_a_closed_model_of_a_sensible_size(prompt: str) -> None:
    content = _sculpt(prompt, 3)
    mesh = _mesh(content)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert 5_000 < len(mesh.faces) <= 60_000
    assert len(content) <= 1_500_000


def test_our_own_picture_becomes_the_very_object_in_it() -> None:
    picture = _painting("a red rocket", 5)
    assert _sculpt("a red rocket", 5, picture) == _sculpt("a red rocket", 5)
    assert _sculpt("", 0, picture, {"prompt": "a red rocket", "seed": 5}) == _sculpt(
        "a red rocket", 5
    )
    assert _sculpt("a red rocket", 6) != _sculpt("a red rocket", 5)


def test_a_strangers_picture_of_a_thing_is_blown_up_and_keeps_its_colours() -> None:
    content = _sculpt("", 1, _drawing())
    mesh = _mesh(content)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert np.ptp(mesh.vertices[:, 2]) > 0.15
    assert _document(content)["images"][0]["mimeType"] == "image/jpeg"


def test_a_view_becomes_a_closed_plaque() -> None:
    mesh = _mesh(_sculpt("", 1, _painting("mountains at dawn", 2)))
    assert mesh.is_watertight
    assert mesh.volume > 0
    assert np.ptp(mesh.vertices[:, 2]) < 0.5
    assert len(mesh.faces) <= 60_000


def test_the_colours_of_the_prompt_are_on_the_model() -> None:
    attributes = _document(_sculpt("a red apple", 1))["meshes"][0]["primitives"]
    assert "COLOR_0" in str(attributes)


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 90, b"<svg/>"])
def test_hostile_bytes_are_refused_in_a_sentence(image: bytes) -> None:
    with pytest.raises(ValueError, match="readable"):
        _sculpt("owl", 1, image)


def test_progress_rises_and_ends_at_one() -> None:
    seen: list[float] = []
    sculpt("cup", seed=1, image=None, recipe=None, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) >= 6
