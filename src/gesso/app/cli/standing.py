"""People's standing, tenants and the audit log, as somebody at this machine handles them."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import typer

from gesso.app import accounts
from gesso.app.cli.place import existing, ready, settings_at
from gesso.app.cli.screen import table, when, write
from gesso.app.cli.trouble import Trouble
from gesso.domain import admin, auditlog, identity
from gesso.domain.auditlog import Filters, Line
from gesso.domain.identity import Role, Tenant, User
from gesso.infra.db import Tx, View

T = TypeVar("T")
_MANY = 1000


def change(
    data_dir: Path | None,
    email: str,
    *,
    tenant: str,
    role: str | None = None,
    status: str | None = None,
) -> None:
    """Give somebody another role or standing, and say how they stand then."""

    async def act(tx: Tx) -> User:
        user = await accounts.account_of(tx, email, tenant=tenant)
        wanted, by = role and Role(role), auditlog.by_hand(user.tenant_id)
        return await admin.change(tx, by, user, role=wanted or None, status=status, rank=Role.OWNER)

    user = _do(data_dir, act)
    typer.echo(f"{user.email} is {user.role}, {user.status}.")


def show_tenants(data_dir: Path | None) -> None:
    """Print the tenants."""

    async def act(view: View) -> Sequence[Tenant]:
        return await identity.page_tenants(view, after=None, limit=_MANY)

    rows = table("tenant", "since", "state")
    for tenant in _do(data_dir, act):
        state = f"closed {when(tenant.closed_at)}" if tenant.closed_at else "open"
        rows.add_row(tenant.name, when(tenant.created_at), state)
    write(rows)


def make_tenant(data_dir: Path | None, name: str) -> None:
    """Make a tenant."""

    async def act(tx: Tx) -> Tenant:
        return await admin.make_tenant(tx, auditlog.by_hand(), name, None)

    typer.echo(f"{_do(data_dir, act, new=True).name} is a tenant.")


def rename_tenant(data_dir: Path | None, name: str, new: str) -> None:
    """Call a tenant otherwise."""

    async def act(tx: Tx) -> Tenant:
        return await admin.rename_tenant(tx, auditlog.by_hand(), await _named(tx, name), new)

    typer.echo(f"{name} is called {_do(data_dir, act).name}.")


def close_tenant(data_dir: Path | None, name: str) -> None:
    """Let nobody of it in any more."""

    async def act(tx: Tx) -> Tenant:
        return await admin.close_tenant(tx, auditlog.by_hand(), await _named(tx, name))

    typer.echo(f"{_do(data_dir, act).name} is closed.")


def show_log(data_dir: Path | None, filters: Filters, *, limit: int, as_csv: bool) -> None:
    """Print the newest lines as a table, or all of them as CSV."""
    if as_csv:
        sys.stdout.write(auditlog.csv_head().decode())
        after: UUID | None = None
        while lines := _lines(data_dir, filters, after, _MANY):
            sys.stdout.write(auditlog.csv_lines(lines).decode())
            after = lines[-1].id
        return
    rows = table("when", "who", "by", "did", "to", "details")
    for line in _lines(data_dir, filters, None, limit):
        told = json.dumps(line.details, ensure_ascii=False)
        rows.add_row(when(line.at), line.actor, line.means, line.action, line.subject, told)
    write(rows)


def _lines(data_dir: Path | None, filters: Filters, after: UUID | None, limit: int) -> list[Line]:
    async def act(view: View) -> Sequence[Line]:
        return await auditlog.page(view, None, filters, after=after, limit=limit)

    return list(_do(data_dir, act))


async def _named(view: View, name: str) -> UUID:
    found = await identity.tenant_called(view, name)
    if found is None:
        raise Trouble(f"There is no tenant {name!r}; `gesso tenants list` shows them.")
    return found


def _do(
    data_dir: Path | None, act: Callable[[Tx], Coroutine[Any, Any, T]], *, new: bool = False
) -> T:
    """Act in one transaction; `new`: on a database that is made where there is none yet."""
    settings = settings_at(data_dir)
    place = ready if new else existing

    async def done() -> T:
        async with place(settings) as db, db.tx() as tx:
            if new:
                await identity.ensure_local(tx, start_credits=settings.welcome)
            return await act(tx)

    return asyncio.run(done())
