"""Registered functions, as an operator lists and runs them; whoever works takes the runs up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import typer

from gesso.app import functions
from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.app.plugins import find_functions
from gesso.domain import auditlog, registry
from gesso.domain.registry import Functions, Plan, Run, Schedule, Timing, Wish, run_out
from gesso.infra.db import Database, Tx
from gesso.infra.errors import GessoError
from gesso.kit.ids import parse_id, public_id

__all__ = ["Timing"]

T = TypeVar("T")
Act = Callable[[Database, Functions], Coroutine[Any, Any, T]]

_LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run as it was typed."""

    function: str
    arguments: Mapping[str, Any]
    delay: float
    priority: int | None
    key: str | None


def show_functions(data_dir: Path | None) -> None:
    """Print what can be run."""
    rows = table("function", "arguments", "queue", ">tries", ">timeout", "what it does")
    known = find_functions(settings_at(data_dir).plugins)
    for name in sorted(known):
        terms, fields = known[name].terms, known[name].arguments.model_fields
        told = ", ".join(f if field.is_required() else f"[{f}]" for f, field in fields.items())
        tries, timeout = str(terms.max_attempts), f"{terms.timeout:g} s"
        rows.add_row(name, told or "–", terms.queue, tries, timeout, known[name].summary)
    write(rows)


def run(data_dir: Path | None, wanted: Wanted, *, wait: bool) -> int:
    """Ask for the run; its exit code, which is 1 when it was waited for in vain."""
    wish = Wish(
        function=wanted.function,
        arguments=wanted.arguments,
        delay=timedelta(seconds=wanted.delay),
        priority=wanted.priority,
        deduplication_key=wanted.key,
    )

    async def act(db: Database, known: Functions) -> Run:
        function = registry.checked(known, wish)
        async with db.tx() as tx:
            asked = await registry.ask(tx, function, wish)
            run = public_id("run", asked.run.id)
            await _note(tx, "run.request", run, function=wish.function, how=asked.how)
        return await _ended(db, asked.run) if wait else asked.run

    made = _do(data_dir, act)
    if not wait:
        typer.echo(public_id("run", made.id))
        return 0
    if made.status == "completed":
        typer.echo(json.dumps(made.result, ensure_ascii=False))
        return 0
    typer.echo(f"The run was not completed: {made.status}, {made.error_message}", err=True)
    return 1


def show_runs(
    data_dir: Path | None, names: Sequence[str], statuses: Sequence[str], limit: int
) -> None:
    """Print the newest runs."""

    async def act(db: Database, _known: Functions) -> Sequence[Run]:
        async with db.view() as view:
            return await registry.page(view, functions=names, statuses=statuses, limit=limit)

    rows = table("run", "function", "state", ">try", "asked", "ended", "what came of it")
    for each in _do(data_dir, act):
        ended = when(each.finished_at) if each.finished_at else ""
        tries = f"{each.attempt}/{each.max_attempts}"
        came = each.error_message or ("" if each.result is None else json.dumps(each.result)[:60])
        name = public_id("run", each.id)
        rows.add_row(name, each.function, each.status, tries, when(each.created_at), ended, came)
    write(rows)


def show_run(data_dir: Path | None, run_id: str) -> None:
    """Print one run as JSON."""

    async def act(db: Database, _known: Functions) -> Run:
        async with db.view() as view:
            return await registry.get(view, _run_id(run_id))

    typer.echo(run_out(_do(data_dir, act)).model_dump_json(indent=2))


def cancel(data_dir: Path | None, run_id: str) -> None:
    """End a run, and say how far that is."""

    async def act(db: Database, _known: Functions) -> Run:
        async with db.tx() as tx:
            run = await registry.cancel(tx, _run_id(run_id))
            await _note(tx, "run.cancel", run_id, function=run.function)
            return run

    ended = _do(data_dir, act).status == "cancelled"
    typer.echo("Cancelled." if ended else "Its worker has been asked to stop.")


def show_schedules(data_dir: Path | None) -> None:
    """Print every schedule."""

    async def act(db: Database, _known: Functions) -> Sequence[Schedule]:
        async with db.view() as view:
            return await registry.schedules.page(view, after=None, limit=1000)

    _print(_do(data_dir, act))


