"""Reconciliation on the command line: bills taken in, and days shown."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from gesso.app.cli.place import existing, settings_at
from gesso.app.cli.screen import table, write
from gesso.app.cli.trouble import Trouble
from gesso.domain import reconciliation
from gesso.domain.reconciliation import Columns, ReconciledDay, ReconciledDayOut

_USUAL = timedelta(days=29)
_MOST = 10_000
_HEADS = (
    "day", "provider", ">charged", ">cost", ">loss", ">tries", ">unknown", ">billed",
    ">difference", ">unexplained",
)  # fmt: skip


def show(
    data_dir: Path | None, since: datetime | None, until: datetime | None, *, as_json: bool
) -> int:
    """Count what is due and print the days; 1 where something is not explained."""
    last = until.date() if until else datetime.now(UTC).date()
    first = since.date() if since else last - _USUAL

    async def act() -> Sequence[ReconciledDay]:
        async with existing(settings_at(data_dir)) as db:
            await reconciliation.reconcile(db)
            async with db.view() as view:
                return await reconciliation.report(view, first, last, limit=_MOST)

    days = asyncio.run(act())
    told = [ReconciledDayOut.told(day) for day in days]
    if as_json:
        typer.echo(json.dumps({"items": [each.model_dump(mode="json") for each in told]}))
    else:
        _print(told)
    return 1 if any(day.unexplained for day in days) else 0


def take_in(
    data_dir: Path | None, provider: str, file: Path, *, columns: tuple[str, str, str]
) -> None:
    """Read a bill, keep its lines, and count its days anew; Trouble where it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{file} cannot be read: {error}.") from error
    lines = reconciliation.read_bill(text, Columns(*columns))

    async def act() -> int:
        async with existing(settings_at(data_dir)) as db:
            return await reconciliation.import_bill(db, provider, lines, source=file.name)

    days = asyncio.run(act())
    typer.echo(f"{len(lines)} lines of {provider} taken in, {days} days counted.")


def _print(days: Sequence[ReconciledDayOut]) -> None:
    rows = table(*_HEADS)
    for day in days:
        rows.add_row(
            str(day.day), day.provider, day.charged, day.provider_cost, day.loss,
            str(day.attempts), str(day.unknown), day.billed or "", day.difference or "",
            str(day.unexplained),
        )  # fmt: skip
    write(rows)
    typer.echo("Days are UTC; costs are in the providers' currencies.")
