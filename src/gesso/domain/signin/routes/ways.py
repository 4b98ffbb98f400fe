"""The ways in: which there are at this host, and how another is added to an account."""

from typing import Annotated, Final, Literal

from fastapi import Header, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from gesso.domain import identity
from gesso.domain.identity import CHANNEL_HEADER, CallerDep, Channel, NoSuchChannel
from gesso.domain.sessions import SessionNeeded
from gesso.domain.signin import passwords
from gesso.domain.signin.errors import NotFresh
from gesso.domain.signin.oidc_errors import BadReturn, IssuerUnavailable
from gesso.domain.signin.routes.oidc import SlugPath, begin, house, keep_browser, open_channel
from gesso.infra.web import answer, house_of, new_router, problems

router = new_router("sign-in")

_MOST: Final = 100


class WayOut(BaseModel):
    """A way in, as everybody may see it."""

    slug: str
    name: str
    kind: Literal["local", "oidc", "handover"]
    start_url: str | None = Field(description="Where a browser begins; none: not by a browser.")


class WaysOut(BaseModel):
    """The ways in at this host."""

    items: list[WayOut]
    next_cursor: str | None = None
    outbox: str | None = Field(
        None,
        description="In development without a mail server: the folder where letters lie.",
    )


class LinkIn(BaseModel):
    """Where the browser goes once the identity is linked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    return_to: str = Field("/", max_length=2000)


class LinkOut(BaseModel):
    """A linking that has begun."""

    url: str = Field(description="Where the browser goes, within ten minutes.")


@router.get("/auth/channels")
async def list_ways(
    request: Request,
    gesso_channel: Annotated[str | None, Header(alias=CHANNEL_HEADER, max_length=40)] = None,
) -> WaysOut:
    """Tell by which ways one gets in here: those of the tenant whose channel answers to this host,
    or is named by `Gesso-Channel`; else those of the house itself.
    """
    known = house(request).channels
    host = request.headers.get("host")
    here = await known.find(slug=gesso_channel) if gesso_channel else await known.find(host=host)
    here = here or await known.find(slug=identity.LOCAL)
    found = await known.of_tenant(here.tenant_id) if here else []
    return WaysOut(items=[_way(each) for each in found[:_MOST]], outbox=_outbox(request))


@router.post(
    "/me/identities/oidc/{slug}",
    status_code=201,
    response_model=LinkOut,
    responses=problems(NoSuchChannel, BadReturn, SessionNeeded, NotFresh, IssuerUnavailable),
)
async def link_identity(
    request: Request, caller: CallerDep, slug: SlugPath, body: LinkIn
) -> Response:
    """Begin to add an identity of this channel to the account of whoever is signed in: the browser
    that asks goes to `url` and comes back with it linked, if they signed in within the last ten
    minutes and are signed in still. A letter tells their address.
    """
    async with house(request).db.view(tenant=caller.tenant_id) as view:
        await passwords.require_fresh(view, caller)
    channel = await open_channel(request, slug)
    if channel.tenant_id != caller.tenant_id:
        raise NoSuchChannel("There is no such channel.")
    begun = await begin(request, channel, body.return_to, caller)
    response = answer(LinkOut(url=begun.url), status=201, headers={"cache-control": "no-store"})
    keep_browser(request, response, begun)
    return response


def _outbox(request: Request) -> str | None:
    """Where whoever tries this out finds their code; nobody else is told."""
    settings = house_of(request).settings
    is_tried_out = settings.environment == "development" and settings.mail.url is None
    return str(settings.data_dir / "outbox") if is_tried_out else None


def _way(channel: Channel) -> WayOut:
    start = f"/auth/sso/{channel.slug}/start" if channel.kind == "oidc" else None
    return WayOut.model_validate(
        {"slug": channel.slug, "name": channel.name, "kind": channel.kind, "start_url": start}
    )
