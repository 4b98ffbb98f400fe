"""Images: measured as they are seen, and rid of what their owner did not mean to share."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, PngImagePlugin

from gesso.infra.inspect import Limits
from gesso.infra.inspect.run import clean, inspect, thumbnail
from tests.unit.media import corpus

LIMITS = Limits()


def written(folder: Path, content: bytes) -> str:
    path = folder / "upload.exe"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("form", "content_type", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/gif", "gif"),
    ],
)
def test_the_bytes_decide_the_type_and_not_the_name(
    tmp_path: Path, form: str, content_type: str, extension: str
) -> None:
    content = corpus.saved(corpus.picture(), form)
    finding = inspect(written(tmp_path, content), limits=LIMITS)
    assert (finding.kind, finding.content_type) == ("image", content_type)
    assert finding.extension == extension
    assert (finding.width, finding.height, finding.frames) == (96, 64, 1)
    assert (finding.size, finding.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_mean_colour_leaves_out_what_is_transparent(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 255, 0))
    image.paste((200, 40, 10, 255), (0, 0, 32, 64))
    path = written(tmp_path, corpus.saved(image, "PNG"))
    assert inspect(path, limits=LIMITS).mean_color == "#c8280a"


@pytest.mark.parametrize(("form", "frames"), [("GIF", 5), ("WEBP", 5), ("PNG", 5)])
def test_every_frame_of_an_animation_is_counted(tmp_path: Path, form: str, frames: int) -> None:
    path = written(tmp_path, corpus.animation(form, frames))
    assert inspect(path, limits=LIMITS).frames == frames


def test_a_photo_loses_its_place_and_camera_but_stays_upright(tmp_path: Path) -> None:
    original = corpus.located_jpeg(orientation=6)
    path = written(tmp_path, original)
    finding = inspect(path, limits=LIMITS)
    assert (finding.width, finding.height) == (64, 96)
    clean(path, finding)
    after = Path(path).read_bytes()
    assert b"SECRETCAM" in original
    assert b"SECRETCOMMENT" in original
    assert b"SECRET" not in after
    with Image.open(io.BytesIO(after)) as image, Image.open(io.BytesIO(original)) as before:
        assert dict(image.getexif()) == {0x0112: 6}
        assert not image.getexif().get_ifd(0x8825)
        assert ImageChops.difference(image, before).getbbox() is None
    again = inspect(path, limits=LIMITS)
    assert (again.width, again.height) == (64, 96)
    clean(path, again)
    assert Path(path).read_bytes() == after


def test_text_and_trailing_bytes_leave_a_png_and_its_pixels_stay(tmp_path: Path) -> None:
    original = corpus.told_png()
    path = written(tmp_path, original)
    clean(path, inspect(path, limits=LIMITS))
    after = Path(path).read_bytes()
    assert b"SECRET" in original
    assert b"SECRET" not in after
    assert b"script" not in after
    with Image.open(io.BytesIO(after)) as image:
        assert ImageChops.difference(image, corpus.picture()).getbbox() is None


@pytest.mark.parametrize("form", ["WEBP", "GIF", "PNG"])
def test_an_animation_with_hidden_bytes_still_plays_without_them(tmp_path: Path, form: str) -> None:
    secret: dict[str, Any] = {"comment": b"SECRETS"} if form == "GIF" else {"xmp": b"SECRETS"}
    secret = {} if form == "PNG" else secret
    path = written(tmp_path, corpus.animation(form, **secret) + corpus.ZIP)
    clean(path, inspect(path, limits=LIMITS))
    after = Path(path).read_bytes()
    assert b"SECRETS" not in after
    assert b"PK\x03\x04" not in after
    assert inspect(path, limits=LIMITS).frames == 5


@pytest.mark.parametrize(
    "content",
    [
        corpus.saved(corpus.picture(), "PNG"),
        corpus.saved(corpus.picture(), "JPEG", progressive=True),
        corpus.saved(corpus.picture(), "WEBP", lossless=True),
        corpus.animation("WEBP"),
        corpus.animation("PNG"),
    ],
    ids=["png", "progressive-jpeg", "webp", "animated-webp", "animated-png"],
)
def test_an_image_without_metadata_is_not_touched(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    before = Path(path).stat()
    clean(path, inspect(path, limits=LIMITS))
    assert Path(path).read_bytes() == content
    assert Path(path).stat().st_ino == before.st_ino


def test_a_generators_mark_stays_and_nothing_passes_for_one(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("gesso-studio", "0123456789abcdef" * 2)
    marked = corpus.saved(corpus.picture(), "PNG", pnginfo=info)
    path = written(tmp_path, marked)
    clean(path, inspect(path, limits=LIMITS))
    assert Path(path).read_bytes() == marked
    for name, text in (("gesso-studio", "Anna, 5"), ("gesso-x", "a" * 65), ("xgesso-x", "ab")):
        info = PngImagePlugin.PngInfo()
        info.add_text(name, text)
        path = written(tmp_path, corpus.saved(corpus.picture(), "PNG", pnginfo=info))
        clean(path, inspect(path, limits=LIMITS))
        assert Path(path).read_bytes() == corpus.saved(corpus.picture(), "PNG")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_has_a_thumbnail(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.frombytes("I;16", (900, 600), bytes(range(250)) * 4320)
    else:
        image = corpus.picture(900, 600).convert(mode)
    path = written(tmp_path, corpus.saved(image, "JPEG" if mode == "CMYK" else "PNG"))
    out = tmp_path / "thumb"
    thumb = thumbnail(path, inspect(path, limits=LIMITS), str(out), edge=256)
    assert (thumb.width, thumb.height, thumb.size) == (256, 171, out.stat().st_size)
    with Image.open(out, formats=["WEBP"]) as small:
        assert small.size == (256, 171)
        assert len(small.convert("RGB").getcolors(1 << 20) or []) > 1


def test_a_small_image_is_not_enlarged(tmp_path: Path) -> None:
    path = written(tmp_path, corpus.saved(corpus.picture(), "PNG"))
    thumb = thumbnail(path, inspect(path, limits=LIMITS), str(tmp_path / "thumb"))
    assert (thumb.width, thumb.height) == (96, 64)
