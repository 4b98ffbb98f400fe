"""The commands about usage, and about what providers bill."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)
usage = typer.Typer(name="usage", help="What was used.", rich_markup_mode=None)
app.add_typer(usage)
reconcile = typer.Typer(
    name="reconcile", help="Our books beside the providers' bills.", rich_markup_mode=None
)
app.add_typer(reconcile)


@usage.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    *,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="29 days before --to."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Counted in; today."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT", help="day, tenant, operation, provider; repeatable. Days."),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="One tenant's only.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what was made, charged and paid to providers, by days in UTC."""
    if context.invoked_subcommand is not None:
        return
    from gesso.app.cli import reckoning  # late: help needs no database

    wish = reckoning.Wish(since, until, reckoning.kinds(by or ["day"]), tenant)
    reckoning.show(data_dir, wish, as_json=as_json)


@usage.command("roll-up")
def roll_up(
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--again-from", formats=["%Y-%m-%d"], metavar="DAY",
            help="Count this day and all after it once more.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:  # fmt: skip
    """Count now what a running server counts every minute."""
    from gesso.app.cli import reckoning  # late: help needs no database

    reckoning.roll_up(data_dir, since)


@reconcile.callback(invoke_without_command=True)
def show_days(
    context: typer.Context,
    *,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="29 days before --to."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Counted in; today."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Count the days that are due, and show charged, cost, loss and bill side by side.

    Exit code 1 when something is not explained.
    """
    if context.invoked_subcommand is not None:
        return
    from gesso.app.cli import reconciling  # late: help needs no database

    raise typer.Exit(reconciling.show(data_dir, since, until, as_json=as_json))


@reconcile.command("import")
def import_bill(
    *,
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Whose bill it is.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON.", exists=True, dir_okay=False)
    ],
    id_column: Annotated[
        str, typer.Option("--id", metavar="NAME", help="Where the provider's name of the job is.")
    ] = "id",
    cost_column: Annotated[
        str, typer.Option("--cost", metavar="NAME", help="Where its cost is, as a decimal.")
    ] = "cost",
    at_column: Annotated[
        str, typer.Option("--at", metavar="NAME", help="Where its day or its instant is.")
    ] = "at",
    data_dir: DataDir = None,
) -> None:
    """Take in a provider's own account of what was used; a second time changes nothing."""
    from gesso.app.cli import reconciling  # late: help needs no database

    reconciling.take_in(data_dir, provider, file, columns=(id_column, cost_column, at_column))
