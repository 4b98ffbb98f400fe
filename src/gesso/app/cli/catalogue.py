"""The commands for models: what can be asked for, added to and taken out while a server runs."""

from pathlib import Path
from typing import Annotated

import typer

from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)
models = typer.Typer(name="models", help="Models.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models)

ModelId = Annotated[str, typer.Argument(metavar="MODEL", help="A model's id, as the list shows.")]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="PROVIDER:MODEL", help="One of its targets. The whole of it."),
]


@models.command("list")
def list_models(
    *,
    makes: Annotated[
        str | None, typer.Option("--makes", metavar="SKILL", help="e.g. text_to_image. All.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """List the models with their prices, the preferred of each skill first."""
    from gesso.app.cli import models as offered  # late: help needs no database

    offered.show_all(data_dir, makes)


@models.command("show")
def show_model(*, model: ModelId, data_dir: DataDir = None) -> None:
    """Show a model as YAML, and what was ever made of it here."""
    from gesso.app.cli import models as offered  # late: help needs no database

    offered.show(data_dir, model)


@models.command("add")
def add_models(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An entry, or a list of `models`.")],
    data_dir: DataDir = None,
) -> None:
    """Add the models of a YAML file, or replace those of the same ids.

    All of them or none; a server that runs obeys within a second.
    """
    from gesso.app.cli import models as offered  # late: help needs no database

    offered.add(data_dir, file)


@models.command("disable")
def disable_model(*, model: ModelId, target: Target = None, data_dir: DataDir = None) -> None:
    """Take a model out, or one of its targets; what was submitted goes on."""
    from gesso.app.cli import models as offered  # late: help needs no database

    offered.switch(data_dir, model, target, disabled=True)


@models.command("enable")
def enable_model(*, model: ModelId, target: Target = None, data_dir: DataDir = None) -> None:
    """Take it in again."""
    from gesso.app.cli import models as offered  # late: help needs no database

    offered.switch(data_dir, model, target, disabled=False)
