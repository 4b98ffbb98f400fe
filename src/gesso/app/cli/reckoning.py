"""Usage, as an operator reads it: every tenant's, or one's."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import typer
from sqlalchemy import select

from gesso.app.binds import open_bind
from gesso.app.cli.place import existing, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.domain import usage
from gesso.domain.identity import Tenant
from gesso.domain.usage import By, FiguresOut, Group, Question, Report
from gesso.infra.db import Database

_USUAL = timedelta(days=29)
_TASKS = (">done", ">failed", ">cancelled", ">expired")
_MONEY = (">charged", ">released", ">tries", ">cost", ">loss")
_PIECES = (">pieces", ">p50", ">p95")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown, as it was typed."""

    since: datetime | None
    until: datetime | None
    by: Sequence[By]
    tenant: str | None


def show(data_dir: Path | None, wish: Wish, *, as_json: bool) -> None:
    """Print what was used, in groups and in all."""
    until = wish.until.date() if wish.until else datetime.now(UTC).date()
    since = wish.since.date() if wish.since else until - _USUAL

    async def act() -> tuple[Report, Mapping[UUID, str]]:
        async with _both(data_dir) as (main, analytics):
            async with main.view() as view:
                names = {row.id: row.name for row in await view.scalars(select(Tenant))}
            tenant_id = _tenant(names, wish.tenant)
            async with analytics.view() as view:
                question = Question(since, until, wish.by, tenant_id)
                return await usage.report(view, question), names

    report, names = asyncio.run(act())
    if as_json:
        typer.echo(usage.usage_out(since, until, report).model_dump_json(by_alias=True))
        return
    _print(report, wish.by, names)


def kinds(names: Sequence[str]) -> list[By]:
    """What is to be told apart, from the words for it."""
    known = {each.value: each for each in By}
    for name in names:
        if name not in known:
            raise Trouble(f"Usage is not told by {name!r}, but by {', '.join(known)}.")
    return [known[name] for name in names]


def roll_up(data_dir: Path | None, since: datetime | None) -> None:
    """Count everything that has not been counted; with `since`, from that day on once more."""

    async def act() -> tuple[int, datetime]:
        async with _both(data_dir) as (main, analytics):
            if since is not None:
                await usage.roll_back(analytics, since.date())
            step, steps = await usage.roll_up(main, analytics), 1
            while step.more:
                step, steps = await usage.roll_up(main, analytics), steps + 1
            return steps, step.complete_to

    steps, complete_to = asyncio.run(act())
    typer.echo(f"Complete to {when(complete_to)}, after {steps} steps.")


@asynccontextmanager
async def _both(data_dir: Path | None) -> AsyncIterator[tuple[Database, Database]]:
    """The main database, and the one with the rollups."""
    settings = settings_at(data_dir)
    async with existing(settings) as main, open_bind("analytics", settings, main) as bind:
        yield main, await bind.ready()


def _tenant(names: Mapping[UUID, str], wanted: str | None) -> UUID | None:
    found = {name: tenant_id for tenant_id, name in names.items()}
    if wanted is not None and wanted not in found:
        raise Trouble(f"There is no tenant {wanted!r}. There are: {', '.join(sorted(found))}.")
    return None if wanted is None else found[wanted]


def _print(report: Report, by: Sequence[By], names: Mapping[UUID, str]) -> None:
    if report.complete_to is None:
        typer.echo("Nothing has been counted yet. `gesso usage roll-up` counts.")
        return
    shown = [each for each in By if each in by]
    rows = table(*map(str, shown), *_TASKS, *_MONEY, *_PIECES)
    for group in report.groups:
        rows.add_row(*_heads(group, shown, names), *_cells(group.measures))
    heads = ["all", *[""] * (len(shown) - 1)] if shown else []
    rows.add_row(*heads, *_cells(report.totals))
    write(rows)
    typer.echo(f"Days are UTC. Complete to {when(report.complete_to)}.")


def _heads(group: Group, shown: Sequence[By], names: Mapping[UUID, str]) -> list[str]:
    return [
        names.get(group.of[each], str(group.of[each])) if each is By.TENANT else str(group.of[each])
        for each in shown
    ]


def _cells(measures: Mapping[str, int]) -> list[str]:
    told = FiguresOut.told(measures)
    tasks = told.tasks
    seconds = ["", ""] if told.latency is None else [
        f"{told.latency.p50:.1f} s", f"{told.latency.p95:.1f} s",
    ]  # fmt: skip
    return [
        *map(str, (tasks.completed, tasks.failed, tasks.cancelled, tasks.expired)),
        told.charged, told.released, str(told.attempts), told.provider_cost, told.loss,
        str(told.pieces), *seconds,
    ]  # fmt: skip
