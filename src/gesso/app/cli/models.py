"""Models, as an operator sees and changes them; a server that runs obeys within a second."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer
import yaml

from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.app.offer import menu_of
from gesso.domain import auditlog, catalog, tasks
from gesso.domain.catalog import Catalog, Model, Price
from gesso.infra.db import Database, Tx
from gesso.kit.money import credits_text

T = TypeVar("T")


def show_all(data_dir: Path | None, makes: str | None) -> None:
    """Print the models."""

    async def act(tx: Tx, menu: tasks.Menu) -> Catalog:
        return await catalog.in_force(tx, menu.catalog)

    menu, known = _do(data_dir, act)
    rows = table("model", "makes", "tiers", ">price", "asked first", "state")
    for model in known.models:
        if known.by_id[model.id] is not model or (makes and model.makes != makes):
            continue
        first, *others = model.targets
        more = f" +{len(others)}" if others else ""
        state = "disabled" if model.disabled else _state(menu, model)
        tiers = ", ".join(model.tiers) if len(model.tiers) < 3 else "all"
        price = f"{_rate(model.price)} a {model.price.unit or model.unit}"
        rows.add_row(model.id, model.makes, tiers, price, first.name + more, state)
    write(rows)
    typer.echo(f"Version {known.version}.")


def show(data_dir: Path | None, model_id: str) -> None:
    """Print one entry and its revisions."""

    async def act(tx: Tx, menu: tasks.Menu) -> tuple[Catalog, Sequence[catalog.CatalogRevision]]:
        known = await catalog.in_force(tx, menu.catalog)
        return known, await catalog.history(tx, model_id)

    _, (known, revisions) = _do(data_dir, act)
    model = known.by_id.get(model_id)
    if model is None:
        raise Trouble(f"There is no model {model_id!r}; `gesso models list` shows them.")
    entry = model.model_dump(mode="json", exclude_defaults=True)
    typer.echo(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True), nl=False)
    for each in revisions:
        who = "over HTTP" if each.made_by else "here"
        typer.echo(f"# revision {each.revision}, {when(each.created_at)}, {who}")


def add(data_dir: Path | None, file: Path) -> None:
    """Put every entry of the file in force, or none."""
    entries = catalog.read_entries(file)

    async def act(tx: Tx, menu: tasks.Menu) -> list[tuple[str, int]]:
        known, made = await catalog.edit(tx, menu.catalog), []
        for model in entries:
            menu.check(model)
            revision = await catalog.put(tx, known, model)
            await _note(tx, "model.put", model.id, revision=revision)
            made.append((model.id, revision))
            known = await catalog.in_force(tx, known)
        return made

    _, made = _do(data_dir, act)
    for model_id, revision in made:
        typer.echo(f"{model_id} is in force as revision {revision}.")


def switch(data_dir: Path | None, model_id: str, target: str | None, *, disabled: bool) -> None:
    """Take a model or a target out, or in."""

    async def act(tx: Tx, menu: tasks.Menu) -> int:
        known = await catalog.edit(tx, menu.catalog)
        model = catalog.changed(known, model_id, target=target, disabled=disabled)
        revision = await catalog.put(tx, known, model)
        about = {"revision": revision, "target": target, "disabled": disabled}
        await _note(tx, "model.change", model_id, **about)
        return revision

    _, revision = _do(data_dir, act)
    what = f"{model_id}'s {target}" if target else model_id
    how = "disabled" if disabled else "enabled"
    typer.echo(f"{what} is {how}, as revision {revision}.")


async def _note(tx: Tx, action: str, subject: str, **details: object) -> None:
    await auditlog.note(tx, auditlog.by_hand(), action, subject, details)


def _do(
    data_dir: Path | None, act: Callable[[Tx, tasks.Menu], Coroutine[Any, Any, T]]
) -> tuple[tasks.Menu, T]:
    async def done() -> tuple[tasks.Menu, T]:
        async with _stocked(data_dir) as (db, menu), db.tx() as tx:
            return menu, await act(tx, menu)

    return asyncio.run(done())


@asynccontextmanager
async def _stocked(data_dir: Path | None) -> AsyncIterator[tuple[Database, tasks.Menu]]:
    settings = settings_at(data_dir)
    async with ready(settings) as db:
        yield db, menu_of(settings, db)


def _state(menu: tasks.Menu, model: Model) -> str:
    return "available" if menu.is_offered(model) else "no credential"


def _rate(price: Price) -> str:
    """What a unit costs; a span where the tiers differ."""
    rates = sorted({price.rate(tier) for tier in ("fast", "standard", "high")})
    ends = [credits_text(rate) for rate in (rates[0], rates[-1])]
    return ends[0] if len(rates) == 1 else "–".join(ends)
