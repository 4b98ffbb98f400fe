"""The commands about access tokens: the keys that sign them, and the programs that get them."""

from typing import Annotated

import typer

from gesso.app.cli.options import DataDir, Tenant

app = typer.Typer(rich_markup_mode=None)
auth = typer.Typer(
    name="auth",
    help="The keys that sign access tokens.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
client = typer.Typer(
    name="client", help="Programs of a tenant.", no_args_is_help=True, rich_markup_mode=None
)
for part in (auth, client):
    app.add_typer(part)

_DEFAULT = "default"
Client = Annotated[str, typer.Argument(metavar="CLIENT", help="Its id: client_…")]


@auth.command("rotate-key")
def rotate_key(
    *,
    now: Annotated[
        bool,
        typer.Option("--now", help="Believe no older key any more: everybody has to refresh."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a new key that signs access tokens; it is shown to the world before it signs."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.rotate(data_dir, at_once=now)


@auth.command("keys")
def list_signing_keys(*, data_dir: DataDir = None) -> None:
    """List the keys whose tokens are believed."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.show_keys(data_dir)


@client.command("create")
def create_client(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is.")],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it may, e.g. tasks:read; repeatable.")
    ],
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Make a client, and print its id and its secret, this once."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.create_client(data_dir, name, scope, tenant=tenant)


@client.command("list")
def list_clients(*, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """List a tenant's clients."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.list_clients(data_dir, tenant=tenant)


@client.command("rotate")
def rotate_client(
    *,
    client: Client,
    overlap: Annotated[
        int,
        typer.Option(
            min=0, max=604_800, metavar="SECONDS", help="For which the old secret stays good."
        ),
    ] = 86_400,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Give a client a new secret, and print it, this once."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.rotate_client(data_dir, client, seconds=overlap, tenant=tenant)


@client.command("revoke")
def revoke_client(*, client: Client, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """Take a client back; within two seconds it opens nothing."""
    from gesso.app.cli import minting  # late: help needs no database

    minting.revoke_client(data_dir, client, tenant=tenant)
