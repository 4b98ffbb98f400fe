"""The commands about registered functions: what can be run, runs, schedules."""

from typing import Annotated

import typer

from gesso.app.cli.options import DataDir, parsed

app = typer.Typer(rich_markup_mode=None)
registry = typer.Typer(
    name="registry",
    help="Functions that are run by name, when asked or on a schedule.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(registry)

Function = Annotated[
    str, typer.Argument(metavar="NAME", help="As `gesso registry tasks` shows it.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, run_….")]
Which = Annotated[str, typer.Argument(metavar="SCHEDULE", help="A schedule's name or id.")]
Arguments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An argument; repeatable."),
]
Cron = Annotated[
    str | None, typer.Option(metavar="LINE", help="Five fields: minute hour day month weekday.")
]
Every = Annotated[int | None, typer.Option(min=1, metavar="S", help="Seconds between two runs.")]
Zone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Of the cron line; else UTC."),
]


@registry.command("tasks")
def list_tasks(*, data_dir: DataDir = None) -> None:
    """List the functions that can be run, with their arguments."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.show_functions(data_dir)


@registry.command("run")
def run(
    *,
    name: Function,
    arguments: Arguments = None,
    delay: Annotated[float, typer.Option(min=0, metavar="S", help="Not before so long.")] = 0,
    priority: Annotated[
        int | None, typer.Option(min=0, max=9, help="9 goes first; as the function says.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="No second run while one of this key has not ended."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Ask for a run; a server or worker that runs takes it up. Prints its id, or with --wait its
    result.

    Exit code 1 with --wait when it was not completed.
    """
    from gesso.app.cli import registered  # late: help needs no database

    wish = registered.Wanted(name, parsed(arguments or []), delay, priority, key)
    raise typer.Exit(registered.run(data_dir, wish, wait=wait))


@registry.command("runs")
def list_runs(
    *,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of these functions; repeatable.")
    ] = None,
    status: Annotated[list[str] | None, typer.Option(help="In these states; repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="At most so many.")] = 20,
    data_dir: DataDir = None,
) -> None:
    """List the newest runs."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.show_runs(data_dir, function or (), status or (), limit)


@registry.command("show")
def show_run(*, run_id: RunId, data_dir: DataDir = None) -> None:
    """Print a run as the API tells it."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.show_run(data_dir, run_id)


@registry.command("cancel")
def cancel_run(*, run_id: RunId, data_dir: DataDir = None) -> None:
    """End a run: at once where it waits, else as soon as its worker hears of it."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.cancel(data_dir, run_id)


@registry.command("schedules")
def list_schedules(*, data_dir: DataDir = None) -> None:
    """List the schedules and when they fire next."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.show_schedules(data_dir)


@registry.command("schedule")
def make_schedule(
    *,
    name: Function,
    arguments: Arguments = None,
    cron: Cron = None,
    every: Every = None,
    time_zone: Zone = None,
    label: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call it.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Have a function run again and again."""
    from gesso.app.cli import registered  # late: help needs no database

    timing = registered.Timing(cron, every, time_zone or "UTC")
    registered.schedule(data_dir, name, parsed(arguments or []), timing, label=label)


@registry.command("reschedule")
def change_schedule(
    *,
    which: Which,
    cron: Cron = None,
    every: Every = None,
    time_zone: Zone = None,
    active: Annotated[
        bool | None, typer.Option("--active/--paused", help="Whether it fires.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Pause, resume or re-time a schedule."""
    from gesso.app.cli import registered  # late: help needs no database

    wishes: dict[str, object] = {
        "cron": cron,
        "every_seconds": every,
        "time_zone": time_zone,
        "active": active,
    }
    changes = {name: value for name, value in wishes.items() if value is not None}
    registered.reschedule(data_dir, which, changes)


@registry.command("unschedule")
def remove_schedule(*, which: Which, data_dir: DataDir = None) -> None:
    """Remove a schedule; its runs go on."""
    from gesso.app.cli import registered  # late: help needs no database

    registered.unschedule(data_dir, which)
