"""Reads over HTTP, for information: requests a second, and SQL statements for each of them.

Beside them stands a request that reads nothing (`/health/live`): what HTTP itself costs here.
"""

import json
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.figure import Broken, Figure
from bench.load import Order, press
from bench.people import Owner, take_in
from bench.run import Run
from bench.submitting import submit
from bench.target import Target, serving

OWNERS = 20
TASKS = 400
SAMPLE = 200
BESIDE = "requests/s, /health/live"


def measure(run: Run) -> list[Figure]:
    """Three reads on each database; the keys are those of several owners with some tasks each."""
    figures = _on(run, "SQLite", run.sqlite)
    return figures + _on(run, "PostgreSQL", run.postgresql) if run.server else figures


def _on(run: Run, kind: str, database: Callable[[], AbstractContextManager[str]]) -> list[Figure]:
    with database() as url:
        owners = take_in(url, OWNERS)
        with serving(run, url) as target:
            submit(target, owners, 30, limit=TASKS)
            paths = {owner.key: _newest(target, owner) for owner in owners}
            reads = {
                "GET one task": [_get(paths[owner.key], owner) for owner in owners],
                "GET a page of tasks": [_get("/api/v1/tasks?limit=20", owner) for owner in owners],
                "GET the wallet": [_get("/api/v1/wallet", owner) for owner in owners],
            }
            run.say(f"{kind}: reads")
            nothing = _rate(run, target, ["GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n"])[0]
            found = {name: _rate(run, target, templates) for name, templates in reads.items()}
        counts = {name: _statements(run, url, templates) for name, templates in reads.items()}
    return [
        Figure(
            f"{name}, {kind}", rate, "requests/s", BESIDE, nothing,
            facts={"statements a request": counts[name], "p99 ms": p99},
        )
        for name, (rate, p99) in found.items()
    ]  # fmt: skip


def _rate(run: Run, target: Target, templates: list[str]) -> tuple[float, float]:
    tally = press(Order(target.host, target.port, templates, run.seconds))
    if set(tally.answers) != {"200"}:
        raise Broken(f"reads were refused: {tally.answers} {tally.first_refusal}")
    return tally.rate, tally.p99


def _statements(run: Run, url: str, templates: list[str]) -> float:
    """Statements for each of some requests; the look at the key is shared by those of a second."""
    with serving(run, url, watch=True) as target:
        pass
    before = sum(times for _, times, _ in target.statements())
    with serving(run, url, watch=True) as target:
        press(Order(target.host, target.port, templates, 30, limit=SAMPLE, connections=4))
    return (sum(times for _, times, _ in target.statements()) - before) / SAMPLE


def _newest(target: Target, owner: Owner) -> str:
    address = f"http://{target.host}:{target.port}/api/v1/tasks?limit=1"
    ask = urllib.request.Request(address, headers={"Authorization": f"Bearer {owner.key}"})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        return f"/api/v1/tasks/{json.load(answer)['items'][0]['id']}"


def _get(path: str, owner: Owner) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {owner.key}\r\n\r\n"
