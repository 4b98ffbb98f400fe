"""Admission with a million jobs waiting, beside admission with a thousand.

One batch lets 16 jobs go in one transaction, commit included. The plans of its statements on the
long line are left in a file, and none of them may read the whole table.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from bench.crowd import QUEUE, fill
from bench.figure import Broken, Figure, Goal, middle
from bench.people import PATIENT, take_in
from bench.run import Run
from gesso.domain.catalog import load_catalog
from gesso.domain.tasks import queues
from gesso.domain.tasks.admit import admit
from gesso.infra.db import Database

FEW, MANY = 1_000, 1_000_000
OWNERS = 100
BATCH, BATCHES = 16, 40
GOAL = Goal(most=1.2)
LEASE = timedelta(seconds=30)
_WHOLE_TABLE = re.compile(r"Seq Scan on job\b|SCAN job(?! USING)")


def measure(run: Run) -> list[Figure]:
    """The time of one batch on each database."""
    figures = [_on(run, "SQLite", run.sqlite)]
    return [*figures, _on(run, "PostgreSQL", run.postgresql)] if run.server else figures


def _on(run: Run, kind: str, database: Callable[[], AbstractContextManager[str]]) -> Figure:
    with ExitStack() as stack:
        urls = []
        for count in (FEW, MANY):
            run.say(f"{kind}: {count:,} jobs come to wait")
            url = stack.enter_context(database())
            fill(url, take_in(url, OWNERS), count)
            urls.append(url)
        run.settle()
        run.say(f"{kind}: {BATCHES} batches of {BATCH} on each")
        (few, many), plans = asyncio.run(_compare(urls))
    file = run.keep(f"{kind.lower()}.txt", plans)
    if _WHOLE_TABLE.search(plans):
        raise Broken(f"{kind} reads the whole table to admit:\n{plans[:2000]}")
    facts = {"p90 ms": sorted(many)[int(len(many) * 0.9)] * 1000, "plans in": str(file)}
    beside = f"ms, {FEW:,} waiting"
    name = f"{BATCH} jobs, {MANY:,} waiting, {kind}"
    return Figure(name, middle(many) * 1000, "ms", beside, middle(few) * 1000, GOAL, facts)


async def _compare(urls: list[str]) -> tuple[list[list[float]], str]:
    """Seconds of each batch on each database, taken in turn, and the plans on the last."""
    open_ = [Database(url, PATIENT) for url in urls]
    try:
        for db in open_:
            await _open_queue(db)
            await _batch(db)
        times: list[list[float]] = [[] for _ in open_]
        for _ in range(BATCHES):
            for db, spent in zip(open_, times, strict=True):
                spent.append(await _batch(db))
        return times, await _plans(open_[-1])
    finally:
        for db in open_:
            await db.close()


async def _open_queue(db: Database) -> None:
    async with db.tx() as tx:
        await queues.ensure(tx, load_catalog())
        await queues.change(tx, QUEUE, {"max_concurrency": 100_000})


async def _batch(db: Database) -> float:
    began = time.perf_counter()
    async with db.tx() as tx:
        taken = await admit(tx, QUEUE, room=BATCH, lease=LEASE)
    if len(taken) != BATCH:
        raise Broken(f"{len(taken)} jobs were admitted instead of {BATCH}")
    return time.perf_counter() - began


async def _plans(db: Database) -> str:
    """How the database goes about each statement of a batch that reads or changes jobs."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if re.search(r"\bjob\b", statement) and not statement.startswith("INSERT"):
            seen.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    await _batch(db)
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)
    explain = "explain query plan " if db.is_sqlite else "explain "
    told = []
    async with db.view() as view:
        connection = await view.connection()
        for statement, parameters in seen:
            plan = await connection.exec_driver_sql(explain + statement, parameters)
            told += [statement, *(f"    {row[-1]}" for row in plan), ""]
    return "\n".join(told)
