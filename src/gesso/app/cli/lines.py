"""Queues, as an operator sees and changes them; a server that runs obeys at its next look."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.screen import table, write
from gesso.app.cli.trouble import Trouble
from gesso.domain import auditlog, tasks
from gesso.domain.catalog import load_catalog
from gesso.infra.db import Database

_FIGURES = (">waiting", ">at work", ">at most", ">timeout", ">tries", ">backoff")


def show(data_dir: Path | None) -> None:
    """Print every queue with its settings and its load."""

    async def act() -> list[tasks.queues.Load]:
        async with _stocked(data_dir) as db, db.view() as view:
            return await tasks.queues.settings(view)

    _print(asyncio.run(act()))


def change(data_dir: Path | None, name: str, values: Mapping[str, Any]) -> None:
    """Change what is given, and print the queue as it is then."""
    if not values:
        raise Trouble("Nothing to change was given; `gesso queue set --help` lists what there is.")

    async def act() -> list[tasks.queues.Load]:
        async with _stocked(data_dir) as db, db.tx() as tx:
            known = {load.queue.name: load.queue for load in await tasks.queues.settings(tx)}
            if name not in known:
                raise Trouble(f"There is no queue {name!r}. There are: {', '.join(known)}.")
            first = values.get("backoff_first", known[name].backoff_first)
            if first > values.get("backoff_cap", known[name].backoff_cap):
                raise Trouble("The first backoff cannot be longer than the cap.")
            await tasks.queues.change(tx, name, values)
            await auditlog.note(tx, auditlog.by_hand(), "queue.change", name, values)
        async with _stocked(data_dir) as db, db.view() as view:
            return [load for load in await tasks.queues.settings(view) if load.queue.name == name]

    _print(asyncio.run(act()))


@asynccontextmanager
async def _stocked(data_dir: Path | None) -> AsyncIterator[Database]:
    """The database with the queues that the catalogue names, also before the first server ran."""
    settings = settings_at(data_dir)
    catalog = load_catalog([settings.catalog] if settings.catalog else [])
    async with ready(settings) as db:
        async with db.tx() as tx:
            await tasks.queues.ensure(tx, catalog)
        yield db


def _print(loads: list[tasks.queues.Load]) -> None:
    rows = table("queue", "state", *_FIGURES, "priority")
    for load in loads:
        queue = load.queue
        rows.add_row(
            queue.name,
            "active" if queue.active else "paused",
            str(load.count.waiting),
            str(load.count.at_provider),
            str(queue.max_concurrency),
            f"{queue.timeout_seconds} s",
            str(queue.max_attempts),
            f"{queue.backoff_first:g}–{queue.backoff_cap:g} s",
            "yes" if queue.priority_enabled else "no",
        )
    write(rows)
