"""The commands about keys of providers. A secret is never an argument: others could see it there,
and the shell remembers it.
"""

from typing import Annotated, Any

import typer

from gesso.app.cli.options import DataDir

app = typer.Typer(rich_markup_mode=None)
keyring = typer.Typer(
    name="keyring", help="Keys of providers.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(keyring)

Key = Annotated[
    str, typer.Argument(metavar="KEY", help="A key's id, or PROVIDER/LABEL where it has one.")
]
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="As the catalogue names it.")]
Weight = Annotated[
    int | None, typer.Option(min=1, max=1000, metavar="N", help="Its share among its like.")
]
Concurrency = Annotated[
    int | None,
    typer.Option("--max-concurrency", min=0, metavar="N", help="Jobs at once; 0: no limit."),
]
PerMinute = Annotated[
    int | None,
    typer.Option("--per-minute", min=0, metavar="N", help="Submissions a minute; 0: no limit."),
]
Root = Annotated[
    str | None, typer.Option(metavar="URL", help="Where the API is; the usual address, if none.")
]
FromEnvironment = Annotated[
    bool,
    typer.Option("--from-env", help="Take the secret from the variables that are customary."),
]


@keyring.command("add")
def add(
    *,
    provider: Provider,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What to call it.")],
    weight: Weight = None,
    max_concurrency: Concurrency = None,
    per_minute: PerMinute = None,
    root: Root = None,
    from_env: FromEnvironment = False,
    data_dir: DataDir = None,
) -> None:
    """Put a key on the ring; its secret is asked for, or read from standard input: one line, or
    JSON with each part.
    """
    from gesso.app.cli import ring  # late: help needs no database

    facts = _given(weight=weight, max_concurrency=max_concurrency, per_minute=per_minute)
    ring.add(data_dir, provider, label, {**facts, "root": root}, from_env=from_env)


@keyring.command("list")
def list_keys(
    *,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Of this one only.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List the keys, masked, with what each may and how it is."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.show_all(data_dir, provider)


@keyring.command("show")
def show(*, key: Key, data_dir: DataDir = None) -> None:
    """Print one as the API shows it, and its history."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.show(data_dir, key)


@keyring.command("set")
def change(
    *,
    key: Key,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="What to call it.")] = None,
    weight: Weight = None,
    max_concurrency: Concurrency = None,
    per_minute: PerMinute = None,
    active: Annotated[
        bool | None, typer.Option("--active/--paused", help="Whether new jobs get it.")
    ] = None,
    retire: Annotated[bool, typer.Option("--retire", help="No new job gets it, for ever.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Change a key; whoever works obeys at once."""
    from gesso.app.cli import ring  # late: help needs no database

    changes = _given(
        label=label, weight=weight, max_concurrency=max_concurrency, per_minute=per_minute
    )
    if active is not None:
        changes["state"] = "active" if active else "paused"
    if retire:
        changes["state"] = "retired"
    ring.change(data_dir, key, changes)


@keyring.command("replace")
def replace(
    *, key: Key, root: Root = None, from_env: FromEnvironment = False, data_dir: DataDir = None
) -> None:
    """Put a new secret in the place of a key's; the old one stays for the jobs that it has."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.replace(data_dir, key, root, from_env=from_env)


@keyring.command("rest")
def rest(
    *,
    key: Key,
    seconds: Annotated[float, typer.Option(min=1, metavar="N", help="For how long.")] = 3600,
    data_dir: DataDir = None,
) -> None:
    """Lend a key to nobody for a while."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.rest(data_dir, key, seconds)


@keyring.command("release")
def release(*, key: Key, data_dir: DataDir = None) -> None:
    """Lend a resting key again."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.release(data_dir, key)


@keyring.command("remove")
def remove(*, key: Key, data_dir: DataDir = None) -> None:
    """Destroy a retired key that no job needs any more."""
    from gesso.app.cli import ring  # late: help needs no database

    ring.remove(data_dir, key)


@keyring.command("rotate-master")
def rotate_master(*, data_dir: DataDir = None) -> None:
    """Put a new master key in force and wrap every key by it.

    It may be broken off and begun again; jobs go on meanwhile. A master key in a file is made anew,
    one from the settings is the one that they name now. Exit code 1: some keys cannot be opened.
    """
    from gesso.app.cli import rotating  # late: help needs no database

    raise typer.Exit(rotating.rotate(data_dir))


def _given(**options: Any) -> dict[str, Any]:
    """What was given; a limit of 0 is none."""
    limits = ("max_concurrency", "per_minute")
    return {
        name: None if name in limits and value == 0 else value
        for name, value in options.items()
        if value is not None
    }
