"""Hooks over HTTP: where providers report, without a key of ours; the address is the permission."""

from typing import Final, Protocol, cast

from fastapi import Request
from fastapi.responses import Response

from gesso.domain.tasks.hooks import NoSuchHook, PushNotBelieved, PushNotVerified, Receiver
from gesso.infra.errors import Unavailable
from gesso.infra.web import House, house_of, new_router, problems
from gesso.infra.web.errors import BodyTooLarge
from gesso.providers import Challenge

router = new_router("hooks", prefix="")

MOST_BYTES: Final = 1 << 20
"""Of a report, whatever other bodies may have."""


class ReceivingHouse(House, Protocol):
    """What this route needs of the house beside what every room needs."""

    @property
    def receiver(self) -> Receiver | None:
        """Who takes in what providers report, in a process that serves."""


@router.post(
    "/hooks/{provider}/{token}",
    include_in_schema=False,  # for providers, who are told it with each job
    responses=problems(NoSuchHook, PushNotBelieved, PushNotVerified),
)
async def receive_push(request: Request, provider: str, token: str) -> Response:
    """Take in a report on a job. The answer says that it is kept, not what comes of it."""
    receiver = cast(ReceivingHouse, house_of(request)).receiver
    if receiver is None:
        raise Unavailable("Nobody takes reports in here.")
    attempt_id = receiver.attempt_of(provider, token)  # before a byte of the body is read
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > MOST_BYTES:
        raise _too_large()
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise _too_large()
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = await receiver.receive(provider, attempt_id, headers, body)
    if isinstance(received, Challenge):
        return Response(received.body, media_type=received.content_type)
    known = b"false" if received else b"true"
    return Response(b'{"stored":true,"known":' + known + b"}", media_type="application/json")


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"A report has at most {MOST_BYTES} bytes.", max_bytes=MOST_BYTES)
