"""The commands about tenants, and about who did what."""

from typing import Annotated

import typer

from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)
tenants = typer.Typer(
    name="tenants", help="Organisations.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(tenants)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The organisation's name.")]
_Text = Annotated[str | None, typer.Option(metavar="TEXT", help="Of this one only.")]


@tenants.command("list")
def list_tenants(*, data_dir: DataDir = None) -> None:
    """List the organisations, closed ones too."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.show_tenants(data_dir)


@tenants.command("create")
def create_tenant(*, name: Name, data_dir: DataDir = None) -> None:
    """Make an organisation; `gesso user create EMAIL --tenant NAME` takes people in."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.make_tenant(data_dir, name)


@tenants.command("rename")
def rename_tenant(
    *,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called from now on.")],
    data_dir: DataDir = None,
) -> None:
    """Call an organisation otherwise."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.rename_tenant(data_dir, name, new)


@tenants.command("close")
def close_tenant(*, name: Name, data_dir: DataDir = None) -> None:
    """Let nobody of an organisation in any more; what they ordered goes on, what they own stays."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.close_tenant(data_dir, name)


@app.command("audit-log")
def show_log(
    *,
    actor: _Text = None,
    action: _Text = None,
    subject: _Text = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Lines to show.")] = 20,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every line, for a spreadsheet.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show who changed what, in every organisation, the newest first."""
    from gesso.app.cli import standing  # late: help needs no database
    from gesso.domain.auditlog import Filters  # late: help needs no database

    wanted = Filters(actor=actor, action=action, subject=subject)
    standing.show_log(data_dir, wanted, limit=limit, as_csv=as_csv)
