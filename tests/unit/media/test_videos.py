"""Videos: measured packet by packet, shown by a frame worth seeing, refused when cut or glued."""

import struct
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gesso.infra.inspect import Limits, Rejected
from gesso.infra.inspect.run import inspect, thumbnail
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
