"""The endpoints of sessions: to go on, to leave, to see where else one is signed in."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import JSONResponse, Response

from gesso.domain.identity import Caller, CallerDep, TwoCredentials, caller_of
from gesso.domain.sessions import cookies, service
from gesso.domain.sessions.answers import (
    CookiesOut,
    SessionHouse,
    TokensOut,
    answer,
    in_cookies,
    take_cookies_back,
    visit_of,
)
from gesso.domain.sessions.errors import (
    BadRefreshToken,
    Forged,
    NoSigningKey,
    NoSuchSession,
    SessionNeeded,
    TokenReused,
    TooSoon,
)
from gesso.domain.sessions.family import refresh, session_of
from gesso.domain.sessions.keys import SHOWN
from gesso.domain.sessions.rules import Opened
from gesso.domain.sessions.wire import EndedOut, RefreshIn, SessionOut, session_out
from gesso.infra.db import Tx
from gesso.infra.errors import Unauthenticated
from gesso.infra.web import (
    Page,
    PageDep,
    TxDep,
    ViewDep,
    house_of,
    new_router,
    problems,
    refusal,
)
from gesso.kit.ids import parse_id

router = new_router("sessions")
well_known = new_router("sessions", prefix="/.well-known")

_JWKS = {"cache-control": f"public, max-age={int(SHOWN.total_seconds())}"}


async def _signed_in(caller: CallerDep) -> Caller:
    if not caller.is_person:
        raise SessionNeeded("A key or a program cannot do this: sign in.")
    return caller


SignedInDep = Annotated[Caller, Depends(_signed_in)]


@router.post(
    "/auth/refresh",
    response_model=TokensOut | CookiesOut,
    response_class=Response,
    responses=problems(BadRefreshToken, TokenReused, TooSoon, TwoCredentials, Forged, NoSigningKey),
)
async def refresh_session(request: Request, body: RefreshIn | None = None) -> Response:
    """Let a session go on: a new access token, and the refresh token that comes next.

    A refresh token is good once; asked again within ten seconds, the answer brings the same
    successor. Later than that, or with an older token, the session is ended: somebody has a copy.
    A browser's token comes in its cookie, and so does the next one.
    """
    house = _house(request)
    token, is_cookie = _presented(request, body)
    if token is None:
        raise BadRefreshToken("There is no refresh token in this request.")
    async with house.db.tx() as tx:
        if is_cookie:
            await _check_write(tx, request, token)
        outcome = await refresh(tx, house.mint, token, visit_of(request))
    if isinstance(outcome, Opened):
        return in_cookies(request, outcome) if is_cookie else answer(request, outcome)
    refused = refusal(outcome)
    if is_cookie:
        take_cookies_back(request, refused)
    return refused


@router.post(
    "/auth/logout",
    status_code=204,
    response_class=Response,
    responses=problems(TwoCredentials, Unauthenticated, Forged, SessionNeeded),
)
async def log_out(request: Request, body: RefreshIn | None = None) -> Response:
    """End the session of this access token, of the cookies, or of the refresh token in the body;
    what was ended before, or is not known, is no error.
    """
    house = _house(request)
    token, is_cookie = _presented(request, body)
    if token is None:
        caller = await _signed_in(await caller_of(request))
        session_id = caller.session_id
    async with house.db.tx() as tx:
        if token is not None:
            if is_cookie:
                await _check_write(tx, request, token)
            session_id = await session_of(tx, token)
        if session_id is not None:
            await service.end(tx, [session_id], "logout")
    response = Response(status_code=204)
    take_cookies_back(request, response)
    return response


@router.get("/me/sessions", responses=problems(SessionNeeded))
async def list_sessions(view: ViewDep, caller: SignedInDep, page: PageDep) -> Page[SessionOut]:
    """List where you are signed in, the newest sign-in first."""
    after = page.after(UUID)
    rows = await service.open_sessions(
        view, caller.user_id, before=after[0] if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, lambda row: (row[0].id,))
    items = [session_out(*row, current=caller.session_id) for row in kept]
    return Page(items=items, next_cursor=cursor)


@router.delete(
    "/me/sessions/{session_id}", status_code=204, responses=problems(NoSuchSession, SessionNeeded)
)
async def end_session(
    tx: TxDep, caller: SignedInDep, session_id: Annotated[str, Path(max_length=64)]
) -> None:
    """Sign out somewhere else; within two seconds nothing is open there any more."""
    known = parse_id("session", session_id)
    mine = caller.user_id
    if known is None or not await service.end(tx, [known], "revoked", user_id=mine):
        raise NoSuchSession("There is no such session.")


@router.delete("/me/sessions", responses=problems(SessionNeeded))
async def end_other_sessions(tx: TxDep, caller: SignedInDep) -> EndedOut:
    """Sign out everywhere but here."""
    ended = await service.end_all(tx, caller.user_id, "revoked", but=caller.session_id)
    return EndedOut(ended=ended)


@well_known.get("/jwks.json", response_class=JSONResponse)
async def get_key_set(request: Request) -> Response:
    """The public keys of access tokens (RFC 7517), for those who check them without asking."""
    return JSONResponse(_house(request).mint.key_set(), headers=_JWKS)


def _presented(request: Request, body: RefreshIn | None) -> tuple[str | None, bool]:
    """The refresh token that came along, and whether it came in a cookie."""
    in_cookie = cookies.refresh_in(request, _house(request).settings.public_url)
    given = body.refresh_token if body else None
    if in_cookie and (given or "authorization" in request.headers):
        raise TwoCredentials("Send either a token of your own or the session's cookie, not both.")
    return (in_cookie, True) if in_cookie else (given, False)


async def _check_write(tx: Tx, request: Request, token: str) -> None:
    """Forged unless our own page sent the cookie; one that is not known does no harm."""
    house, session_id = _house(request), await session_of(tx, token)
    if session_id is not None:
        cookies.check_write(request, house.mint, session_id, house.settings.public_url)


def _house(request: Request) -> SessionHouse:
    return cast(SessionHouse, house_of(request))
