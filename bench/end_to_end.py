"""Paid tasks from submit to completed, with a provider that takes no time, beside the submits.

Between submit and completed stand admission, the attempt, the examination of the picture in a
worker process, two files with fsync (picture and thumbnail), the settlement and its events.
"""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from bench import instant
from bench.figure import Broken, Figure
from bench.people import books, take_in
from bench.pgbench import Pgbench
from bench.profiling import tell_profile
from bench.run import Run
from bench.submitting import submit, work_off
from bench.target import serving
from bench.usage import usage
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool

OWNERS = 50
PILOT = 64
Database = Callable[[], AbstractContextManager[str]]
_EXAMINE = "gesso.infra.inspect.run:examine"


def measure(run: Run) -> list[Figure]:
    """On PostgreSQL and on SQLite; the submits alone and the examinations alone beside them."""
    examined = _examinations(run)
    alone = "examinations of a picture alone, in every worker process"
    figures = [Figure(alone, examined, "pictures/s"), _on(run, "SQLite", run.sqlite, examined)]
    if run.server is not None:
        figure = _on(run, "PostgreSQL", run.postgresql, examined)
        with run.postgresql() as url:
            run.settle()
            limit = Pgbench(run, url, take_in(url, OWNERS)).leg(run.seconds).rate
        figures.append(replace(figure, beside="submits/s, pgbench", baseline=limit))
    return figures


def _on(run: Run, kind: str, database: Database, examined: float) -> Figure:
    """The figure for one kind of database, beside its submits with nobody at work."""
    run.say(f"{kind}: submits alone")
    with database() as url, serving(run, url) as target:
        submits = submit(target, take_in(url, OWNERS), run.seconds).rate
    run.say(f"{kind}: submit to completed")
    with database() as url:
        rate, facts = _complete(run, url)
    facts |= {"our submits/s alone": submits, "of the examinations": rate / examined}
    name = f"{kind}, submit to completed"
    return Figure(name, rate, "tasks/s", "submits/s, ours alone", submits, facts=facts)


def _complete(run: Run, url: str) -> tuple[float, dict[str, Any]]:
    """Completed tasks a second from the first submit to the last end, and what each costs."""
    owners = take_in(url, OWNERS)
    plugged = instant.settings(run.new_folder("catalog"))
    with serving(run, url, engine="local", settings=plugged) as target:
        pilot = work_off(url, target, owners, PILOT)
        count = max(2 * PILOT, round(pilot * run.seconds * 1.5))
        before = usage(target, url)
        rate = work_off(url, target, owners, count)
        spent = usage(target, url).since(before, count)
    found = books(url)
    if not found.tasks == found.completed == PILOT + count:
        raise Broken(f"of {PILOT + count} tasks {found.completed} are completed")
    if run.profile:
        tell_profile(run, target, tasks=found.tasks, batches=found.batches, spent=spent)
    return rate, {"tasks": count, **spent}


def _examinations(run: Run) -> float:
    """How many pictures a second the worker processes examine when nobody else wants anything."""
    folder = run.new_folder("pictures")
    picture = folder / "dot.png"
    picture.write_bytes(instant.tiny_png())

    async def examine(pool: Pool, number: int) -> None:
        arguments = {
            "path": str(picture),
            "thumb_path": str(folder / f"{number}.webp"),
            "limits": Limits(),
        }
        await pool.run(_EXAMINE, arguments, total=60)

    async def many() -> float:
        pool, processes = Pool(), os.cpu_count() or 1
        await asyncio.gather(*(examine(pool, number) for number in range(processes)))
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < run.seconds:
            await asyncio.gather(*(examine(pool, number) for number in range(8 * processes)))
            count += 8 * processes
        return count / (time.perf_counter() - began)

    run.say("examinations alone")
    return asyncio.run(many())
