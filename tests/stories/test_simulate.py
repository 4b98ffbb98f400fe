"""`gesso simulate`: what it prints leads a server to it, and it ends when it is told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from gesso.app.cli.simulating import fate_of
from gesso.infra.settings import load_settings
from gesso.simulators import Fate
from gesso.simulators.registry import SIMULATORS

_PROGRAM = Path(sys.executable).with_name("gesso")


@contextmanager
def simulated(provider: str) -> Iterator[dict[str, str]]:
    """The settings that it prints, while it runs."""
    count = 1 + len(SIMULATORS[provider].secrets)
    with subprocess.Popen([_PROGRAM, "simulate", provider], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode().strip() for _ in range(count)]
        yield dict(line.split("=", 1) for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def status_of(url: str, **headers: str) -> int:
    try:
        with urlopen(Request(url, headers=headers), timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("provider", sorted(SIMULATORS))
def test_a_server_is_led_to_it(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GESSO_PROVIDERS")]:
        monkeypatch.delenv(name)
    with simulated(provider) as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        read = load_settings().providers[provider]
        given = {part: secret.get_secret_value() for part, secret in read.secrets.items()}
        assert given == dict(SIMULATORS[provider].secrets)
        assert read.root is not None
        assert status_of(f"{read.root}/files/nothing.png") == 404


def test_one_that_does_not_exist_is_told_in_a_sentence() -> None:
    found = subprocess.run([_PROGRAM, "simulate", "nobody"], capture_output=True, check=False)
    assert found.returncode == 2
    told = found.stderr.decode()
    assert told.startswith("gesso: There is no simulator of 'nobody'. There are: ")
    assert "fal" in told


def test_what_befalls_every_job_can_be_said() -> None:
    said = fate_of(["seconds=2.5", "fails=nsfw", "pushes=0", "loses_answer=true", "file=html"])
    assert said == Fate(seconds=2.5, fails="nsfw", pushes=0, loses_answer=True, file="html")
    assert fate_of(["seconds=never"]).seconds is None
    for wrong, told in (
        ("mood=bad", "No fate is called 'mood'"),
        ("file=eaten", "The fate file cannot be that"),
        ("status=much", "The fate status cannot be that"),
    ):
        found = subprocess.run(
            [_PROGRAM, "simulate", "fal", "--fate", wrong], capture_output=True, check=False
        )
        assert (found.returncode, told in found.stderr.decode()) == (2, True), found.stderr


@pytest.mark.asyncio
async def test_every_job_of_a_simulator_has_the_usual_fate() -> None:
    simulator = SIMULATORS["fal"]()
    simulator.usual = Fate(status=429)
    simulator.plan("lucky", Fate())
    assert [(await simulator.fate_of(prompt)).status for prompt in ("lucky", "lucky", "any")] == [
        200, 429, 429,
    ]  # fmt: skip
