"""Channels over HTTP, for the admins of a tenant."""

from typing import Annotated, Protocol, cast
from uuid import UUID

import structlog
from fastapi import Header, Path, Request

from gesso.domain import auditlog
from gesso.domain.channels import sealing, service
from gesso.domain.channels.errors import (
    BadChannel,
    ChannelChanged,
    HostTaken,
    NotYourChannel,
    SlugTaken,
)
from gesso.domain.channels.service import Desk
from gesso.domain.channels.wire import (
    ChannelChange,
    ChannelIn,
    ChannelOut,
    channel_out,
    facts_of,
)
from gesso.domain.identity import AdminDep, Caller, NoSuchChannel
from gesso.domain.keyring import MasterKeyMissing, Safe
from gesso.infra.errors import Invalid
from gesso.infra.web import House, Page, PageDep, ViewDep, house_of, new_router, problems
from gesso.kit.ids import parse_id

log = structlog.get_logger("gesso.channels")
router = new_router("channels", prefix="/api/v1/channels")

ChannelPath = Annotated[str, Path(max_length=40, description="A channel's id.")]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="The `rev`, as it was read.")
]
_REFUSALS = (BadChannel, NotYourChannel, HostTaken, MasterKeyMissing)


class ChannelsHouse(House, Protocol):
    """What these routes need of the house beside what every room needs."""

    @property
    def safe(self) -> Safe:
        """Seals what is handed in."""


@router.post("", status_code=201, responses=problems(*_REFUSALS, SlugTaken))
async def create_channel(request: Request, admin: AdminDep, body: ChannelIn) -> ChannelOut:
    """Make a channel of your tenant: an OpenID issuer's, or a partner's who hands people over. Its
    secret is sealed, and never shown again.
    """
    desk = _desk(request, admin)
    secret = body.secret.get_secret_value() if body.secret else None
    made = await service.create(desk, admin.tenant_id, facts_of(body), secret)
    log.info("channel_created", channel_id=str(made), slug=body.slug)
    return await _shown(desk, request, made)


@router.get("")
async def list_channels(
    request: Request, view: ViewDep, admin: AdminDep, page: PageDep
) -> Page[ChannelOut]:
    """List the channels of your tenant, closed ones too, the newest first."""
    desk, after = _desk(request, admin), page.after(UUID)
    found = await service.page(
        view, desk.tenant_id, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda row: (row[0].id,))
    url = house_of(request).settings.public_url
    return Page(items=[channel_out(*row, url) for row in rows], next_cursor=cursor)


@router.get("/{channel_id}", responses=problems(NoSuchChannel))
async def get_channel(request: Request, admin: AdminDep, channel_id: ChannelPath) -> ChannelOut:
    """Look at one."""
    return await _shown(_desk(request, admin), request, _known(channel_id))


@router.patch("/{channel_id}", responses=problems(NoSuchChannel, ChannelChanged, *_REFUSALS))
async def change_channel(
    request: Request,
    admin: AdminDep,
    channel_id: ChannelPath,
    body: ChannelChange,
    if_match: IfMatch = None,
) -> ChannelOut:
    """Change a channel, as a whole or not at all, if it still is as you read it: `rev` or
    `If-Match` says so. In force everywhere within a second.
    """
    desk, given = _desk(request, admin), "secret" in body.model_fields_set
    changed = await service.change(
        desk,
        _known(channel_id),
        facts_of(body),
        rev=_rev(body.rev, if_match),
        secret=body.secret.get_secret_value() if body.secret else None,
        drops_secret=given and body.secret is None,
    )
    log.info("channel_changed", channel_id=channel_id, changed=sorted(body.model_fields_set))
    return await _shown(desk, request, changed)


@router.post("/{channel_id}/close", responses=problems(NoSuchChannel, NotYourChannel))
async def close_channel(request: Request, admin: AdminDep, channel_id: ChannelPath) -> ChannelOut:
    """Let nobody in by it any more; `is_active: true` opens it again. Who is signed in stays so."""
    desk = _desk(request, admin)
    closed = await service.close(desk, _known(channel_id))
    log.info("channel_closed", channel_id=channel_id)
    return await _shown(desk, request, closed)


def _desk(request: Request, caller: Caller) -> Desk:
    house = cast(ChannelsHouse, house_of(request))
    return Desk(
        house.db,
        house.safe,
        auditlog.actor(request),
        caller.tenant_id,
        caller.role,
        public_url=house.settings.public_url,
        allows_loopback=house.settings.environment != "production",
    )


def _known(text: str) -> UUID:
    found = parse_id("chan", text)
    if found is None:
        raise NoSuchChannel("There is no such channel.")
    return found


def _rev(in_body: int | None, in_header: str | None) -> int:
    text = (in_header or "").removeprefix("W/").strip('"')
    if in_header is not None and (not text.isdigit() or len(text) > 18):
        raise Invalid("If-Match is the `rev` that was read.", code="bad_rev")
    found = {rev for rev in (in_body, int(text) if text else None) if rev is not None}
    if len(found) != 1:
        raise Invalid("Say which `rev` you read: in the body, or by If-Match.", code="bad_rev")
    return found.pop()


async def _shown(desk: Desk, request: Request, channel_id: UUID) -> ChannelOut:
    async with desk.db.view(tenant=desk.tenant_id) as view:
        channel = await service.get(view, channel_id, desk.tenant_id)
        secret = await sealing.secret_of(view, channel_id)
    return channel_out(channel, secret, house_of(request).settings.public_url)
