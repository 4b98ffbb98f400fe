"""Users, keys and wallets, as an operator handles them from the command line."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import typer
from rich.table import Table

from gesso.app import accounts
from gesso.app.cli.place import existing, ready, settings_at
from gesso.app.cli.screen import signed, table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.domain import auditlog, identity, wallet
from gesso.domain.identity import ApiKey, Role, Scope, User
from gesso.infra.db import Database, Tx, moment
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text, micro_credits

_PREFIX_LENGTH = len("gsk_") + 8


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a new key should be called and open, from where, and after how many days it dies."""

    name: str
    scopes: tuple[str, ...]
    days: int | None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gift:
    """Credits as they were typed, and what the statement says of them."""

    amount: str
    reference: str | None
    memo: str | None
    days: int | None = None
    """After how many days what is not spent goes."""


def create_user(data_dir: Path | None, email: str, *, amount: str, role: str, tenant: str) -> None:
    """Make the user, and the database when there is none yet."""
    micro = amount_of(amount)

    async def act() -> None:
        async with ready(settings_at(data_dir)) as db, db.tx() as tx:
            user = await accounts.open_account(
                tx, email, amount=micro, role=Role(role), tenant=tenant
            )
            created = user.email
            about = {"role": role, "credits": credits_text(micro)}
            await _note(tx, user, "user.create", _name(user), about)
        typer.echo(f"{created} has {credits_text(micro)} credits.")

    asyncio.run(act())


def list_users(data_dir: Path | None) -> None:
    """Print everybody."""

    async def act() -> Sequence[accounts.Account]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            return await accounts.accounts(view)

    people = asyncio.run(act())
    if not people:
        typer.echo("Nobody yet. `gesso user create EMAIL --credits 10` takes somebody in.")
        return
    rows = table("e-mail", "tenant", "role", "available", "frozen", "since")
    for one in people:
        role = one.role if one.status == "active" else f"{one.role}, {one.status}"
        money = credits_text(one.available), credits_text(one.frozen)
        rows.add_row(one.email, one.tenant, role, *money, when(one.created_at))
    write(rows)


def create_key(data_dir: Path | None, email: str, wish: KeyWish, *, tenant: str) -> None:
    """Print the key alone on standard output; what is said about it goes to standard error."""
    scopes = _scopes(wish.scopes)

    async def act() -> tuple[ApiKey, str]:
        async with existing(settings_at(data_dir)) as db, db.tx() as tx:
            user = await accounts.account_of(tx, email, tenant=tenant)
            made = await accounts.new_key(
                tx,
                user,
                name=wish.name,
                scopes=scopes,
                days=wish.days,
                addresses=wish.addresses,
            )
            about = {"for": _name(user), "name": made[0].name, "scopes": made[0].scopes}
            await _note(tx, user, "key.create", public_id("key", made[0].id), about)
            return made

    _show_new(email, *asyncio.run(act()))


def rotate_key(data_dir: Path | None, prefix: str, overlap: int) -> None:
    """Print the key that comes in the place of one, alone on standard output."""

    async def act() -> tuple[ApiKey, str]:
        async with existing(settings_at(data_dir)) as db, db.tx() as tx:
            wanted = timedelta(seconds=overlap)
            made = await accounts.rotate_by_prefix(tx, _beginning(prefix), wanted)
            user = await identity.get_user(tx, made[0].user_id)
            about = {"of": _name(user), "name": made[0].name, "overlap_seconds": overlap}
            await _note(tx, user, "key.rotate", public_id("key", made[0].id), about)
            return made

    key, text = asyncio.run(act())
    after = f"in {overlap} seconds" if overlap else "now"
    typer.echo(f"The old one dies {after}.", err=True)
    _show_new(key.name, key, text)


def _show_new(whose: str, key: ApiKey, text: str) -> None:
    until = f"until {when(key.expires_at)}" if key.expires_at else "until it is revoked"
    opens = ", ".join(map(str, key.scopes))
    bound = f", from {', '.join(map(str, key.addresses))}" if key.addresses else ""
    typer.echo(f"A key for {whose}, good for {opens}{bound}, {until}.", err=True)
    typer.echo("Keep it now: it is not stored, and cannot be shown again.", err=True)
    typer.echo(text)


def _beginning(key: str) -> str:
    """How a key begins, whether it was given whole or not."""
    return (key if key.startswith("gsk_") else f"gsk_{key}")[:_PREFIX_LENGTH]


