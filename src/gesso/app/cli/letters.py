"""Dead letters, as an operator sees and settles them."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from uuid import UUID

import typer

from gesso.app.cli.place import existing, settings_at
from gesso.app.cli.screen import table, write
from gesso.app.cli.trouble import Trouble
from gesso.app.keepers import keepers
from gesso.app.plugins import find_operations
from gesso.domain import auditlog, deadletters, tasks
from gesso.domain.catalog import load_catalog
from gesso.domain.deadletters import DeadLetter
from gesso.infra.settings import Settings
from gesso.kit.ids import parse_id, public_id

_MOST = 100


def show(data_dir: Path | None, *, settled: bool) -> None:
    """Print what is parked, the newest first."""

    async def act() -> Sequence[DeadLetter]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            return await deadletters.page(view, after=None, limit=_MOST, settled=settled)

    letters = asyncio.run(act())
    if not letters:
        typer.echo("Nothing was settled yet." if settled else "Nothing is parked.")
        return
    rows = table("letter", "kind", "lane", ">deliveries", "parked", "what became of it")
    for letter in letters:
        rows.add_row(
            public_id("letter", letter.id),
            letter.kind,
            letter.lane,
            str(letter.deliveries),
            f"{letter.parked_at:%Y-%m-%d %H:%M:%S}",
            letter.settlement or "",
        )
    write(rows)


def look(data_dir: Path | None, letter_id: str) -> None:
    """Print everything that is known of one."""

    async def act() -> DeadLetter:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            return await deadletters.find(view, _known(letter_id))

    letter = asyncio.run(act())
    typer.echo(f"{letter_id}: {letter.kind} {letter.subject}, parked at {letter.parked_at}")
    typer.echo(f"  {letter.reason} Taken up {letter.deliveries} times.")
    typer.echo(f"  {json.dumps(letter.facts, ensure_ascii=False)}")
    if letter.settlement is not None:
        typer.echo(f"  It was {letter.settlement} at {letter.settled_at}.")


def settle(data_dir: Path | None, letter_id: str, what: Literal["requeue", "discard"]) -> None:
    """Requeue or discard one; a server that runs finds it within a tick."""
    settings = settings_at(data_dir)
    known = keepers(_menu(settings))

    async def act() -> DeadLetter:
        verb = deadletters.requeue if what == "requeue" else deadletters.discard
        async with existing(settings) as db, db.tx() as tx:
            letter = await verb(tx, known, _known(letter_id))
            about = {"kind": letter.kind, "of": letter.subject}
            action = f"dead_letter.{what}"
            await auditlog.note(tx, auditlog.by_hand(), action, letter_id, about)
            return letter

    letter = asyncio.run(act())
    typer.echo(f"{letter_id} was {letter.settlement}.")


def _menu(settings: Settings) -> tasks.Menu:
    catalog = load_catalog([settings.catalog] if settings.catalog else [])
    return tasks.Menu(find_operations(settings.plugins), catalog)


def _known(letter_id: str) -> UUID:
    found = parse_id("letter", letter_id)
    if found is None:
        raise Trouble(f"{letter_id!r} is no dead letter; `gesso dead-letter list` shows them.")
    return found
