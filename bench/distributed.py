"""Paid tasks from submit to completed on the distributed stack, beside engines that do nothing.

Celery carries a message and calls an empty function; Procrastinate keeps a row and calls an empty
function. Ours is a paid task over HTTP: key, price, hold, job, attempt, a picture examined and
stored, settlement, events, on the servers that the others use too.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import celery_alone, instant, procrastinate_alone
from bench.broker import virtual_host
from bench.figure import Broken, Figure, Goal, Skipped
from bench.people import books, take_in
from bench.run import Run
from bench.stack import standing
from bench.submitting import work_off
from tests.house.redis import RedisServer

OWNERS = 50
PILOT = 100


def measure(run: Run) -> list[Figure]:
    """Celery, Procrastinate, ours, in turn."""
    with virtual_host(run.new_name()) as broker:
        run.say("Celery: tasks that do nothing")
        celery, celery_facts = celery_alone.tasks_a_second(run, broker)
    with run.postgresql() as url:
        run.say("Procrastinate: jobs that do nothing")
        run.settle()
        procrastinate, jobs_facts = procrastinate_alone.jobs_a_second(run, url)
    with run.postgresql() as url, virtual_host(run.new_name()) as broker, _redis() as redis:
        run.say("ours: submit to completed")
        run.settle()
        ours, facts = _complete(run, url, broker, redis)
    name = "paid tasks over HTTP, submit to completed"
    return [
        Figure("Celery, tasks that do nothing", celery, "tasks/s", facts=celery_facts),
        Figure("Procrastinate, the same", procrastinate, "jobs/s", facts=jobs_facts),
        Figure(name, ours, "tasks/s", "jobs/s, Procrastinate", procrastinate, Goal(least=1), facts),
        Figure(name, ours, "tasks/s", "tasks/s, Celery", celery),
    ]


def _complete(run: Run, url: str, broker: str, redis: str) -> tuple[float, dict[str, float]]:
    """Completed tasks a second from the first submit to the last end, and what each costs."""
    owners = take_in(url, OWNERS)
    settings = {
        **instant.settings(run.new_folder("catalog")),
        "GESSO_BROKER__URL": broker,
        "GESSO_REDIS__URL": redis,
    }
    with standing(run, url, settings) as stack:
        work_off(url, stack, owners, PILOT)
        pilot = work_off(url, stack, owners, PILOT)
        count = max(10 * PILOT, round(pilot * run.seconds * 1.5))
        before = stack.cpu()
        rate = work_off(url, stack, owners, count)
        spent = {
            f"{name} µs a task": (seconds - before[name]) / count * 1e6
            for name, seconds in stack.cpu().items()
        }
    found, wanted = books(url), 2 * PILOT + count
    if not found.tasks == found.completed == wanted:
        raise Broken(f"of {wanted} tasks {found.completed} are completed")
    return rate, {"tasks": count, **spent}


@contextmanager
def _redis() -> Iterator[str]:
    """The address of a Redis of this run's own."""
    program = shutil.which("redis-server")
    if program is None:
        raise Skipped("redis-server is not installed")
    with tempfile.TemporaryDirectory(prefix="gesso-bench-redis-") as folder:
        server = RedisServer(program, Path(folder))
        server.start()
        try:
            yield server.url
        finally:
            server.kill()
