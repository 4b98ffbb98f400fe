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
    """The roles that the command line gives: every one."""

    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"
    OWNER = "owner"


RoleGiven = Annotated[
    GivenRole, typer.Argument(metavar="ROLE", help="user, operator, admin or owner.")
]


@user.command("create")
def create_user(
    *,
    email: Email,
    amount: Annotated[
        str, typer.Option("--credits", metavar="N", help="What the wallet starts with.")
    ] = "0",
    role: Annotated[
        GivenRole,
        typer.Option(help="operator: queues, letters; admin: people; owner: admins."),
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


@user.command("erase")
def erase_user(
    *,
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """End somebody's account for ever, and print the receipt. Whoever serves or works does it."""
    from gesso.app.cli import leaving  # late: help needs no database

    leaving.erase(data_dir, email, tenant=tenant, is_sure=yes)


@user.command("erasure")
def show_erasure(
    *,
    receipt: Annotated[str, typer.Argument(metavar="RECEIPT", help="As it was printed.")],
    data_dir: DataDir = None,
) -> None:
    """Tell how far the end of an account has come."""
    from gesso.app.cli import leaving  # late: help needs no database

    leaving.show(data_dir, receipt)


@user.command("role")
def change_role(
    *, email: Email, role: RoleGiven, tenant: Tenant = _DEFAULT, data_dir: DataDir = None
) -> None:
    """Give somebody another role; in force within a second."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.change(data_dir, email, tenant=tenant, role=role.value)


@user.command("disable")
def disable_user(*, email: Email, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """Let somebody in no more; keys and sessions end within a second or two."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.change(data_dir, email, tenant=tenant, status="disabled")


@user.command("enable")
def enable_user(*, email: Email, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """Let somebody in again."""
    from gesso.app.cli import standing  # late: help needs no database

    standing.change(data_dir, email, tenant=tenant, status="active")


@key.command("create")
def create_key(
    *,
    email: Email,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the key is for.")] = "cli",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help="What it opens, e.g. tasks:read; repeatable. The usual ones, unless given.",
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NET", help="From where alone it is good, e.g. 192.0.2.0/24; repeatable."
        ),
    ] = None,
    expires_days: Annotated[
        int, typer.Option(min=1, max=3650, metavar="N", help="Days until it dies by itself.")
    ] = 90,
    never_expires: Annotated[
        bool, typer.Option("--never-expires", help="It lives until it is revoked.")
    ] = False,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, once and alone: KEY=$(gesso key create EMAIL)."""
    from gesso.app.cli import registry  # late: help needs no database

    wanted = registry.KeyWish(
        name=name,
        scopes=tuple(scope or ()),
        days=None if never_expires else expires_days,
        addresses=tuple(address or ()),
    )
    registry.create_key(data_dir, email, wanted, tenant=tenant)


@key.command("list")
def list_keys(*, email: Email, tenant: Tenant = _DEFAULT, data_dir: DataDir = None) -> None:
    """List somebody's keys by their beginnings, revoked ones too."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.list_keys(data_dir, email, tenant=tenant)


@key.command("rotate")
def rotate_key(
    *,
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="How the key begins: gsk_…")],
    overlap: Annotated[
        int,
        typer.Option(
            min=0, max=604_800, metavar="SECONDS", help="For how long the old one works on."
        ),
    ] = 0,
    data_dir: DataDir = None,
) -> None:
    """Put a new key in the place of one and print it, once and alone."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.rotate_key(data_dir, prefix, overlap)


@key.command("revoke")
def revoke_key(
    *,
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="How the key begins: gsk_…")],
    descendants: Annotated[
        bool, typer.Option("--descendants", help="With every key that was made or renewed with it.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Take a key back; within a second it opens nothing."""
    from gesso.app.cli import registry  # late: help needs no database

    registry.revoke_key(data_dir, prefix, descendants=descendants)


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
    expires_days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, metavar="N", help="Days until what is not spent goes."),
    ] = None,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Give somebody credits, for ever or for so many days."""
    from gesso.app.cli import registry  # late: help needs no database

    gift = registry.Gift(amount=amount, reference=reference, memo=memo, days=expires_days)
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


@wallet.command("codes")
def make_codes(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Stands in people's statements.")],
    amount: Annotated[str, typer.Option("--credits", metavar="N", help="What each code is worth.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many codes.")] = 1,
    uses: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many people may redeem each.")
    ] = 1,
    valid_days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, metavar="N", help="Days until they cannot be redeemed."),
    ] = None,
    lasts_days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, metavar="N", help="Days that the credits last. For ever."),
    ] = None,
    tenant: Tenant = _DEFAULT,
    data_dir: DataDir = None,
) -> None:
    """Make redeem codes and print them, one a line, once: gesso wallet codes spring > codes.txt."""
    from gesso.app.cli import crediting  # late: help needs no database

    wish = crediting.Codes(name, amount, count, uses, valid_days, lasts_days)
    crediting.make_codes(data_dir, wish, tenant=tenant)


@wallet.command("refund")
def refund(
    *,
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task's id: task_…")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Stands in the statement.")],
    amount: Annotated[
        str | None, typer.Option("--credits", metavar="N", help="A part. All that is left of it.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A refund under the same key is made once."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Give back what a task was charged, or a part of it."""
    from gesso.app.cli import crediting  # late: help needs no database

    crediting.refund(data_dir, task, amount, reason=reason, key=key)
