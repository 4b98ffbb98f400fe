"""The commands about channels. A secret is never an argument: others could see it there, and the
shell remembers it.
"""

from enum import StrEnum
from typing import Annotated, Any

import typer

from gesso.app.cli.options import DataDir, Tenant, parsed

app = typer.Typer(rich_markup_mode=None)
channels = typer.Typer(
    name="channels",
    help="Channels: the doors through which people come in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(channels)


class GivenKind(StrEnum):
    """The kinds of channels that are made."""

    OIDC = "oidc"
    HANDOVER = "handover"


Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Its name in addresses, e.g. acme.")]
Facts = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Anything else as the API has it, e.g. start_credits='\"5\"'; repeatable.",
    ),
]
AsksSecret = Annotated[
    bool, typer.Option("--secret", help="Ask for its secret, or read it from standard input.")
]


@channels.command("create")
def create(
    *,
    slug: Slug,
    kind: Annotated[GivenKind, typer.Option(help="OpenID, or a partner's signed tokens.")],
    issuer: Annotated[str, typer.Option(metavar="NAME", help="As it names itself in tokens.")],
    name: Annotated[str, typer.Option(metavar="TEXT", help="What people read.")],
    client_id: Annotated[str | None, typer.Option(metavar="ID", help="Ours at the issuer.")] = None,
    secret: AsksSecret = False,
    facts: Facts = None,
    tenant: Tenant = "default",
    data_dir: DataDir = None,
) -> None:
    """Make a channel, and print what to register with its issuer."""
    from gesso.app.cli import doorway  # late: help needs no database

    given: dict[str, Any] = {"slug": slug, "kind": kind.value, "issuer": issuer, "name": name}
    given |= {"client_id": client_id} if client_id else {}
    doorway.create(data_dir, tenant, {**given, **parsed(facts or [])}, asks_secret=secret)


@channels.command("list")
def list_channels(*, data_dir: DataDir = None) -> None:
    """List the channels of every tenant, closed ones too."""
    from gesso.app.cli import doorway  # late: help needs no database

    doorway.show_all(data_dir)


@channels.command("show")
def show(*, slug: Slug, data_dir: DataDir = None) -> None:
    """Print a channel as the API shows it."""
    from gesso.app.cli import doorway  # late: help needs no database

    doorway.show(data_dir, slug)


@channels.command("set")
def change(
    *, slug: Slug, secret: AsksSecret = False, facts: Facts = None, data_dir: DataDir = None
) -> None:
    """Change a channel; in force within a second."""
    from gesso.app.cli import doorway  # late: help needs no database

    doorway.change(data_dir, slug, parsed(facts or []), asks_secret=secret)


@channels.command("close")
def close(*, slug: Slug, data_dir: DataDir = None) -> None:
    """Let nobody in by it any more; `--set is_active=true` opens it again."""
    from gesso.app.cli import doorway  # late: help needs no database

    doorway.close(data_dir, slug)
