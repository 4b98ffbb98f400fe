"""Videos: measured packet by packet, shown by a frame worth seeing, refused when cut or glued."""

import struct
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gesso.infra.inspect import Limits, Rejected
from gesso.infra.inspect.run import clean, inspect, thumbnail
from tests.unit.media import corpus

LIMITS = Limits()

# Display matrices of ISO/IEC 14496-12, 8.3.2: 16.16 numbers, the last column 2.30.
UNTURNED = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
CLOCKWISE = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return corpus.video(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="module")
def webm(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return corpus.video(tmp_path_factory.mktemp("clip") / "clip.webm", codec="libvpx-vp9")


def rejected(folder: Path, content: bytes, limits: Limits = LIMITS) -> str:
    path = folder / "upload"
    path.write_bytes(content)
    with pytest.raises(Rejected) as caught:
        inspect(str(path), limits=limits)
    return caught.value.code


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_clip_is_measured_and_shown_by_a_frame_that_is_not_black(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(request.getfixturevalue(name))
    finding = inspect(str(path), limits=LIMITS)
    assert (finding.kind, finding.content_type) == ("video", f"video/{name}")
    assert (finding.width, finding.height, finding.frames) == (96, 64, 24)
    assert finding.duration == pytest.approx(2.0, abs=0.1)
    assert finding.fps == pytest.approx(12.0, abs=0.6)
    thumbnail(str(path), finding, str(tmp_path / "thumb"))
    with Image.open(tmp_path / "thumb") as image:
        assert image.size == (96, 64)
        assert np.asarray(image.convert("L")).mean() > 40


def test_a_clip_filmed_upright_is_shown_upright(tmp_path: Path, mp4: bytes) -> None:
    track = mp4.index(b"tkhd")
    place = mp4.index(struct.pack(">9i", *UNTURNED), track)
    path = tmp_path / "upload"
    path.write_bytes(mp4[:place] + struct.pack(">9i", *CLOCKWISE) + mp4[place + 36 :])
    finding = inspect(str(path), limits=LIMITS)
    assert (finding.width, finding.height) == (64, 96)
    thumbnail(str(path), finding, str(tmp_path / "thumb"))
    with Image.open(tmp_path / "thumb") as image:
        red = np.asarray(image.convert("RGB"))[..., 0].astype(float)
    # Red grows from left to right in the stored frames, so from top to bottom when turned.
    assert red[60:80, 20:44].mean() > red[16:36, 20:44].mean() + 40


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_clip_that_breaks_off_is_refused(
    tmp_path: Path, request: pytest.FixtureRequest, name: str, share: float
) -> None:
    content: bytes = request.getfixturevalue(name)
    assert rejected(tmp_path, content[: int(share * len(content))]) == "media_broken"


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_something_glued_behind_a_clip_is_refused(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    content: bytes = request.getfixturevalue(name)
    assert rejected(tmp_path, content + corpus.HTML) == "media_unsafe"


def test_a_clip_longer_than_the_cap_is_refused(tmp_path: Path, mp4: bytes) -> None:
    assert rejected(tmp_path, mp4, replace(LIMITS, duration=1.5)) == "media_too_large"


def test_frames_larger_than_the_cap_are_refused(tmp_path: Path, mp4: bytes) -> None:
    assert rejected(tmp_path, mp4, replace(LIMITS, pixels=96 * 64 - 1)) == "media_too_large"


def test_sound_without_a_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert rejected(tmp_path, path.read_bytes()) == "media_broken"


def test_a_playlist_never_reaches_a_demuxer(tmp_path: Path) -> None:
    playlist = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"
    assert rejected(tmp_path, playlist) == "media_type_refused"


PLACE = b"+48.2082+016.3738/"


def noted(folder: Path, suffix: str, content: bytes) -> Path:
    """The clip with a place and a date among its notes, as a telephone writes them."""
    plain, path = folder / f"plain.{suffix}", folder / f"noted.{suffix}"
    plain.write_bytes(content)
    with av.open(str(plain)) as source, av.open(str(path), "w") as out:
        copy = out.add_stream_from_template(source.streams.video[0])
        out.metadata.update({"location": PLACE.decode(), "creation_time": "2026-11-01T10:00:00Z"})
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    return path


def notes(path: Path) -> set[str]:
    """What the library finds among its notes."""
    with av.open(str(path)) as container:
        return {each.lower() for each in container.metadata}


def cleaned(path: Path) -> bytes:
    """Its bytes when it has been through the examination."""
    clean(str(path), inspect(str(path), limits=LIMITS))
    return path.read_bytes()


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_clip_does_not_tell_where_it_was_filmed(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    path = noted(tmp_path, name, request.getfixturevalue(name))
    before = inspect(str(path), limits=LIMITS)
    assert {"location", "creation_time"} <= notes(path)
    after = cleaned(path)
    assert {"location", "creation_time"} & notes(path) == set()
    assert PLACE not in after
    assert b"loci" not in after
    again = inspect(str(path), limits=LIMITS)
    assert (again.frames, again.width, again.height) == (24, before.width, before.height)
    assert again.duration == pytest.approx(before.duration, abs=0.1)
    assert list(tmp_path.glob(".*.partial")) == []


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_clip_that_tells_nothing_stays_as_it_is(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(request.getfixturevalue(name))
    assert cleaned(path) == request.getfixturevalue(name)


@pytest.mark.parametrize(
    "box",
    [
        b"\x00\x00\x00\x1audta\x00\x00\x00\x12\xa9xyz" + b"secret-one",
        b"\x00\x00\x00\x12meta" + b"secret-two",
        b"\x00\x00\x00\x24uuid" + b"u" * 16 + b"secret-three",
    ],
    ids=["udta", "meta", "uuid"],
)
def test_boxes_that_the_library_does_not_know_go_as_well(
    tmp_path: Path, mp4: bytes, box: bytes
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(mp4 + box)
    assert b"secret" not in cleaned(path)
    at = mp4.index(b"moov") - 4
    length = struct.unpack_from(">I", mp4, at)[0]
    assert at + length == len(mp4)  # so that no offset of a frame is moved by what is put in
    inside = mp4[:at] + struct.pack(">I", length + len(box)) + mp4[at + 4 :] + box
    path.write_bytes(inside)
    assert b"secret" not in cleaned(path)


def test_a_clip_filmed_upright_stays_upright(tmp_path: Path, mp4: bytes) -> None:
    place = mp4.index(struct.pack(">9i", *UNTURNED), mp4.index(b"tkhd"))
    turned = mp4[:place] + struct.pack(">9i", *CLOCKWISE) + mp4[place + 36 :]
    path = tmp_path / "upload"
    path.write_bytes(turned + b"\x00\x00\x00\x24uuid" + b"u" * 16 + b"secret-three")
    assert b"secret" not in cleaned(path)
    finding = inspect(str(path), limits=LIMITS)
    assert (finding.width, finding.height) == (64, 96)
