"""Hand-over by a partner, over HTTP: a signed token in, a session out."""

from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import Query, Request
from fastapi.responses import Response

from gesso.domain import identity, sessions
from gesso.domain.channels import address_of
from gesso.domain.identity import Channel, NoSuchChannel
from gesso.domain.sessions import TokensOut
from gesso.domain.signin import handover
from gesso.domain.signin.errors import AddressTaken, NotLetIn
from gesso.domain.signin.oidc_errors import (
    EmailMissing,
    EmailUnverified,
    IssuerUnavailable,
    RoleNotAllowed,
    TokenRefused,
    TokenUsed,
)
from gesso.domain.signin.pages import goes_to, is_browser, told
from gesso.domain.signin.routes.oidc import AWAY, SlugPath, house, issuers_of
from gesso.infra.errors import GessoError, Invalid
from gesso.infra.web import new_router, problems

router = new_router("sign-in", prefix="/auth/handover")

_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **AWAY,
    **problems(
        NoSuchChannel, TokenRefused, TokenUsed, EmailMissing, EmailUnverified, RoleNotAllowed,
        NotLetIn, AddressTaken, IssuerUnavailable,
    ),
}  # fmt: skip
_FORM: Final = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {"token": {"type": "string"}, "state": {"type": "string"}},
                }
            }
        }
    }
}


@router.get("/{slug}", response_model=TokensOut, responses=_RESPONSES)
async def come_by_link(
    request: Request,
    slug: SlugPath,
    token: Annotated[str, Query(max_length=16_384)],
    state: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Come in by a partner's token; it opens once. A browser gets cookies and goes on to `state`,
    where the token carries it too and it is a path of this site; a program gets tokens.
    """
    return await _handed_over(request, slug, token, state)


@router.post("/{slug}", response_model=TokensOut, responses=_RESPONSES, openapi_extra=_FORM)
async def come_by_form(request: Request, slug: SlugPath) -> Response:
    """The same by a form, which leaves no token in addresses and logs."""
    try:
        fields = parse_qs((await request.body()).decode("latin-1"), max_num_fields=10)
    except ValueError:
        raise Invalid("A hand-over is a form with `token` and `state`.") from None
    token, state = fields.get("token", [""])[0], fields.get("state", [None])[0]
    return await _handed_over(request, slug, token, state)


async def _handed_over(request: Request, slug: str, token: str, state: str | None) -> Response:
    try:
        return await _let_in(request, slug, token, state)
    except GessoError as error:
        return told(request, error, None)


async def _let_in(request: Request, slug: str, token: str, state: str | None) -> Response:
    asked = house(request)
    channel = await _open_channel(request, slug)
    arrival, claims = await handover.examine(
        asked.db,
        issuers_of(request),
        asked.safe,
        channel,
        token=token,
        state=state,
        audience=str(address_of(channel, asked.settings.public_url)),
    )
    async with asked.db.tx() as tx:
        arrived = await handover.come_over(tx, channel, arrival, claims)
        opened = await sessions.begin(
            tx,
            arrived.user,
            identity_id=arrived.identity.id,
            channel_id=channel.id,
            visit=sessions.visit_of(request),
        )
    if not is_browser(request):
        return sessions.answer(request, opened)
    response = goes_to(handover.place_after(state))
    sessions.put_cookies(request, response, opened)
    return response


async def _open_channel(request: Request, slug: str) -> Channel:
    async with house(request).db.view() as view:
        channel = await identity.find_channel(view, slug)
    if channel.kind != "handover":
        raise NoSuchChannel("There is no such channel.")
    return channel
