"""The development stack: it does the main job, it keeps its programs alive, and it ends."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from gesso.work import Duty, Engine, Hands, Look, Ticket
from tests.faults.process import PROGRAM, Place
from tests.faults.provider import Outside
from tests.faults.stack import Member, celery_settings
from tests.house.command import surroundings
from tests.house.redis import RedisServer
from tools.stack.program import Program, kept
from tools.stack.trouble import Trouble

ROOT = Path(__file__).parents[2]


async def until(happened: Callable[[], bool], within: float = 40.0) -> None:
    async with asyncio.timeout(within):
        while not happened():  # noqa: ASYNC110  # files and processes ring no bell
            await asyncio.sleep(0.05)


def check(pulse: Path) -> tuple[int, str]:
    """What `gesso beat --check` says."""
    done = subprocess.run(
        [PROGRAM, "beat", "--check", "--pulse", pulse], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def of(folder: Path) -> list[psutil.Process]:
    """Whoever works in this folder."""
    return [each for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(folder)]


@pytest.mark.timeout(240)
def test_the_main_job_is_done_by_several_processes(
    tmp_path: Path, postgres_url: str, broker_url: str, redis_server: RedisServer
) -> None:
    environment = surroundings(
        tmp_path,
        GESSO_DATABASE__URL=postgres_url,
        GESSO_BROKER__URL=broker_url,
        GESSO_REDIS__URL=redis_server.url,
    )
    done = subprocess.run(
        [sys.executable, "-m", "tools.stack", "--demo", "--folder", tmp_path / "demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "Audit: clean." in done.stdout
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    done_by = {line.partition(" ")[0]: line.split(" ", 2)[-1] for line in told if "×" in line}
    assert {"6 × ingest", "4 × submit"} <= set(done_by["pictures"].split(", "))
    assert "2 × submit" in done_by["motion"]
    files = sorted(file.name for file in (tmp_path / "demo").iterdir() if file.is_file())
    assert files == ["lighthouse.mp4", *(f"owl-{n}.png" for n in range(4)), "owl.glb"]
    assert (tmp_path / "demo" / "owl.glb").read_bytes().startswith(b"glTF")
    assert of(tmp_path / "demo") == []
    # At the level `info` a worker says nothing of single messages.
    logs = "".join(log.read_text() for log in (tmp_path / "demo" / "logs").iterdir())
    assert "ready." in logs
    assert not any(word in logs for word in (" received", " succeeded", "superuser", "NOT_FOUND"))


def shell(script: str, folder: Path) -> Program:
    return Program("program", ["sh", "-c", script], dict(os.environ), folder)


async def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    told: list[str] = []
    script = "echo started >> log; exec sleep 600"
    async with kept([shell(script, tmp_path)], tmp_path, told.append, patience=5) as (program,):
        await until(lambda: len(of(tmp_path)) == 1 and of(tmp_path)[0].name() == "sleep")
        of(tmp_path)[0].kill()
        await until(lambda: (tmp_path / "log").read_text().count("started") == 2)
        assert program.deaths == 1
    assert told == ["program has died (SIGKILL) and is started again."]
    assert of(tmp_path) == []


async def test_what_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    told: list[str] = []
    script = "trap '' TERM; sleep 600 & touch here; while true; do sleep 1; done"
    async with kept([shell(script, tmp_path)], tmp_path, told.append, patience=0.5):
        await until((tmp_path / "here").exists)
    assert told == ["program has not ended within 0.5 s, and is killed."]
    await until(lambda: of(tmp_path) == [], within=5)


async def test_a_program_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    with pytest.raises(Trouble, match=r"(?s)program did not start.*no such thing"):
        async with kept(
            [shell("echo no such thing; exit 3", tmp_path)], tmp_path, print, patience=1
        ) as (program,):
            await program.ready(never, within=20)


@pytest.mark.timeout(120)
async def test_a_beat_has_a_pulse_until_it_stands_still(
    tmp_path: Path, postgres_url: str, broker_url: str, outside: Outside
) -> None:
    pulse = tmp_path / "pulse"
    assert check(pulse) == (1, f"No beat has touched {pulse} yet.\n")
    place = Place(tmp_path / "data", postgres_url, outside.url, celery_settings(broker_url))
    beat = Member(place, "beat", "beat", "--pulse", str(pulse))
    beat.launch()
    try:
        await until(pulse.exists)
        assert check(pulse)[0] == 0
        last = pulse.stat().st_mtime
        await until(lambda: pulse.stat().st_mtime > last)
    finally:
        beat.close()
    long_ago = time.time() - 100
    os.utime(pulse, (long_ago, long_ago))
    code, told = check(pulse)
    assert code == 1
    assert re.fullmatch(rf"The last pulse in {pulse} is 1\d\d s old\.\n", told)


async def test_an_engine_turns_while_its_database_is_away_and_not_when_a_look_never_ends() -> None:
    wedged = asyncio.Event()

    async def claim(_: Look) -> list[str]:
        if wedged.is_set():
            await asyncio.Event().wait()
        raise RuntimeError("the database is away")

    async def nothing(*_: object) -> list[str]:
        return []

    duty = Duty(
        name="look",
        topics=(),
        claim=claim,
        do=nothing,
        kinds=("look",),
        ticket=lambda item: Ticket("lane", "look", item),
        redeem=nothing,
        put_back=nothing,  # type: ignore[arg-type]  # nothing is ever claimed
    )
    engine = Engine([duty], Hands("holder", most=1), tick=0.05)
    await engine.start()
    try:
        await asyncio.sleep(0.5)
        assert engine.is_turning(within=5)
        wedged.set()
        await until(lambda: not engine.is_turning(within=0.5), within=20)
    finally:
        await engine.stop(patience=0.1)
