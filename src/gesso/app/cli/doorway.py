"""Channels, as an operator sets them up: on the database, whether a server runs or not."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from getpass import getpass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy import select

from gesso.app.cli.place import ready, settings_at
from gesso.app.cli.screen import table, write
from gesso.app.cli.trouble import Trouble
from gesso.app.masters import open_safe
from gesso.domain import auditlog, channels
from gesso.domain.channels import ChannelChange, ChannelIn, ChannelOut, Desk
from gesso.domain.identity import Channel, Tenant
from gesso.infra.db import View
from gesso.infra.settings import Settings

_MANY = 1000
T = TypeVar("T")
_Act = Callable[[Desk, Settings], Coroutine[Any, Any, T]]


def create(
    data_dir: Path | None, tenant: str, facts: Mapping[str, Any], *, asks_secret: bool
) -> None:
    """Make a channel and print its address."""
    body = _checked(ChannelIn, {**facts, **_secret(asks=asks_secret)})

    async def act(desk: Desk, settings: Settings) -> ChannelOut:
        async with desk.db.view() as view:
            tenant_id = await view.scalar(select(Tenant.id).where(Tenant.name == tenant))
        if tenant_id is None:
            raise Trouble(f"There is no tenant {tenant!r}.")
        secret = body.secret.get_secret_value() if body.secret else None
        made = await channels.create(desk, tenant_id, channels.facts_of(body), secret)
        return await _shown(desk, settings, made)

    typer.echo(_do(data_dir, act).address)


def show_all(data_dir: Path | None) -> None:
    """Print every channel in a line."""

    async def act(desk: Desk, settings: Settings) -> list[ChannelOut]:
        async with desk.db.view() as view:
            found = await channels.page(view, None, after=None, limit=_MANY)
        return [channels.channel_out(*row, settings.public_url) for row in found]

    rows = table("slug", "name", "kind", "open", "issuer", "secret", "roles", ">start credits")
    for each in _do(data_dir, act):
        secret = each.secret.mask if each.secret else ""
        rows.add_row(
            each.slug, each.name, each.kind, "yes" if each.is_active else "no", each.issuer or "",
            secret, ", ".join(each.allowed_roles), each.start_credits,
        )  # fmt: skip
    write(rows)


def show(data_dir: Path | None, slug: str) -> None:
    """Print one as JSON."""

    async def act(desk: Desk, settings: Settings) -> ChannelOut:
        return await _shown(desk, settings, await _find(desk, slug))

    typer.echo(_do(data_dir, act).model_dump_json(indent=2))


def change(
    data_dir: Path | None, slug: str, changes: Mapping[str, Any], *, asks_secret: bool
) -> None:
    """Change a channel and say so."""
    if not changes and not asks_secret:
        raise Trouble("Nothing to change was given; `gesso channels set --help` tells how.")
    body = _checked(ChannelChange, {**changes, **_secret(asks=asks_secret)})

    async def act(desk: Desk, _settings: Settings) -> None:
        await channels.change(
            desk,
            await _find(desk, slug),
            channels.facts_of(body),
            rev=body.rev,
            secret=body.secret.get_secret_value() if body.secret else None,
            drops_secret="secret" in body.model_fields_set and body.secret is None,
        )

    _do(data_dir, act)
    typer.echo(f"{slug} is changed.")


def close(data_dir: Path | None, slug: str) -> None:
    """Close a channel and say so."""

    async def act(desk: Desk, _settings: Settings) -> None:
        await channels.close(desk, await _find(desk, slug))

    _do(data_dir, act)
    typer.echo(f"{slug} is closed.")


def _do(data_dir: Path | None, act: _Act[T]) -> T:
    settings = settings_at(data_dir)
    allows = settings.environment != "production"

    async def done() -> T:
        async with ready(settings) as db:
            desk = Desk(
                db,
                open_safe(settings),
                auditlog.by_hand(),
                None,
                None,
                public_url=settings.public_url,
                allows_loopback=allows,
            )
            return await act(desk, settings)

    return asyncio.run(done())


async def _find(desk: Desk, slug: str) -> UUID:
    async with desk.db.view() as view:
        found: UUID | None = await view.scalar(select(Channel.id).where(Channel.slug == slug))
    if found is None:
        raise Trouble(f"There is no channel {slug!r}; `gesso channels list` shows them.")
    return found


async def _shown(desk: Desk, settings: Settings, channel_id: UUID) -> ChannelOut:
    async with desk.db.view() as view:
        return await _look(view, settings, channel_id)


async def _look(view: View, settings: Settings, channel_id: UUID) -> ChannelOut:
    channel = await channels.get(view, channel_id, None)
    secret = await channels.secret_of(view, channel_id)
    return channels.channel_out(channel, secret, settings.public_url)


def _secret(*, asks: bool) -> dict[str, str]:
    """The secret, from the keyboard or from standard input."""
    if not asks:
        return {}
    return {"secret": getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.read().strip()}


def _checked(model: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        # By hand: the library's own words repeat what was given, which may be the secret.
        told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise Trouble("; ".join(told)) from None
