"""Files that lie, overrun or break off: each is refused for its own reason, or made harmless."""

import concurrent.futures
import multiprocessing
import pickle
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gesso.infra.inspect import Examined, Limits, Rejected
from gesso.infra.inspect.run import clean, examine, inspect, thumbnail
from tests.unit.media import corpus

LIMITS = Limits()
PNG = corpus.saved(corpus.picture(), "PNG")
JPEG = corpus.saved(corpus.picture(), "JPEG")
GIF = corpus.animation("GIF")
WEBP = corpus.animation("WEBP")

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
TIFF = corpus.saved(corpus.picture(), "TIFF")

HOSTILE = {
    "empty": (b"", "media_broken"),
    "text": (b"hello, I am a picture\n" * 40, "media_type_refused"),
    "svg": (SVG, "media_type_refused"),
    "html": (corpus.HTML, "media_type_refused"),
    "pdf": (b"%PDF-1.7\n" + PNG, "media_type_refused"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "media_type_refused"),
    "tiff": (TIFF, "media_type_refused"),
    "zip": (corpus.ZIP, "media_type_refused"),
    "magic-alone": (b"\x89PNG\r\n\x1a\n", "media_broken"),
    "svg-behind-png-magic": (b"\x89PNG\r\n\x1a\n" + SVG, "media_broken"),
    "truncated-png": (PNG[: len(PNG) // 2], "media_broken"),
    "truncated-jpeg": (JPEG[: len(JPEG) // 2], "media_broken"),
    "truncated-gif": (GIF[: len(GIF) // 3], "media_broken"),
    "truncated-webp": (WEBP[: len(WEBP) // 2], "media_broken"),
    "pixel-bomb": (corpus.png_of_zeros(12_000, 12_000), "media_too_large"),
    "audio": (b"ID3\x04" + bytes(100), "media_type_refused"),
}


def written(folder: Path, content: bytes) -> str:
    path = folder / "harmless.png"
    path.write_bytes(content)
    return str(path)


def rejection(folder: Path, content: bytes, limits: Limits = LIMITS) -> str:
    path = written(folder, content)
    with pytest.raises(Rejected) as caught:
        examine_here(path, limits)
    return caught.value.code


def examine_here(path: str, limits: Limits) -> None:
    """All that `examine` does, without capping the memory of the test's own process."""
    finding = inspect(path, limits=limits)
    clean(path, finding)
    thumbnail(path, finding, path + ".thumb", edge=64)


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_is_not_what_is_taken_is_refused(
    tmp_path: Path, content: bytes, code: str
) -> None:
    assert rejection(tmp_path, content) == code


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(GIF + corpus.ZIP, "image/gif"), (JPEG + corpus.ZIP, "image/jpeg")],
    ids=["gifar", "jpeg-and-zip"],
)
def test_a_polyglot_keeps_only_its_picture(
    tmp_path: Path, content: bytes, content_type: str
) -> None:
    path = written(tmp_path, content)
    finding = inspect(path, limits=LIMITS)
    assert finding.content_type == content_type
    clean(path, finding)
    assert b"PK\x03\x04" not in Path(path).read_bytes()
    assert inspect(path, limits=LIMITS).content_type == content_type


def test_caps_hold_at_their_edge(tmp_path: Path) -> None:
    sized = replace(LIMITS, size=len(PNG))
    assert inspect(written(tmp_path, PNG), limits=sized).size == len(PNG)
    assert rejection(tmp_path, PNG + b"\0", sized) == "media_too_large"
    assert rejection(tmp_path, PNG, replace(LIMITS, pixels=96 * 64 - 1)) == "media_too_large"
    assert inspect(written(tmp_path, GIF), limits=replace(LIMITS, frames=5)).frames == 5
    assert rejection(tmp_path, GIF, replace(LIMITS, frames=4)) == "media_too_large"
    crowded = replace(LIMITS, animation_pixels=4 * 32 * 32)
    assert rejection(tmp_path, GIF, crowded) == "media_too_large"


def test_a_type_outside_the_allowed_ones_is_refused(tmp_path: Path) -> None:
    only_jpeg = replace(LIMITS, allowed=frozenset({"image/jpeg"}))
    assert rejection(tmp_path, PNG, only_jpeg) == "media_type_refused"
    assert inspect(written(tmp_path, JPEG), limits=only_jpeg).content_type == "image/jpeg"


def test_a_refused_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    rejection(tmp_path, PNG[:-30])
    assert [path.name for path in tmp_path.iterdir()] == ["harmless.png"]


def test_a_rejection_keeps_its_code_on_the_way_between_processes() -> None:
    sent = Rejected("media_unsafe", "The model refers to files outside itself.")
    arrived = pickle.loads(pickle.dumps(sent))
    assert (arrived.code, str(arrived)) == ("media_unsafe", sent.message)


@pytest.fixture(scope="module")
def worker() -> Iterator[concurrent.futures.ProcessPoolExecutor]:
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        yield pool


def test_one_worker_survives_bombs_and_goes_on_working(
    tmp_path: Path, worker: concurrent.futures.ProcessPoolExecutor
) -> None:
    def send(content: bytes) -> Examined:
        path = written(tmp_path, content)
        return worker.submit(examine, path, str(tmp_path / "thumb"), LIMITS).result(60)

    with pytest.raises(Rejected, match="pixels"):
        send(corpus.png_of_zeros(12_000, 12_000))
    with pytest.raises(Rejected, match="outside"):
        send(corpus.box(buffers=[{"byteLength": 4, "uri": "http://example.com/a.bin"}]))
    told = send(corpus.told_png())
    stored = (tmp_path / "harmless.png").read_bytes()
    assert told.finding.size == len(stored)
    assert told.finding.sha256 != ""
    assert b"SECRET" not in stored
    assert told.thumb.size == (tmp_path / "thumb").stat().st_size


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a cap on memory")
def test_a_guarded_worker_gets_no_more_memory_than_its_first_cap() -> None:
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        assert pool.submit(corpus.hoard).result(60) == f"refused, {64 << 20} bytes were given"


SOUND = [PNG, JPEG, GIF, WEBP, corpus.box(), corpus.textured_box(PNG), corpus.located_jpeg()]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.sampled_from(SOUND),
    places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.just(1.0) | st.floats(0.5, 1),
    early=st.booleans(),
)
def test_a_damaged_file_is_taken_or_rejected_but_never_crashes(
    tmp_path: Path,
    content: bytes,
    places: list[tuple[float, int]],
    cut: float,
    early: bool,  # noqa: FBT001 - Hypothesis names its arguments
) -> None:
    damaged = bytearray(content)
    reach = min(len(damaged), 900) if early else len(damaged)
    for share, value in places:
        damaged[int(share * reach)] = value
    del damaged[max(12, int(cut * len(damaged))) :]
    if damaged[:4] == b"glTF":
        struct.pack_into("<I", damaged, 8, len(damaged))
    path = written(tmp_path, bytes(damaged))
    with suppress(Rejected):
        examine_here(path, LIMITS)
