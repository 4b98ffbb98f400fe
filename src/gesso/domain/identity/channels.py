"""Channels: the doors through which people come in, and how each is found."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from gesso.domain.identity.errors import NoSuchChannel
from gesso.domain.identity.service import DEFAULT_TENANT, insert_once, tenant_named
from gesso.domain.identity.tables import Channel, ChannelHost
from gesso.infra.db import Database, Tx, View, moment
from gesso.kit.ids import new_id

LOCAL: Final = "local"
"""The slug of the house's own door: addresses and passwords, in the default tenant."""

CHANNEL_HEADER: Final = "Gesso-Channel"
"""Names a channel by its slug, where the host does not say it."""

_LIFE: Final = 1.0
"""Seconds for which the channels are believed to be as they were."""


async def ensure_local(tx: Tx, *, start_credits: int = 0) -> None:
    """Make the house's own door where it is missing; a second call changes nothing. Whoever comes
    in by it for the first time is given `start_credits` (micro-credits).
    """
    if await tx.scalar(select(Channel.id).where(Channel.slug == LOCAL)) is not None:
        return
    await insert_once(
        tx,
        Channel,
        {
            "id": new_id(),
            "tenant_id": await tenant_named(tx, DEFAULT_TENANT),
            "slug": LOCAL,
            "name": "Here",
            "kind": "local",
            "is_active": True,
            "hosts": [],
            "protocol": {},
            "admits_new": True,
            "trusts_email": False,
            "claims": {},
            "allowed_roles": ["user", "operator", "admin", "owner"],
            "default_role": "user",
            "start_credits": start_credits,
            "limits": {},
            "rev": 1,
            "created_at": moment(tx),
            "updated_at": moment(tx),
        },
    )


async def find_channel(view: View, slug: str) -> Channel:
    """The open door of this name; NoSuchChannel where there is none, or it is closed."""
    query = select(Channel).where(Channel.slug == slug, Channel.is_active)
    found = await view.scalar(query)
    if found is None:
        raise NoSuchChannel("There is no such channel.")
    return found


async def channel_of(
    view: View, *, host: str | None = None, slug: str | None = None
) -> Channel | None:
    """The open channel that is meant: by its slug where one is given, else by the host that was
    asked, with its port or without. None where neither leads to one.
    """
    query = select(Channel).where(Channel.is_active)
    if slug is not None:
        found: Channel | None = await view.scalar(query.where(Channel.slug == slug))
        return found
    for name in names_of(host):
        by_host = query.join(ChannelHost, ChannelHost.channel_id == Channel.id)
        found = await view.scalar(by_host.where(ChannelHost.host == name))
        if found is not None:
            return found
    return None


def names_of(host: str | None) -> list[str]:
    """The names by which a host may have been claimed: as the browser writes it, then without its
    port.
    """
    whole = (host or "").strip().lower()
    bare, is_port, port = whole.rpartition(":")
    names = [whole, bare] if is_port and port.isdigit() else [whole]
    return [name.rstrip(".") for name in names if name]


class Directory:
    """The open channels of the house, kept for a second, for who looks at every request."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[UUID, Channel] = {}
        self._slugs: dict[str, Channel] = {}
        self._hosts: dict[str, Channel] = {}
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def find(self, *, host: str | None = None, slug: str | None = None) -> Channel | None:
        """As `channel_of`; a change is seen within a second."""
        await self._refresh()
        if slug is not None:
            return self._slugs.get(slug)
        found = (self._hosts.get(name) for name in names_of(host))
        return next((channel for channel in found if channel is not None), None)

    async def get(self, channel_id: UUID) -> Channel | None:
        """The open channel of this id, as a session or a token names it."""
        await self._refresh()
        return self._known.get(channel_id)

    async def of_tenant(self, tenant_id: UUID) -> Sequence[Channel]:
        """The open channels of a tenant, by their names."""
        await self._refresh()
        mine = [each for each in self._known.values() if each.tenant_id == tenant_id]
        return sorted(mine, key=lambda each: (each.name, each.slug))

    async def _refresh(self) -> None:
        now = asyncio.get_running_loop().time
        async with self._turn:
            if now() < self._until:
                return
            until = now() + _LIFE
            async with self._db.view() as view:
                found = (await view.scalars(select(Channel).where(Channel.is_active))).all()
            self._known = {each.id: each for each in found}
            self._slugs = {each.slug: each for each in found}
            self._hosts = {str(host): each for each in found for host in each.hosts}
            self._until = until
