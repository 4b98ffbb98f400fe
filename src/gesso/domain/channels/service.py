"""The verbs of admins: channels are made, looked at, changed and closed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor
from gesso.domain.channels import sealing
from gesso.domain.channels.errors import ChannelChanged, HostTaken, SlugTaken
from gesso.domain.channels.rules import check_house, check_limits, check_reach, check_whole
from gesso.domain.channels.tables import ChannelSecret
from gesso.domain.identity import (
    Channel,
    ChannelHost,
    NoSuchChannel,
    Role,
    house_tenant,
    insert_once,
)
from gesso.domain.keyring import Safe, seal_and_write
from gesso.infra.db import Database, Tx, View, moment, upsert
from gesso.infra.vault import Envelope
from gesso.kit.ids import new_id, public_id

Shown = tuple[Channel, ChannelSecret | None]
"""A channel, with its sealed secret."""
_COLUMNS = (
    "kind", "issuer", "client_id", "protocol", "allowed_roles", "default_role",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """Where channels are looked after: by whom, in which tenant, and how strictly."""

    db: Database
    safe: Safe
    by: Actor
    tenant_id: UUID | None
    """The tenant whose channels can be seen; None: every one, for the command line."""
    role: Role | None
    """Of whoever does it; None: the command line."""
    public_url: str
    """Of the house: its host is no other tenant's."""
    allows_loopback: bool
    """Whether an issuer may be on this machine, without TLS: for development."""


async def create(desk: Desk, tenant_id: UUID, facts: Mapping[str, Any], secret: str | None) -> UUID:
    """Make a channel of this tenant; its id. SlugTaken, HostTaken, BadChannel, NotYourChannel."""
    check_reach(facts["allowed_roles"], desk.role)
    check_limits(facts.get("limits", {}))
    check_whole(facts, has_secret=secret is not None, allows_loopback=desk.allows_loopback)
    channel_id = new_id()

    async def write(tx: Tx) -> Channel:
        await _check_house(tx, desk, facts, tenant_id)
        values = {
            **facts, "id": channel_id, "tenant_id": tenant_id, "is_active": True, "rev": 1,
            "created_at": moment(tx), "updated_at": moment(tx),
        }  # fmt: skip
        if not await insert_once(tx, Channel, values):
            raise SlugTaken("Another channel of this house is called so.")
        channel = await get(tx, channel_id, tenant_id)
        await _claim(tx, channel)
        await _note(tx, desk, "channel.create", channel)
        return channel

    await _written(desk, facts["kind"], channel_id, secret, write)
    return channel_id


async def change(
    desk: Desk,
    channel_id: UUID,
    changes: Mapping[str, Any],
    *,
    rev: int | None,
    secret: str | None = None,
    drops_secret: bool = False,
) -> UUID:
    """Change a channel as a whole or not at all. ChannelChanged where it is not at `rev` any more;
    else the errors of `create`. Who is signed in stays so.
    """
    async with desk.db.view(tenant=desk.tenant_id) as view:
        kind = (await get(view, channel_id, desk.tenant_id)).kind
    told = sorted(changes.keys() | ({"secret"} if drops_secret or secret is not None else set()))

    async def write(tx: Tx) -> Channel:
        channel = await _locked(tx, channel_id, desk.tenant_id)
        if rev is not None and channel.rev != rev:
            raise ChannelChanged("It was changed since you read it.", rev=channel.rev)
        check_reach(channel.allowed_roles, desk.role)
        await _check_house(tx, desk, changes, channel.tenant_id)
        has_secret = secret is not None or (
            not drops_secret and await sealing.secret_of(tx, channel_id) is not None
        )
        _apply(channel, changes)
        check_reach(channel.allowed_roles, desk.role)
        facts = {name: getattr(channel, name) for name in _COLUMNS}
        check_whole(facts, has_secret=has_secret, allows_loopback=desk.allows_loopback)
        channel.updated_at, channel.rev = moment(tx), channel.rev + 1
        await tx.flush()
        if "hosts" in changes:
            await _claim(tx, channel)
        if drops_secret:
            await sealing.take_away(tx, channel_id)
        await _note(tx, desk, "channel.change", channel, changed=told)
        return channel

    await _written(desk, kind, channel_id, secret, write)
    return channel_id


