"""What the tasks of one provider lose when another one fails every time.

A steady trickle of tasks goes to a provider that delivers at once, far below what the machine can
do; a task's time is that from its submit to its end, by the database. Legs take turns: alone, and
beside hundreds of jobs of a provider that answers each of them with 503.
"""

import http.client
import json
import statistics
import time
from collections.abc import Sequence
from statistics import quantiles

from sqlalchemy import func, select

from bench import ill
from bench.distant import A_TASK
from bench.far import ask_far, far_provider, until
from bench.figure import Broken, Figure, Goal
from bench.people import Owner, ask, take_in
from bench.run import Run
from bench.submitting import submit
from bench.target import Target, serving
from gesso.domain.tasks.tables import Task

ROUNDS = 3
LEGS = 4
"""A leg here is so many times as long as one of a throughput: it needs enough tasks for a p95."""
EVERY = 0.05
"""Seconds between two tasks of the trickle."""
SICK = 10
"""Tasks at the failing provider, of fifty jobs each."""
_PATIENCE = 60.0


def measure(run: Run) -> list[Figure]:
    """The p95 beside an outage over the p95 alone, and what the failing one was asked."""
    alone, beside, asked = [], [], []
    with far_provider(run) as root:
        for number in range(ROUNDS):
            run.say(f"round {number + 1}: alone, and beside {SICK * A_TASK} jobs that fail")
            alone.append(_leg(run, root, sick=0)[0])
            p95, requests = _leg(run, root, sick=SICK)
            beside.append(p95)
            asked.append(requests)
    most = max(asked)
    if most > 1.1 * SICK * A_TASK:
        raise Broken(f"the failing provider was asked {most} times for {SICK * A_TASK} jobs")
    return [
        Figure(
            "a task's time beside an outage, p95",
            statistics.median(beside),
            "ms",
            "ms, alone",
            statistics.median(alone),
            goal=Goal(most=1.1),
            facts={"requests to the failing one": most, "its jobs": SICK * A_TASK},
        )
    ]


def _leg(run: Run, root: str, *, sick: int) -> tuple[float, int]:
    """The p95 of the trickle's tasks in milliseconds, and how often the failing one was asked."""
    plugged = ill.settings(run.new_folder("catalog"), root)
    before = _asked(root)
    with run.postgresql() as url, serving(run, url, engine="local", settings=plugged) as target:
        owners = take_in(url, 2)
        _trickle(target, owners[:1], 1.0)  # whoever comes first pays for what is warmed up
        if sick:
            body = json.dumps({"type": "sheet", "prompt": "a ceramic owl", "count": A_TASK})
            submit(target, owners[1:], _PATIENCE, limit=sick, body=body)
        count = _trickle(target, owners[:1], LEGS * run.seconds)
        times = _times(url, owners[0], count)
    return 1000 * quantiles(times, n=20)[-1], _asked(root) - before


def _trickle(target: Target, owners: Sequence[Owner], seconds: float) -> int:
    """Submit a task whenever one is due; how many it were."""
    line = http.client.HTTPConnection(target.host, target.port, timeout=_PATIENCE)
    body = json.dumps({"type": "text_to_image", "prompt": "a ceramic owl"})
    count, began = 0, time.monotonic()
    while (due := began + count * EVERY) < began + seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        owner = owners[count % len(owners)]
        headers = {"Authorization": f"Bearer {owner.key}", "Content-Type": "application/json"}
        line.request("POST", "/api/v1/tasks", body, headers)
        answer = line.getresponse()
        if answer.read() and answer.status != 202:
            raise Broken(f"a submit was answered with {answer.status}")
        count += 1
    line.close()
    return count


def _times(url: str, owner: Owner, count: int) -> list[float]:
    """Seconds of the newest tasks of an owner, once all have ended."""
    mine = Task.owner_id == owner.id
    left = select(func.count()).select_from(Task).where(mine, Task.finished_at.is_(None))
    until(lambda: not ask(url, left)[0][0], every=0.2)
    newest = select(Task.created_at, Task.finished_at).where(mine, Task.status == "completed")
    rows = ask(url, newest.order_by(Task.created_at.desc()).limit(count))
    if len(rows) < count:
        raise Broken(f"of {count} tasks {len(rows)} were completed")
    return [(finished - created).total_seconds() for created, finished in rows]


def _asked(root: str) -> int:
    return int(ask_far(root, "/truth")["refused"])
