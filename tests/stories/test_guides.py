"""A guide, followed word for word: a package of somebody else's offers an operation."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GUIDE = ROOT / "docs" / "guides" / "add-an-operation.md"


def blocks(language: str) -> list[str]:
    """The blocks of the chapter on a package of one's own, in order."""
    chapter = GUIDE.read_text().partition("## As a package of your own\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", chapter, re.DOTALL)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where the package is installed beside gesso, without a word to gesso's settings."""
    package, site = tmp_path / "gesso-poster", tmp_path / "site"
    package.mkdir()
    (package / "pyproject.toml").write_text(blocks("toml")[0])
    (package / "gesso_poster.py").write_text(blocks("python")[0])
    install, *rest = blocks("sh")[0].splitlines()
    # Into a folder of its own: the environment of the tests stays as it is.
    line = install.replace("-e gesso-poster", f"-q --target {site} ./gesso-poster")
    assert line != install
    assert rest[-1] == "gesso serve"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GESSO_")}
    environment = {
        **kept,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": str(site),
        "GESSO_ENGINE__PROCESSES": "1",
    }
    script = "\n".join(["set -eu", f"{BIN}/python -m {line}", *rest[:-1]])
    subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, check=True, timeout=120)
    return environment


@pytest.fixture
def address(tmp_path: Path, environment: dict[str, str]) -> Iterator[str]:
    """Where `gesso serve` listens, but for the port."""
    with subprocess.Popen(
        [BIN / "gesso", "serve", "--port", "0"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        told = "".join(iter(server.stdout.readline, "\n"))
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told
        try:
            yield found[0]
        finally:
            server.terminate()
            server.communicate(timeout=30)


@pytest.mark.timeout(240)
def test_a_package_of_somebody_elses_offers_an_operation(
    tmp_path: Path, environment: dict[str, str], address: str
) -> None:
    script = "\n".join(["set -eu", blocks("sh")[1].replace("http://127.0.0.1:8000", address)])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"type":"poster"' in done.stdout
    assert {each.name for each in tmp_path.glob("*.png")} == {"a-red-teapot.png", "poster.png"}
    shown = subprocess.run(
        [BIN / "gesso", "wallet", "show", "you@example.com"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert re.search(r"\b17\b", shown.stdout), shown.stdout  # 20, less a picture and a poster
