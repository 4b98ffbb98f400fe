"""The enlarger: true to the small picture, sharper than stretching, and safe from bombs."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from gesso.providers.studio.enlarge import enlarge


def _ignore(share: float) -> None:
    assert 0 <= share <= 1


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def _levels(picture: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(picture.convert("RGB"), np.float64)


def _drawing(side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), (240, 236, 228))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((side * 0.2, side * 0.2, side * 0.7, side * 0.7), fill=(180, 40, 40))
    draw.line((0, side * 0.9, side, side * 0.3), fill=(20, 30, 60), width=side // 20)
    return picture


@pytest.mark.parametrize("scale", [2, 4])
def test_a_picture_grows_and_stays_true_to_itself(scale: int) -> None:
    small = _drawing(640).resize((80, 80), Image.Resampling.BOX)
    large = _open(enlarge(_png(small), scale=scale, progress=_ignore))
    assert large.size == (80 * scale, 80 * scale)
    again = large.resize((80, 80), Image.Resampling.BOX)
    assert np.abs(_levels(again) - _levels(small)).mean() < 2


def test_edges_come_out_sharper_than_by_stretching() -> None:
    truth = _drawing(320)
    small = truth.resize((80, 80), Image.Resampling.BOX)
    ours = _open(enlarge(_png(small), scale=4, progress=_ignore))
    stretched = small.resize((320, 320), Image.Resampling.BICUBIC)
    error, plain = (np.square(_levels(each) - _levels(truth)).mean() for each in (ours, stretched))
    assert error < plain


def test_transparency_is_kept() -> None:
    picture = Image.new("RGBA", (40, 40), (200, 30, 30, 0))
    ImageDraw.Draw(picture).ellipse((8, 8, 32, 32), fill=(200, 30, 30, 255))
    large = np.asarray(_open(enlarge(_png(picture), scale=2, progress=_ignore)))
    assert large.shape == (80, 80, 4)
    assert large[0, 0, 3] == 0
    assert large[40, 40].tolist() == [200, 30, 30, 255]


def test_tiles_leave_no_seam() -> None:
    ramp = np.tile(np.linspace(30, 220, 600, dtype=np.uint8), (20, 1))
    picture = Image.fromarray(np.stack([ramp] * 3, -1))
    large = _levels(_open(enlarge(_png(picture), scale=2, progress=_ignore)))
    assert np.abs(np.diff(large[20, :, 0])).max() <= 2


def test_too_large_a_result_is_refused_before_the_work() -> None:
    with pytest.raises(ValueError, match="64 are allowed"):
        enlarge(_png(Image.new("L", (3000, 2000))), scale=4, progress=_ignore)
    with pytest.raises(ValueError, match="2 or 4"):
        enlarge(_png(Image.new("L", (8, 8))), scale=3, progress=_ignore)


def _bomb() -> bytes:
    """A PNG whose header tells of 30 000 pixels square, with next to nothing behind it."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8\xff\xe0" + b"x" * 200, _png(_drawing(64))[:300], b"%!PS-Adobe", _bomb()],
    ids=["empty", "broken jpeg", "cut short", "postscript", "bomb"],
)
def test_hostile_bytes_are_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="picture"):
        enlarge(content, scale=2, progress=_ignore)


def test_progress_rises_and_ends_at_one() -> None:
    seen: list[float] = []
    enlarge(_png(_drawing(600)), scale=2, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) >= 10
