"""Sign-in at an issuer, over HTTP: the browser goes there and comes back."""

from typing import Annotated, Any, Final, Protocol, cast
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gesso.domain import identity, sessions
from gesso.domain.channels import address_of
from gesso.domain.identity import Channel, Directory, NoSuchChannel
from gesso.domain.keyring import Safe
from gesso.domain.signin import oidc
from gesso.domain.signin.arrivals import arrive, link
from gesso.domain.signin.desk import SigninHouse, desk_of, tell_change
from gesso.domain.signin.errors import AddressTaken, NotLetIn
from gesso.domain.signin.letters import language_of
from gesso.domain.signin.oidc import Begun, Callback, Ended
from gesso.domain.signin.oidc_errors import (
    BadReturn,
    EmailMissing,
    EmailUnverified,
    IdentityTaken,
    IssuerUnavailable,
    RoleNotAllowed,
    SignInCancelled,
    SignInStale,
    TokenRefused,
)
from gesso.domain.signin.oidc_issuers import Issuers
from gesso.domain.signin.pages import goes_to, told
from gesso.infra.errors import GessoError
from gesso.infra.web import house_of, new_router, problems

router = new_router("sign-in", prefix="/auth/sso")

SlugPath = Annotated[str, Path(max_length=40, description="A channel's slug.")]
ReturnTo = Annotated[str, Query(max_length=2000, description="A path of this site.")]
AWAY: Final[dict[int | str, dict[str, Any]]] = {
    303: {"description": "The browser goes on to `Location`."}
}
_COOKIE: Final = "gesso-sso"


class Answer(BaseModel):
    """With what the issuer sends the browser back (RFC 6749, section 4.1.2; RFC 9207)."""

    state: str | None = Field(None, max_length=200)
    code: str | None = Field(None, max_length=4096)
    error: str | None = Field(None, max_length=4096)
    iss: str | None = Field(None, max_length=1000)


class WaysHouse(SigninHouse, Protocol):
    """What these routes need of the house beside what letters and sessions need."""

    @property
    def safe(self) -> Safe:
        """Opens the secrets of channels."""

    @property
    def channels(self) -> Directory:
        """The open channels."""

    @property
    def issuers(self) -> Issuers | None:
        """Those who vouch for people; none in a process that serves nobody."""


def house(request: Request) -> WaysHouse:
    """The house that this request came into."""
    return cast(WaysHouse, house_of(request))


def issuers_of(request: Request) -> Issuers:
    """Those who can be asked from this process."""
    found = house(request).issuers
    if found is None:
        raise IssuerUnavailable("Nobody is asked from this process.")
    return found


@router.get(
    "/{slug}/start",
    status_code=303,
    response_class=Response,
    responses={**AWAY, **problems(NoSuchChannel, BadReturn, IssuerUnavailable)},
)
async def start_sso(request: Request, slug: SlugPath, return_to: ReturnTo = "/") -> Response:
    """Send a browser to the issuer of a channel; it comes back to `return_to`, signed in."""
    try:
        channel = await open_channel(request, slug)
        return _leaving(request, await begin(request, channel, return_to))
    except GessoError as error:
        return told(request, error, None)


@router.get(
    "/{slug}/callback",
    status_code=303,
    response_class=Response,
    responses={
        **AWAY,
        **problems(
            NoSuchChannel, SignInCancelled, SignInStale, TokenRefused, EmailMissing,
            EmailUnverified, RoleNotAllowed, NotLetIn, AddressTaken, IdentityTaken,
            IssuerUnavailable,
        ),
    },
)  # fmt: skip
async def finish_sso(
    request: Request, slug: SlugPath, came: Annotated[Answer, Query()]
) -> Response:
    """Where the issuer sends the browser back to; good once, in the browser that began."""
    browser, asked = request.cookies.get(_cookie_name(request)), house(request)
    callback = Callback(browser, came.state, came.code, came.error, came.iss)
    try:
        ended = await oidc.finish(asked.db, issuers_of(request), asked.safe, slug, callback)
        return await _let_in(request, ended)
    except GessoError as refused:
        return told(request, refused, f"/auth/sso/{slug}/start")


async def open_channel(request: Request, slug: str) -> Channel:
    """The open OpenID channel of this name; NoSuchChannel for any other."""
    async with house(request).db.view() as view:
        channel = await identity.find_channel(view, slug)
    if channel.kind != "oidc":
        raise NoSuchChannel("There is no such channel.")
    return channel


async def begin(
    request: Request, channel: Channel, return_to: str, by: identity.Caller | None = None
) -> Begun:
    """Begin a sign-in at this channel, or for a caller the linking of an identity."""
    asked = house(request)
    return await oidc.start(
        asked.db,
        issuers_of(request),
        channel,
        return_to=return_to,
        redirect_uri=str(address_of(channel, site_of(request, channel))),
        browser=request.cookies.get(_cookie_name(request)),
        by=by,
    )


def site_of(request: Request, channel: Channel) -> str:
    """The root under which this browser sees us: the channel's own host where that was asked, else
    the public address.
    """
    public = house_of(request).settings.public_url
    host = request.headers.get("host", "").lower()
    is_own = any(name in channel.hosts for name in identity.names_of(host))
    return f"{urlsplit(public).scheme}://{host}" if is_own else public


def keep_browser(request: Request, response: Response, begun: Begun) -> None:
    """Have the browser keep what shows that it began this."""
    response.set_cookie(
        _cookie_name(request), begun.browser, max_age=int(oidc.LIFE.total_seconds()),
        path="/", secure=_is_secure(request), httponly=True, samesite="lax",
    )  # fmt: skip


def _leaving(request: Request, begun: Begun) -> Response:
    response = goes_to(begun.url)
    keep_browser(request, response, begun)
    return response


async def _let_in(request: Request, ended: Ended) -> Response:
    """Their session, or the identity on their account, in one transaction with what it follows."""
    if ended.user_id is not None:
        await _link(request, ended, ended.user_id)
        return goes_to(ended.return_to)
    response = goes_to(ended.return_to)
    async with house(request).db.tx() as tx:
        arrived = await arrive(tx, ended.channel, ended.arrival)
        opened = await sessions.begin(
            tx,
            arrived.user,
            identity_id=arrived.identity.id,
            channel_id=ended.channel.id,
            visit=sessions.visit_of(request),
        )
    sessions.put_cookies(request, response, opened)
    return response


async def _link(request: Request, ended: Ended, user_id: UUID) -> None:
    """Add the identity to the account of whoever asked, if they are still signed in where they did;
    a letter tells the address of before.
    """
    desk = desk_of(request)
    async with desk.db.tx() as tx:
        user = await identity.get_user(tx, user_id)
        if ended.session_id is None or not await sessions.is_open(tx, ended.session_id, user_id):
            raise SignInStale("You are not signed in any more where you asked for this.")
        added = await link(tx, ended.channel, ended.arrival, user_id)
    if added.is_new:
        language = language_of(request.headers.get("accept-language"))
        tell_change(desk, user, added.identity, "added", language)


def _is_secure(request: Request) -> bool:
    public = house_of(request).settings.public_url
    return request.scope["scheme"] == "https" or public.startswith("https:")


def _cookie_name(request: Request) -> str:
    """Under HTTPS a name that no neighbouring host can set (RFC 6265bis, section 4.1.3)."""
    return f"__Host-{_COOKIE}" if _is_secure(request) else _COOKIE
