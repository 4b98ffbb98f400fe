"""The commands that look after the house: audit, database, queues, settings, a check-up."""

from typing import Annotated

import typer

from gesso import __version__
from gesso.app.cli.options import Bind, DataDir

app = typer.Typer(rich_markup_mode=None)
db = typer.Typer(name="db", help="The databases.", no_args_is_help=True, rich_markup_mode=None)
queue = typer.Typer(name="queue", help="Queues.", no_args_is_help=True, rich_markup_mode=None)
letters = typer.Typer(
    name="dead-letter",
    help="Work that took down whoever took it up.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for part in (db, queue, letters):
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
def upgrade(*, bind: Bind = None, data_dir: DataDir = None) -> None:
    """Bring the databases up to date, or make them; a second call changes nothing."""
    from gesso.app.cli import schema  # late: help needs no database

    schema.upgrade(data_dir, bind)


@db.command("check")
def check(*, bind: Bind = None, data_dir: DataDir = None) -> None:
    """Compare the databases with what this gesso expects; exit 1 when they differ."""
    from gesso.app.cli import schema  # late: help needs no database

    raise typer.Exit(schema.check(data_dir, bind))


@db.command("current")
def current(*, data_dir: DataDir = None) -> None:
    """Show at which revision every database is."""
    from gesso.app.cli import schema  # late: help needs no database

    schema.current(data_dir)


@db.command("downgrade")
def downgrade(
    *,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="Back to this one; `base` drops all tables.")
    ],
    bind: Annotated[str, typer.Option(metavar="NAME", help="Whose tables.")],
    yes: Annotated[bool, typer.Option("--yes", help="Even the main database's.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Take the tables of one database back to an earlier revision; what they held is gone."""
    from gesso.app.cli import schema  # late: help needs no database

    schema.downgrade(data_dir, bind, revision, sure=yes)


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


LetterId = Annotated[str, typer.Argument(metavar="LETTER", help="As the list shows it.")]


@letters.command("list")
def list_letters(
    *,
    settled: Annotated[bool, typer.Option("--settled", help="Those that are settled.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List what is parked, the newest first."""
    from gesso.app.cli import letters as dead  # late: help needs no database

    dead.show(data_dir, settled=settled)


@letters.command("show")
def show_letter(*, letter: LetterId, data_dir: DataDir = None) -> None:
    """Show everything that is known of one."""
    from gesso.app.cli import letters as dead  # late: help needs no database

    dead.look(data_dir, letter)


@letters.command("requeue")
def requeue_letter(*, letter: LetterId, data_dir: DataDir = None) -> None:
    """Have what is parked done once more, as if it had never failed."""
    from gesso.app.cli import letters as dead  # late: help needs no database

    dead.settle(data_dir, letter, "requeue")


@letters.command("discard")
def discard_letter(*, letter: LetterId, data_dir: DataDir = None) -> None:
    """End what is parked; whatever was frozen for it goes back."""
    from gesso.app.cli import letters as dead  # late: help needs no database

    dead.settle(data_dir, letter, "discard")


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
