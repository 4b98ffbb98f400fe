"""The document against the server: whatever a machine thinks of gets an answer as promised."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.house.world import CATALOG, PLUGIN, Home, NewGround, open_home

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 15
ENDLESS = ("/api/v1/events", "/api/v1/overview/events")
"""A stream has no end to wait for; each has tests of its own."""
SEMANTIC = "positive_data_acceptance"
"""A sound order may still be refused: no credits, no such picture, a key that was used before."""


async def test_no_request_gets_an_answer_that_was_not_promised(
    new_ground: NewGround, tmp_path: Path
) -> None:
    with new_ground() as ground:
        async with open_home(ground, tmp_path, plugins=(PLUGIN,), catalog=CATALOG) as home:
            await explore(home, tmp_path)
            await home.inspect()


async def explore(home: Home, folder: Path) -> None:
    """Everything that Schemathesis thinks of in some seconds, with every check that it has."""
    operator = await home.person(credits=40, role="owner")
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{home.url}/openapi.json",
        "--header", f"Authorization: Bearer {operator.key}",
        *(f"--exclude-path={path}" for path in ENDLESS), "--exclude-checks", SEMANTIC,
        "--max-time", str(SECONDS), "--max-examples", "20", "--request-timeout", "10",
        "--suppress-health-check", "all", "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    report = told.decode()
    assert process.returncode == 0, report[-20_000:]
    assert "Test cases:" in report