async def close(desk: Desk, channel_id: UUID) -> UUID:
    """Let nobody in by a channel any more; a change opens it again. Who is signed in stays so."""
    return await change(desk, channel_id, {"is_active": False, "protocol": {}}, rev=None)


async def get(view: View, channel_id: UUID, tenant_id: UUID | None) -> Channel:
    """The channel, open or closed; NoSuchChannel where this tenant has none of this id."""
    query = select(Channel).where(Channel.id == channel_id)
    if tenant_id is not None:
        query = query.where(Channel.tenant_id == tenant_id)
    found: Channel | None = await view.scalar(query)
    if found is None:
        raise NoSuchChannel("There is no such channel.")
    return found


async def page(
    view: View, tenant_id: UUID | None, *, after: UUID | None, limit: int
) -> Sequence[Shown]:
    """Channels with their sealed secrets, closed ones too, the newest first."""
    query = (
        select(Channel, ChannelSecret)
        .outerjoin(ChannelSecret, ChannelSecret.channel_id == Channel.id)
        .order_by(Channel.id.desc())
        .limit(limit)
    )
    if tenant_id is not None:
        query = query.where(Channel.tenant_id == tenant_id)
    if after is not None:
        query = query.where(Channel.id < after)
    return [(channel, secret) for channel, secret in await view.execute(query)]


async def _check_house(tx: Tx, desk: Desk, facts: Mapping[str, Any], tenant_id: UUID) -> None:
    """NotYourChannel for what only the house's own tenant may have; the command line may."""
    if desk.role is not None:
        house = await house_tenant(tx)
        check_house(facts, tenant_id, house_tenant=house, public_url=desk.public_url)


def _apply(channel: Channel, changes: Mapping[str, Any]) -> None:
    check_limits(changes.get("limits", {}))
    for name, value in changes.items():
        merged = {**channel.protocol, **value} if name == "protocol" else value
        setattr(channel, name, merged)


async def _note(tx: Tx, desk: Desk, action: str, channel: Channel, **more: object) -> None:
    """Write the deed into the audit log of the channel's tenant, whoever did it."""
    by = replace(desk.by, tenant_id=channel.tenant_id)
    about = {"slug": channel.slug, "is_active": channel.is_active, **more}
    await auditlog.note(tx, by, action, public_id("chan", channel.id), about)


async def _locked(tx: Tx, channel_id: UUID, tenant_id: UUID | None) -> Channel:
    await get(tx, channel_id, tenant_id)
    query = select(Channel).where(Channel.id == channel_id).with_for_update()
    return (await tx.scalars(query.execution_options(populate_existing=True))).one()


async def _claim(tx: Tx, channel: Channel) -> None:
    """Have its hosts lead to it, and no others; HostTaken where one leads elsewhere."""
    mine = ChannelHost.channel_id == channel.id
    await tx.execute(
        delete(ChannelHost)
        .where(mine, ChannelHost.host.not_in(channel.hosts))
        .execution_options(synchronize_session=False)
    )
    held = set(await tx.scalars(select(ChannelHost.host).where(mine)))
    for host in sorted({str(each) for each in channel.hosts} - held):
        row = {"host": host, "channel_id": channel.id, "tenant_id": channel.tenant_id}
        claim = upsert(tx, ChannelHost).values(row).on_conflict_do_nothing()
        if await tx.scalar(claim.returning(ChannelHost.host)) is None:
            raise HostTaken(f"Another channel answers to {host}.", host=host)


async def _written(
    desk: Desk,
    kind: str,
    channel_id: UUID,
    secret: str | None,
    write: Callable[[Tx], Awaitable[Channel]],
) -> None:
    """Write it, with its secret sealed where there is one, in one transaction."""
    if secret is None:
        async with desk.db.tx() as tx:
            await write(tx)
        return
    secret_id = new_id()

    async def both(tx: Tx, envelope: Envelope) -> None:
        await sealing.put(tx, await write(tx), secret_id, envelope, secret)

    place = sealing.place_for(secret_id, channel_id)
    await seal_and_write(desk.db, desk.safe, place, sealing.checked(kind, secret), both)
