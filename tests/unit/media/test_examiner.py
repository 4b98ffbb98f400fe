"""Small files share a call in a worker process, and none of them is failed by another."""

import asyncio
from pathlib import Path

import pytest

from gesso.infra.examiner import Examiner, thumb_of
from gesso.infra.inspect import Examined, Limits, Rejected
from gesso.infra.pool import Pool
from tests.unit.media.corpus import picture, saved


@pytest.fixture
def examiner() -> Examiner:
    return Examiner(Pool(1), Limits())


def pictures(folder: Path, count: int) -> list[Path]:
    files = [folder / f"{number}.png" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(saved(picture(16 + number, 8), "PNG"))
    return files


async def test_files_that_come_together_get_each_its_own_finding(
    examiner: Examiner, tmp_path: Path
) -> None:
    files = pictures(tmp_path, 20)
    found = await asyncio.gather(*(examiner.examine(file) for file in files))
    assert [each.finding.width for each in found] == [16 + number for number in range(20)]
    assert all(thumb_of(file).stat().st_size for file in files)


async def test_a_bad_file_is_rejected_alone(examiner: Examiner, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(saved(picture(), "PNG")[:60])
    first, second = pictures(tmp_path, 2)
    answers = await asyncio.gather(
        *(examiner.examine(file) for file in (first, bad, second)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Examined, Rejected, Examined]


async def test_what_breaks_the_call_fails_nobody_else(examiner: Examiner, tmp_path: Path) -> None:
    folder = tmp_path / "folder.png"
    folder.mkdir()
    first, second = pictures(tmp_path, 2)
    answers = await asyncio.gather(
        *(examiner.examine(file) for file in (first, folder, second)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Examined, IsADirectoryError, Examined]
