"""The herald: tells the events of tasks and jobs to a topic of the message broker, at least once.

It takes an owner with something untold, reads behind the mark, publishes without a transaction, and
moves the mark on. Whatever breaks in between is told again from the mark: so an event may come
twice, but never before another one of its owner that it follows.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from gesso.domain.events.stream import read_after
from gesso.domain.events.untold import (
    TOPIC,
    Telling,
    claim_untold,
    is_told,
    oldest_untold,
    put_off,
    settle,
)
from gesso.domain.events.wire import Entry, event_body
from gesso.infra import metrics
from gesso.infra.amqp import BrokerAway, Message, Publisher
from gesso.infra.batch import Batch
from gesso.infra.db import Database, View
from gesso.kit.ids import public_id
from gesso.work import Duty, Grip, Look, Ticket

log = structlog.get_logger()

_PAGE = 256
_WEIGH_EVERY = 10.0
"""Seconds between looks at how far the telling is behind."""

_lag = metrics.gauge("events_untold_seconds", "Age of the oldest event that was not yet told.")
_told = metrics.counter("events_told", "Events told to the topic, repeats included.")


@dataclass(frozen=True, slots=True)
class Labels:
    """What other rooms know of an event: whose tenant, and which kind of task."""

    tenants: Callable[[View, Collection[UUID]], Awaitable[Mapping[UUID, UUID]]]
    operations: Callable[[View, Collection[UUID]], Awaitable[Mapping[UUID, str]]]


class Herald:
    """Tells what one database has to say to one exchange.

    Several may work on one database; they share the owners out by leases.
    """

    def __init__(
        self,
        db: Database,
        publisher: Publisher,
        labels: Labels,
        *,
        epoch: str,
        exchange: str,
        lease: timedelta,
    ) -> None:
        self._db, self._publisher, self._labels = db, publisher, labels
        self._epoch, self._exchange, self._lease = epoch, exchange, lease
        self._settle: Batch[Telling, None] = Batch(db.tx, settle)
        self._weighed = -_WEIGH_EVERY

    def duty(self) -> Duty[Grip]:
        """The telling, for an engine."""
        return Duty(
            "tell", (TOPIC,), self._claim, self._tell,
            kinds=("tell",), ticket=_ticket, redeem=_redeem, put_back=self._put_back,
        )  # fmt: skip

    async def _claim(self, look: Look) -> Sequence[Grip]:
        now = asyncio.get_running_loop().time()
        if now - self._weighed >= _WEIGH_EVERY:
            self._weighed = now
            await self._weigh()
        if await self._publisher.trouble():
            return ()  # nothing can be told, and the rows are safe where they are
        async with self._db.tx() as tx:
            return await claim_untold(tx, room=look.room, lease=self._lease)

    async def _weigh(self) -> None:
        async with self._db.view() as view:
            since = await oldest_untold(view)
        _lag.set((self._db.now() - since).total_seconds() if since else 0)

    async def _tell(self, grip: Grip) -> None:
        async with self._db.view() as view:
            found = await read_after(view, grip.id, grip.fence, _PAGE)
            messages = await self._messages(view, grip.id, found)
        if not found:
            return  # somebody else has told it all and taken the row away
        try:
            await self._publisher.publish(messages)
        except BrokerAway as error:
            log.info("telling_postponed", owner=str(grip.id), reason=error.message)
            await self._put_back([grip])
            return
        _told.inc(len(messages))
        await self._settle(Telling(grip, found[-1].seq, found[-1].at))

    async def _messages(self, view: View, owner_id: UUID, found: Sequence[Entry]) -> list[Message]:
        entries = [entry for entry in found if is_told(entry.type)]
        if not entries:
            return []
        tenant = (await self._labels.tenants(view, [owner_id]))[owner_id]
        tasks = {entry.task_id for entry in entries if entry.task_id}
        operations = await self._labels.operations(view, tasks)
        make = partial(self._message, owner_id, tenant)
        return [make(entry, operations) for entry in entries]

    def _message(
        self, owner_id: UUID, tenant_id: UUID, entry: Entry, operations: Mapping[UUID, str]
    ) -> Message:
        operation = operations.get(entry.task_id) if entry.task_id else None
        owner, tenant = public_id("user", owner_id), public_id("tenant", tenant_id)
        return Message(
            self._exchange,
            entry.type,
            event_body(self._epoch, entry, tenant_id=tenant_id, owner_id=owner_id),
            headers={"tenant_id": tenant, "owner_id": owner, "operation": operation},
            properties={
                "content_type": "application/json",
                "content_encoding": "utf-8",
                "message_id": f"{owner}.{self._epoch}.{entry.seq}",
                "type": entry.type,
                "timestamp": int(entry.at.timestamp()),
                "app_id": "gesso",
            },
            mandatory=False,  # whether anybody listens is not for us to say
        )

    async def _put_back(self, grips: Sequence[Grip]) -> None:
        pause = timedelta(seconds=random.uniform(0.5, 1.5))  # noqa: S311
        async with self._db.tx() as tx:
            await put_off(tx, grips, pause)


def declare_topic(exchange: str, channel: Any) -> None:
    """Make the exchange; one that is there already must be a durable topic."""
    channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)


def _ticket(grip: Grip) -> Ticket:
    return Ticket("tell", "tell", str(grip), together=16)


async def _redeem(claims: Sequence[str], _again: bool) -> list[Grip]:  # noqa: FBT001  # a Duty's own signature
    """An old mark needs no refusal: telling once more is allowed, and it moves nothing."""
    return [grip for claim in claims if (grip := Grip.parse(claim)) is not None]
