"""The undertaker: what the broker has given up is written down where operators look.

A message ends in the dead letter queue when no worker lived to acknowledge it, or when none
understood it. The rows that it was about are found again by their leases; the message itself tells
what went wrong, so it is kept as a dead letter and only then taken off the queue.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import structlog

from gesso.infra.amqp import Publisher
from gesso.infra.errors import Unavailable
from gesso.work.celery.topology import DEAD, PREFIX

log = structlog.get_logger()

_EVERY = 3.0
_AT_ONCE = 20
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message as the broker gave it up."""

    id: str
    lane: str
    task: str
    claims: Sequence[str]
    reason: str
    deliveries: int
    text: str
    """The beginning of its body, for whoever wants to understand it."""


Keep = Callable[[Sequence[DeadMessage]], Awaitable[None]]


async def undertake(publisher: Publisher, keep: Keep) -> None:
    """Keep whatever is in the dead letter queue, for ever. Several at once keep each message once,
    as long as `keep` does.
    """
    while True:
        await asyncio.sleep(_EVERY)
        try:
            found = await publisher.call(_look)
            if found:
                await keep(found)
                await publisher.call(partial(_take_away, ids={each.id for each in found}))
        except Unavailable:
            continue  # it lies there as safely a little longer
        except Exception:
            log.exception("dead_messages_not_kept")


def _look(channel: Any) -> list[DeadMessage]:
    """What lies in the queue; with the channel's end it lies there again."""
    return [_read(message) for message in _get(channel)]


def _take_away(channel: Any, *, ids: Collection[str]) -> None:
    for message in _get(channel):
        if _read(message).id in ids:
            channel.basic_ack(message.delivery_tag)


def _get(channel: Any) -> list[Any]:
    got: list[Any] = []
    while len(got) < _AT_ONCE and (message := channel.basic_get(DEAD)) is not None:
        got.append(message)
    return got


def _read(message: Any) -> DeadMessage:
    headers: Mapping[str, Any] = message.headers or {}
    death: Mapping[str, Any] = next(iter(headers.get("x-death") or [{}]))
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    name = (
        headers.get("id") or message.properties.get("message_id") or sha256(body).hexdigest()[:32]
    )
    return DeadMessage(
        id=str(name or sha256(body).hexdigest()),
        lane=str(death.get("queue", "")).removeprefix(PREFIX),
        task=str(headers.get("task", "unknown")),
        claims=_claims(body),
        reason=str(death.get("reason", "unknown")),
        deliveries=int(headers.get("x-delivery-count", 0)) + 1,
        text=body[:_LONGEST].decode(errors="replace").replace("\0", ""),
    )


def _claims(body: bytes) -> list[str]:
    with suppress(ValueError, LookupError, TypeError):
        return [str(claim) for claim in json.loads(body)[0][0]]
    return []
