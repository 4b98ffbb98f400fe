"""Keys that sign, and clients of tenants, as an operator keeps them: on the database itself."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import typer
from sqlalchemy import select

from gesso.app.cli.place import existing, ready, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.app.masters import open_safe
from gesso.domain import clients, sessions
from gesso.domain.clients import OAuthClient
from gesso.domain.identity import Scope, Tenant
from gesso.infra.db import Database, Tx, View
from gesso.kit.ids import parse_id, public_id

_MANY = 1000
T = TypeVar("T")


def rotate(data_dir: Path | None, *, at_once: bool) -> None:
    """Make the key that follows the newest one."""
    settings = settings_at(data_dir)

    async def act() -> str:
        async with ready(settings) as db:
            async with db.view() as view:
                newest = await sessions.newest(view)
            after = newest.id if newest else None
            signs_from = await sessions.rotate(
                db, open_safe(settings), after=after, at_once=at_once
            )
        if signs_from is None:
            raise Trouble("Somebody else made a new key just now.")
        return when(signs_from)

    typer.echo(f"A new key signs from {asyncio.run(act())} on.")


def show_keys(data_dir: Path | None) -> None:
    """Print the keys whose tokens are believed."""

    async def act() -> Sequence[sessions.SigningKey]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            return await sessions.trusted(view)

    rows = table("key", "made", "signs from", "trusted until")
    for key in asyncio.run(act()):
        until = when(key.trusted_until) if key.trusted_until else ""
        rows.add_row(sessions.kid_of(key.id), when(key.created_at), when(key.signs_from), until)
    write(rows)


def create_client(data_dir: Path | None, name: str, scopes: Sequence[str], *, tenant: str) -> None:
    """Make the client and print what it proves itself with."""
    wanted = [_scope(each) for each in scopes]

    async def act(tx: Tx, tenant_id: UUID) -> clients.Issued:
        return await clients.create(tx, tenant_id, name=name, scopes=wanted)

    _print(_write(data_dir, tenant, act))


def rotate_client(data_dir: Path | None, which: str, *, seconds: int, tenant: str) -> None:
    """Give it a new secret and print it."""

    async def act(tx: Tx, tenant_id: UUID) -> clients.Issued:
        overlap = timedelta(seconds=seconds)
        return await clients.rotate(tx, tenant_id, _id(which), overlap=overlap)

    _print(_write(data_dir, tenant, act))


def revoke_client(data_dir: Path | None, which: str, *, tenant: str) -> None:
    """Take it back."""

    async def act(tx: Tx, tenant_id: UUID) -> None:
        await clients.revoke(tx, tenant_id, _id(which))

    _write(data_dir, tenant, act)
    typer.echo(f"{which} opens nothing any more.")


def list_clients(data_dir: Path | None, *, tenant: str) -> None:
    """Print a tenant's clients."""

    async def act() -> Sequence[OAuthClient]:
        async with existing(settings_at(data_dir)) as db, db.view() as view:
            tenant_id = await _tenant(view, tenant)
            return await clients.page(view, tenant_id, before=None, limit=_MANY)

    rows = table("client", "name", "scopes", "user", "made")
    for each in asyncio.run(act()):
        scopes = ", ".join(map(str, each.scopes))
        user = public_id("user", each.user_id)
        made = when(each.created_at)
        rows.add_row(public_id("client", each.id), each.name, scopes, user, made)
    write(rows)


def _print(issued: clients.Issued) -> None:
    typer.echo(public_id("client", issued.client.id))
    typer.echo(issued.secret)


def _write(
    data_dir: Path | None, tenant: str, act: Callable[[Tx, UUID], Coroutine[Any, Any, T]]
) -> T:
    async def done() -> T:
        async with existing(settings_at(data_dir)) as db:
            return await _in_one(db, tenant, act)

    return asyncio.run(done())


async def _in_one(
    db: Database, tenant: str, act: Callable[[Tx, UUID], Coroutine[Any, Any, T]]
) -> T:
    async with db.tx() as tx:
        return await act(tx, await _tenant(tx, tenant))


async def _tenant(view: View, name: str) -> UUID:
    found: UUID | None = await view.scalar(select(Tenant.id).where(Tenant.name == name))
    if found is None:
        raise Trouble(f"There is no tenant {name!r}.")
    return found


def _id(text: str) -> UUID:
    found = parse_id("client", text)
    if found is None:
        raise Trouble(f"{text!r} is no client's id; `gesso client list` shows them.")
    return found


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise Trouble(f"There is no scope {text!r}. There are: {', '.join(Scope)}.") from None
