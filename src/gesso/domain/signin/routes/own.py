"""One's own ways in over HTTP: listed, added, taken away; and the password."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request
from sqlalchemy import select

from gesso.domain import identity, sessions
from gesso.domain.identity import BadEmail, Caller, CallerDep, User
from gesso.domain.signin import challenges, codes, passwords, ways
from gesso.domain.signin.desk import Desk, desk_of, tell_change
from gesso.domain.signin.errors import (
    AddressTaken,
    BadPassword,
    Busy,
    CodeExpired,
    CodeWrong,
    LastWayIn,
    NoSuchIdentity,
    NotFresh,
    PasswordWrong,
    SlowDown,
    TooManyWays,
)
from gesso.domain.signin.letters import language_of
from gesso.domain.signin.routes.entry import Languages
from gesso.domain.signin.tables import Password
from gesso.domain.signin.wire import (
    AddressWish,
    ChallengeOut,
    CodeIn,
    IdentitiesOut,
    IdentityOut,
    LinkTokenIn,
    PasswordIn,
    challenge_out,
    identity_out,
)
from gesso.infra.web import ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("sign-in", prefix="/api/v1/me")

_FRESH = (sessions.SessionNeeded, NotFresh)


@router.get("/identities")
async def list_identities(view: ViewDep, caller: CallerDep) -> IdentitiesOut:
    """List the ways in which you are known."""
    found = await ways.ways_of(view, caller.user_id)
    has = select(Password.user_id).where(Password.user_id == caller.user_id)
    return IdentitiesOut(
        items=[identity_out(way) for way in found],
        has_password=await view.scalar(has) is not None,
    )


@router.post("/identities/email", status_code=202, responses=problems(*_FRESH, BadEmail, SlowDown))
async def ask_to_add_address(
    request: Request, caller: CallerDep, body: AddressWish, languages: Languages = None
) -> ChallengeOut:
    """Have a code sent to an address by which you would like to be known too."""
    desk = desk_of(request)
    user = await _fresh(desk, caller)
    wish = codes.Wish(body.email, sessions.visit_of(request).ip, language_of(languages))
    promise = await codes.ask_to_add(desk, wish, user, _channel(caller))
    return challenge_out(promise)


@router.post(
    "/identities/email/verify",
    status_code=201,
    responses=problems(*_FRESH, CodeWrong, CodeExpired, AddressTaken, TooManyWays, SlowDown),
)
async def add_address(
    request: Request, caller: CallerDep, body: CodeIn | LinkTokenIn, languages: Languages = None
) -> IdentityOut:
    """Be known by an address from now on, by the code or the link of the letter that went to it."""
    desk = desk_of(request)
    user = await _fresh(desk, caller)
    if isinstance(body, CodeIn):
        challenge_id, secret = parse_id("challenge", body.challenge_id), body.digits
        way = await codes.verify_address(desk, user, challenge_id, secret, kind="code")
    else:
        token = challenges.parse_token(body.token) or (None, "")
        way = await codes.verify_address(desk, user, *token, kind="link")
    tell_change(desk, user, way, "added", language_of(languages))
    return identity_out(way)


@router.delete(
    "/identities/{id}",
    status_code=204,
    responses=problems(*_FRESH, NoSuchIdentity, LastWayIn),
)
async def remove_identity(
    request: Request,
    caller: CallerDep,
    id: Annotated[str, Path(max_length=40, description="The identity's id.")],
    languages: Languages = None,
) -> None:
    """Be known in this way no more; sessions that began so end. The last one stays."""
    desk = desk_of(request)
    user = await _fresh(desk, caller)
    async with desk.db.tx(tenant=caller.tenant_id) as tx:
        way = await ways.remove(tx, user, parse_id("identity", id))
    tell_change(desk, user, way, "removed", language_of(languages))


@router.put(
    "/password",
    status_code=204,
    responses=problems(*_FRESH, BadPassword, PasswordWrong, SlowDown, Busy),
)
async def set_password(
    request: Request, caller: CallerDep, body: PasswordIn, languages: Languages = None
) -> None:
    """Set your password, within ten minutes of signing in or with the old one. Your other sessions
    end. Forgotten? Sign in by a code, and set a new one.
    """
    await passwords.change(
        desk_of(request),
        caller,
        body.password,
        old=body.old_password,
        ip=sessions.visit_of(request).ip,
        language=language_of(languages),
    )


async def _fresh(desk: Desk, caller: Caller) -> User:
    async with desk.db.view(tenant=caller.tenant_id) as view:
        await passwords.require_fresh(view, caller)
        return await identity.get_user(view, caller.user_id)


def _channel(caller: Caller) -> UUID:
    if caller.channel_id is None:
        raise sessions.SessionNeeded("This is for people who signed in; a key cannot do it.")
    return caller.channel_id
