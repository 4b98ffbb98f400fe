"""The commands about people: users, their keys, their wallets."""

from enum import StrEnum
from typing import Annotated

import typer

from gesso.app.cli.options import DataDir, Email, Tenant

app = typer.Typer(rich_markup_mode=None)
user = typer.Typer(name="user", help="Users.", no_args_is_help=True, rich_markup_mode=None)
key = typer.Typer(name="key", help="API keys.", no_args_is_help=True, rich_markup_mode=None)
wallet = typer.Typer(name="wallet", help="Credits.", no_args_is_help=True, rich_markup_mode=None)
for part in (user, key, wallet):
    app.add_typer(part)

_DEFAULT = "default"


class GivenRole(StrEnum):
    """The roles that the command line gives."""

    USER = "user"
    OPERATOR = "operator"


@user.command("create")
def create_user(
    *,
    email: Email,
    amount: Annotated[
        str, typer.Option("--credits", metavar="N", help="What the wallet starts with.")
    ] = "0",
    role: Annotated[
        GivenRole, typer.Option(help="An operator may run the house: queues, settings, metrics.")
    ] = GivenRole.USER,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Take somebody in, with a wallet and its first credits."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.create_user(data_dir, email, amount=amount, role=role, tenant=tenant)


@user.command("list")
def list_users(*, data_dir: DataDir = None) -> None:
    """List everybody, with what is in their wallets."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.list_users(data_dir)


@key.command("create")
def create_key(
    *,
    email: Email,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the key is for.")] = "cli",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE", help="What it opens, e.g. tasks:read; repeatable. All, unless given."
        ),
    ] = None,
    expires_days: Annotated[
        int | None, typer.Option(min=1, max=3650, metavar="N", help="Days until it dies by itself.")
    ] = None,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, once and alone: KEY=$(gesso key create EMAIL)."""
    from gesso.app.cli import registry  # late: help needs no database

    wanted = registry.KeyWish(name=name, scopes=tuple(scope or ()), days=expires_days)
    registry.create_key(data_dir, email, wanted, tenant=tenant)


@key.command("list")
def list_keys(*, email: Email, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """List somebody's keys by their beginnings, revoked ones too."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.list_keys(data_dir, email, tenant=tenant)


@key.command("revoke")
def revoke_key(
    *,
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="How the key begins: gsk_…")],
    data_dir: DataDir = None,
) -> None:
    """Take a key back; within a second it opens nothing."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.revoke_key(data_dir, prefix)


@wallet.command("grant")
def grant(
    *,
    email: Email,
    amount: Annotated[str, typer.Argument(metavar="N", help="Credits, e.g. 10 or 0.5.")],
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="A grant with the same reference is made once, however often."
        ),
    ] = None,
    memo: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Stands in the statement.")
    ] = None,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Give somebody credits."""
    from gesso.app.cli import registry  # late: help needs no database

    gift = registry.Gift(amount=amount, reference=reference, memo=memo)
    registry.grant(data_dir, email, gift, tenant=tenant)


@wallet.command("show")
def show_wallet(
    *,
    email: Email,
    lines: Annotated[int, typer.Option(min=0, max=1000, help="Movements to show.")] = 20,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Show what somebody has, and the newest movements."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.show_wallet(data_dir, email, lines=lines, tenant=tenant)
