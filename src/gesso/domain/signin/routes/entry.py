"""Coming in over HTTP: by a code, by a link, by a password."""

from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import Response

from gesso.domain import sessions
from gesso.domain.identity import BadEmail, NoSuchChannel
from gesso.domain.signin import codes, passwords
from gesso.domain.signin.desk import desk_of
from gesso.domain.signin.errors import (
    Busy,
    CodeExpired,
    CodeWrong,
    NotLetIn,
    PasswordWrong,
    SlowDown,
)
from gesso.domain.signin.letters import language_of
from gesso.domain.signin.wire import (
    ChallengeOut,
    CodeIn,
    CodeWish,
    LinkTokenIn,
    LoginIn,
    challenge_out,
)
from gesso.infra.web import new_router, problems
from gesso.kit.ids import parse_id

router = new_router("sign-in", prefix="/api/v1/auth")

Languages = Annotated[
    str | None,
    Header(alias="Accept-Language", description="The letter comes in English or Chinese."),
]


@router.post("/email-code", status_code=202, responses=problems(BadEmail, NoSuchChannel, SlowDown))
async def ask_for_code(
    request: Request, body: CodeWish, languages: Languages = None
) -> ChallengeOut:
    """Have a code sent to an address. The answer is the same for every address, known or not; an
    older code for it is good for nothing from now on.
    """
    wish = codes.Wish(
        email=body.email,
        ip=sessions.visit_of(request).ip,
        language=language_of(languages),
        channel=body.channel,
    )
    return challenge_out(await codes.ask(desk_of(request), wish))


@router.post(
    "/verify",
    response_model=sessions.TokensOut | sessions.CookiesOut,
    responses=problems(CodeWrong, CodeExpired, NotLetIn, SlowDown),
)
async def verify_code(request: Request, body: CodeIn) -> Response:
    """Come in by the code of a letter. Five guesses are looked at, and the right one is good once;
    who is new has an account from now on.
    """
    opened = await codes.verify(
        desk_of(request),
        parse_id("challenge", body.challenge_id),
        body.digits,
        sessions.visit_of(request),
    )
    return sessions.answer(request, opened)


@router.post(
    "/link",
    response_model=sessions.TokensOut | sessions.CookiesOut,
    responses=problems(CodeWrong, CodeExpired, NotLetIn, SlowDown),
)
async def verify_link(request: Request, body: LinkTokenIn) -> Response:
    """Come in by the link of a letter, which is good once."""
    opened = await codes.verify_link(desk_of(request), body.token, sessions.visit_of(request))
    return sessions.answer(request, opened)


@router.post(
    "/login",
    response_model=sessions.TokensOut | sessions.CookiesOut,
    responses=problems(BadEmail, NoSuchChannel, PasswordWrong, NotLetIn, SlowDown, Busy),
)
async def log_in(request: Request, body: LoginIn) -> Response:
    """Come in by a password. What is wrong is not told, and takes as long; after ten wrong ones an
    hour only a code lets in.
    """
    wanted = passwords.Login(body.email, body.password, body.channel)
    opened = await passwords.login(desk_of(request), wanted, sessions.visit_of(request))
    return sessions.answer(request, opened)
