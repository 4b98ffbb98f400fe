"""The README's first five minutes, run as they stand: what a newcomer types has to work."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HEADING = "## The first five minutes\n"


def blocks() -> list[str]:
    """The shell blocks of the chapter, in order."""
    text = (ROOT / "README.md").read_text()
    chapter = text.partition(HEADING)[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a server listens that was started as `make run` starts it, but for the port."""
    environment = {**os.environ, "GESSO_ENGINE__PROCESSES": "2"}
    environment.pop("GESSO_DATA_DIR", None)
    with (
        (tmp_path / "server.log").open("w") as log,
        subprocess.Popen(
            [BIN / "gesso", "serve", "--port", "0"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        told = "".join(iter(server.stdout.readline, "\n"))
        found = re.search(r"http://(127\.0\.0\.1:\d+)/api/v1", told)
        assert found, told
        try:
            yield found[1]
        finally:
            server.terminate()
            server.wait(30)


def test_make_runs_what_the_readme_says() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target, command in (("demo", "gesso demo --out gesso-demo"), ("run", "gesso serve")):
        assert re.search(
            rf"^{target}: .*\n(?:\t.*\n)*\t@\$\(BIN\)/{command}$", makefile, re.MULTILINE
        )
    assert blocks()[:2] == ["make demo\n", "make run\n"]


@pytest.mark.timeout(240)
def test_every_line_works_as_it_stands(tmp_path: Path, address: str) -> None:
    script = "\n".join(["set -eu", *blocks()[2:]]).replace("127.0.0.1:8000", address)
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    environment.pop("GESSO_DATA_DIR", None)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert '"code"' not in done.stdout, said  # no answer was a problem
    assert "event: task.completed" in done.stdout
    assert (tmp_path / "owl.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "owl.glb").read_bytes().startswith(b"glTF")
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
    assert '"available":"89"' in done.stdout  # 100, less 2 pictures, 4 pictures and a model
    assert "Audit: clean." in done.stdout


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "cli.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert "://" in target or (page.parent / target).exists(), target
