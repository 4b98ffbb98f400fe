"""The commands that look after the house: audit, database, queues, settings, a check-up."""

from typing import Annotated

import typer

from gesso import __version__
from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)
db = typer.Typer(name="db", help="The database.", no_args_is_help=True, rich_markup_mode=None)
queue = typer.Typer(name="queue", help="Queues.", no_args_is_help=True, rich_markup_mode=None)
for part in (db, queue):
    app.add_typer(part)


@app.command()
def audit(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Prove every promise about money, work and ownership.

    Exit codes: 0 clean, 1 not clean, 2 it could not be run.
    """
    from gesso.app.cli import auditing  # late: help needs no database

    raise typer.Exit(auditing.audit(data_dir, as_json=as_json))


@db.command("upgrade")
def upgrade(*, data_dir: DataDir = None) -> None:
    """Bring the database up to date, or make it; a second call changes nothing."""
    from gesso.app.cli import schema  # late: help needs no database

    schema.upgrade(data_dir)


@db.command("check")
def check(*, data_dir: DataDir = None) -> None:
    """Compare the database with what this gesso expects; exit 1 when they differ."""
    from gesso.app.cli import schema  # late: help needs no database

    raise typer.Exit(schema.check(data_dir))


@queue.command("list")
def list_queues(*, data_dir: DataDir = None) -> None:
    """List the queues, their settings and what waits in them."""
    from gesso.app.cli import lines  # late: help needs no database

    lines.show(data_dir)


@queue.command("set")
def set_queue(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `gesso queue list` shows it.")],
    max_concurrency: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Jobs at providers at once.")
    ] = None,
    timeout: Annotated[
        int | None, typer.Option(min=1, max=604_800, help="Seconds that a job may take.")
    ] = None,
    max_attempts: Annotated[
        int | None, typer.Option(min=1, max=20, help="Tries of a job in all.")
    ] = None,
    backoff_first: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds before the second try.")
    ] = None,
    backoff_cap: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds before a later try, at most.")
    ] = None,
    priority: Annotated[
        bool | None, typer.Option("--priority/--no-priority", help="Whether priorities count.")
    ] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--paused", help="Whether anything is started.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change how a queue is worked off; a server that runs obeys within five seconds."""
    from gesso.app.cli import lines  # late: help needs no database

    wishes: dict[str, object] = {
        "max_concurrency": max_concurrency,
        "timeout_seconds": timeout,
        "max_attempts": max_attempts,
        "backoff_first": backoff_first,
        "backoff_cap": backoff_cap,
        "priority_enabled": priority,
        "active": active,
    }
    lines.change(data_dir, name, {key: one for key, one in wishes.items() if one is not None})


@app.command()
def config(*, data_dir: DataDir = None) -> None:
    """Show the settings in force as YAML, every secret hidden."""
    import yaml  # late: only this command writes YAML

    from gesso.app.cli.place import settings_at  # late: help needs no settings

    shown = settings_at(data_dir).shown()
    typer.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def doctor(*, data_dir: DataDir = None) -> None:
    """Check this machine and this house.

    Every line says ok, warn or fail, and what to do; exit code 1 when anything fails.
    """
    from gesso.app.cli import checkup  # late: help needs no database

    raise typer.Exit(checkup.run(data_dir))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"gesso {__version__}")
