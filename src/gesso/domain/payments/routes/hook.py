"""The address to which gateways report: their signature is what they are let in by."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from gesso.domain.payments.errors import EventNotVerified, EventUnreadable, NoSuchGateway
from gesso.domain.payments.routes.payments import desk_of
from gesso.infra.web import new_router, problems
from gesso.infra.web.errors import BodyTooLarge

router = new_router("hooks", prefix="")

MOST_BYTES: Final = 1 << 19
"""Of a report; Stripe's have at most 256 KiB."""


@router.post(
    "/hooks/payments/{gateway}",
    include_in_schema=False,  # for gateways, who are told it once
    responses=problems(NoSuchGateway, EventNotVerified, EventUnreadable),
)
async def receive_payment_event(request: Request, gateway: str) -> Response:
    """Take in a report. The answer says that it is kept, not what comes of it."""
    desk = desk_of(request)
    if gateway not in desk.gateways:
        raise NoSuchGateway("Reports of this gateway are not taken here.")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > MOST_BYTES:
        raise _too_large()
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise _too_large()
    headers = {name.lower(): value for name, value in request.headers.items()}
    await desk.receive(gateway, headers, body)
    return Response(b'{"received":true}', media_type="application/json")


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"A report has at most {MOST_BYTES} bytes.", max_bytes=MOST_BYTES)
