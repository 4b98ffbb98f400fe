"""How a session is handed over: as JSON to programs, in cookies to browsers."""

from datetime import datetime
from typing import Final, Protocol, cast

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from gesso.domain.identity import GuardedHouse
from gesso.domain.sessions import cookies
from gesso.domain.sessions.mint import Mint
from gesso.domain.sessions.rules import ACCESS_LIFE, Opened, Visit
from gesso.infra import web
from gesso.kit.ids import public_id

COOKIES_HEADER: Final = "Gesso-Cookies"
"""With the value 1: the session is handed over in cookies, and no token stands in the body."""

_WHOLE: Final = int(ACCESS_LIFE.total_seconds())
_FRESH: Final = {"cache-control": "no-store", "pragma": "no-cache"}


class SessionHouse(GuardedHouse, Protocol):
    """What sessions need of the house beside what every room needs."""

    @property
    def mint(self) -> Mint:
        """Signs access tokens."""


class TokensOut(BaseModel):
    """A session as a program keeps it (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str = Field("Bearer", examples=["Bearer"])
    expires_in: int = Field(description="Seconds for which the access token is good.")
    refresh_token: str = Field(description="Good once: the answer to its use brings the next.")
    session_id: str


class CookiesOut(BaseModel):
    """A session that is kept in cookies; they hold the tokens."""

    token_type: str = Field("Cookie", examples=["Cookie"])
    expires_in: int = Field(description="Seconds until the page has to refresh.")
    csrf_token: str = Field(description="To be sent with every write, as `X-CSRF-Token`.")
    session_id: str


def visit_of(request: Request) -> Visit:
    """From where this request comes, and with what."""
    agent = request.headers.get("user-agent", "")
    return Visit(
        ip=web.client_address(request),
        agent="".join(letter for letter in agent if letter.isprintable()),
    )


def answer(request: Request, opened: Opened, *, status: int = 200) -> Response:
    """The answer to a sign-in or a refresh: tokens in the body, or in cookies for whoever asks for
    them with `Gesso-Cookies: 1`. NoSigningKey where nothing can be signed here.
    """
    if request.headers.get(COOKIES_HEADER) == "1":
        return in_cookies(request, opened, status=status)
    house = cast(SessionHouse, web.house_of(request))
    access, expires_at = _signed(house, opened)
    body = TokensOut(
        access_token=access,
        token_type="Bearer",  # noqa: S106  # the kind of token, no secret
        expires_in=cookies.seconds_left(expires_at, house.db.now()),
        refresh_token=opened.refresh_token,
        session_id=public_id("session", opened.session_id),
    )
    return web.answer(body, status=status, headers=_FRESH)


def in_cookies(request: Request, opened: Opened, *, status: int = 200) -> Response:
    """The same with the tokens in cookies, whatever the request asks for."""
    house = cast(SessionHouse, web.house_of(request))
    body = CookiesOut(
        token_type="Cookie",  # noqa: S106  # the kind of token, no secret
        expires_in=min(_WHOLE, cookies.seconds_left(opened.expires_at, house.db.now())),
        csrf_token=cookies.csrf_token(house.mint, opened.session_id),
        session_id=public_id("session", opened.session_id),
    )
    response = web.answer(body, status=status, headers=_FRESH)
    put_cookies(request, response, opened)
    return response


def put_cookies(request: Request, response: Response, opened: Opened) -> None:
    """Put the session's cookies on any answer, such as the redirect behind an outside sign-in."""
    house = cast(SessionHouse, web.house_of(request))
    access, _ = _signed(house, opened)
    cookies.put(
        response,
        cookies.names_for(request, house.settings.public_url),
        access=access,
        refresh=opened.refresh_token,
        csrf=cookies.csrf_token(house.mint, opened.session_id),
        seconds=cookies.seconds_left(opened.expires_at, house.db.now()),
    )


def take_cookies_back(request: Request, response: Response) -> None:
    """Have the browser forget the session that it came with, for that session has ended."""
    house = cast(SessionHouse, web.house_of(request))
    cookies.take_back(response, cookies.names_for(request, house.settings.public_url))


def _signed(house: SessionHouse, opened: Opened) -> tuple[str, datetime]:
    return house.mint.sign(
        session_id=opened.session_id,
        user_id=opened.user_id,
        tenant_id=opened.tenant_id,
        role=opened.role,
        scopes=opened.scopes,
        not_after=opened.expires_at,
    )