def list_keys(data_dir: Path | None, email: str, *, tenant: str) -> None:
    """Print somebody's keys."""

    async def act() -> Sequence[ApiKey]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            user = await accounts.account_of(view, email, tenant=tenant)
            return await identity.list_keys(view, user)

    keys = asyncio.run(act())
    if not keys:
        typer.echo(f"No keys yet. `gesso key create {email}` makes one.")
        return
    rows = table("key", "name", "scopes", "made", "last used", "state")
    for key in keys:
        bound = [f"from {address}" for address in key.addresses]
        scopes = ", ".join(map(str, [*key.scopes, *bound]))
        used = when(key.last_used_at) if key.last_used_at else "never"
        if key.last_used_from:
            used += f" from {key.last_used_from}"
        rows.add_row(f"{key.prefix}…", key.name, scopes, when(key.created_at), used, _state(key))
    write(rows)


def revoke_key(data_dir: Path | None, prefix: str, *, descendants: bool) -> None:
    """Take the key back, with those that come from it if wished; a whole key is taken by its
    beginning.
    """

    async def act() -> str:
        async with existing(settings_at(data_dir)) as db, db.tx() as tx:
            key, user = await accounts.revoke_by_prefix(
                tx, _beginning(prefix), descendants=descendants
            )
            about = {"of": _name(user), "name": key.name, "descendants": descendants}
            await _note(tx, user, "key.revoke", public_id("key", key.id), about)
            return f"{key.prefix}… of {user.email} opens nothing any more."

    typer.echo(asyncio.run(act()))


def grant(data_dir: Path | None, email: str, gift: Gift, *, tenant: str) -> None:
    """Give credits; a reference that was used before changes nothing, and that is said."""
    micro = amount_of(gift.amount)

    async def act(db: Database) -> tuple[bool, int]:
        async with db.tx() as tx:
            user = await accounts.account_of(tx, email, tenant=tenant)
            owned = await wallet.of_owner(tx, user.id)
            until = moment(tx) + timedelta(days=gift.days) if gift.days else None
            given = await wallet.grant(
                tx, owned.id, micro, reference=gift.reference, memo=gift.memo, expires_at=until
            )
            owned = await wallet.of_owner(tx, user.id)
            if given:
                about = {"to": _name(user), "credits": credits_text(micro), "memo": gift.memo}
                await _note(tx, user, "user.grant", public_id("wallet", owned.id), about)
            return given, owned.posted - owned.held

    async def run() -> tuple[bool, int]:
        async with existing(settings_at(data_dir)) as db:
            return await act(db)

    given, available = asyncio.run(run())
    if given:
        typer.echo(f"{credits_text(micro)} credits given.")
    else:
        typer.echo("Nothing given: this reference has been granted before.")
    typer.echo(f"{email} has {credits_text(available)} credits.")


def show_wallet(data_dir: Path | None, email: str, *, lines: int, tenant: str) -> None:
    """Print the balance and the newest movements."""

    async def act() -> tuple[wallet.Wallet, list[accounts.Movement]]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            user = await accounts.account_of(view, email, tenant=tenant)
            owned = await wallet.of_owner(view, user.id)
            return owned, await accounts.statement(view, user.id, limit=lines)

    owned, movements = asyncio.run(act())
    available, frozen = credits_text(owned.posted - owned.held), credits_text(owned.held)
    typer.echo(f"{email}: {available} credits available, {frozen} frozen.")
    if movements:
        write(_statement(movements))


def _name(user: User) -> str:
    """What somebody is called in the log: an address would outlive whom it reaches."""
    return public_id("user", user.id)


async def _note(tx: Tx, user: User, action: str, subject: str, about: Mapping[str, object]) -> None:
    await auditlog.note(tx, auditlog.by_hand(user.tenant_id), action, subject, about, about=user.id)


def _statement(movements: list[accounts.Movement]) -> Table:
    rows = table(">no", "when", "what", ">available", ">frozen", ">left", "for")
    for one in movements:
        subject = public_id("task", one.task_id) if one.task_id else one.memo or ""
        changes = [signed(credits_text(change)) for change in (one.available, one.frozen)]
        left = credits_text(one.left)
        rows.add_row(str(one.seq), when(one.at), one.kind, *changes, left, subject)
    return rows


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "good"
    is_over = key.expires_at <= datetime.now(key.expires_at.tzinfo)
    return f"{'expired' if is_over else 'good until'} {when(key.expires_at)}"


def amount_of(text: str) -> int:
    """Micro-credits in what was typed; Trouble for what is no amount, or less than nothing."""
    try:
        amount = micro_credits(text)
    except ValueError as error:
        raise Trouble(f"{text!r} is not an amount of credits: {error}.") from error
    if amount < 0:
        raise Trouble("Credits cannot be taken away here; an amount is not negative.")
    return amount


def _scopes(names: Sequence[str]) -> frozenset[Scope]:
    known = {scope.value for scope in Scope}
    for name in names:
        if name not in known:
            raise Trouble(f"There is no scope {name!r}. There are: {', '.join(sorted(known))}.")
    return frozenset(Scope(name) for name in names)