def schedule(
    data_dir: Path | None,
    function: str,
    arguments: Mapping[str, Any],
    timing: Timing,
    *,
    label: str | None,
) -> None:
    """Make a schedule, and print it."""
    plan = Plan(function=function, arguments=arguments, timing=timing, name=label)

    async def act(db: Database, known: Functions) -> Schedule:
        async with db.tx() as tx:
            made = await registry.schedules.make(tx, known, plan)
            name = public_id("sched", made.id)
            await _note(tx, "schedule.create", name, function=function, name=label)
            return made

    _print([_do(data_dir, act)])


def reschedule(data_dir: Path | None, which: str, changes: Mapping[str, Any]) -> None:
    """Change a schedule, and print it."""
    if not changes:
        raise Trouble("Nothing to change was given; `gesso registry reschedule --help` lists it.")

    async def act(db: Database, known: Functions) -> Schedule:
        async with db.tx() as tx:
            changed = await registry.schedules.change(
                tx, known, await _schedule_id(tx, which), changes
            )
            await _note(tx, "schedule.change", public_id("sched", changed.id), **changes)
            return changed

    _print([_do(data_dir, act)])


def unschedule(data_dir: Path | None, which: str) -> None:
    """Remove a schedule."""

    async def act(db: Database, _known: Functions) -> None:
        async with db.tx() as tx:
            gone = await _schedule_id(tx, which)
            await registry.schedules.remove(tx, gone)
            await _note(tx, "schedule.remove", public_id("sched", gone))

    _do(data_dir, act)
    typer.echo(f"{which} is removed.")


async def _note(tx: Tx, action: str, subject: str, **details: object) -> None:
    await auditlog.note(tx, auditlog.by_hand(), action, subject, details)


def _do(data_dir: Path | None, act: Act[T]) -> T:
    """Act on the database; a refusal is told in a sentence."""

    async def done() -> T:
        async with _stocked(data_dir) as (db, known):
            return await act(db, known)

    try:
        return asyncio.run(done())
    except GessoError as error:
        found: Any = error.facts.get("errors", ())
        told = "; ".join(
            f"{each['pointer'].removeprefix('#/')}: {each['detail']}" for each in found
        )
        raise Trouble(told or error.message) from error


@asynccontextmanager
async def _stocked(data_dir: Path | None) -> AsyncIterator[tuple[Database, Functions]]:
    """The database with the built-in schedules, also before the first server ran."""
    settings = settings_at(data_dir)
    known = find_functions(settings.plugins)
    async with ready(settings) as db:
        async with db.tx() as tx:
            await registry.ensure(tx, functions.SCHEDULES)
        yield db, known


async def _ended(db: Database, asked: Run) -> Run:
    while True:
        async with db.view() as view:
            seen = await registry.get(view, asked.id)
        if seen.finished_at is not None:
            return seen
        await asyncio.sleep(_LOOK_EVERY)


async def _schedule_id(view: Any, which: str) -> UUID:
    found = parse_id("sched", which)
    if found is not None:
        return found
    for each in await registry.schedules.page(view, after=None, limit=1000):
        if each.name == which:
            return each.id
    raise Trouble(f"There is no schedule {which!r}; `gesso registry schedules` lists them.")


def _run_id(text: str) -> UUID:
    found = parse_id("run", text)
    if found is None:
        raise Trouble(f"{text!r} is not the id of a run; `gesso registry runs` lists them.")
    return found


def _print(found: Sequence[Schedule]) -> None:
    rows = table("schedule", "name", "function", "when", "state", "next", "last")
    for each in found:
        timing = f"{each.cron} {each.time_zone}" if each.cron else f"every {each.every_seconds} s"
        rows.add_row(
            public_id("sched", each.id),
            each.name or "",
            each.function,
            timing,
            "active" if each.active else "paused",
            when(each.next_fire_at) if each.active else "",
            when(each.last_fire_at) if each.last_fire_at else "never",
        )
    write(rows)
