"""The desk: payments and gateways brought together. It opens the transactions, and speaks with
gateways between them, never inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor
from gesso.domain.identity import Caller
from gesso.domain.payments import arrivals, service
from gesso.domain.payments.errors import (
    GatewayAway,
    GatewayRefused,
    GatewayUnknown,
    NoSuchGateway,
    NotByHand,
)
from gesso.domain.payments.gateway import Gateway, Notice, Order
from gesso.domain.payments.service import Wish
from gesso.domain.payments.settling import settle
from gesso.domain.payments.tables import OPEN, Payment
from gesso.infra.db import Database, DatabaseAway, Tx, moment
from gesso.kit.ids import public_id

log = structlog.get_logger()

_ROOM: Final = 50
_FIRST: Final = timedelta(minutes=2)
_LONGEST: Final = timedelta(hours=1)
_UNOPENED: Final = timedelta(hours=20)
"""Stripe forgets an idempotency key after a day; then asking again could make a second session."""
_UNSETTLED: Final = timedelta(days=14)
"""No way to pay takes longer; after it an operator looks."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to: reports applied, gateways asked."""

    reports: int
    looks: int


class Desk:
    """Takes payments in, believes gateways, and asks them when they are silent."""

    def __init__(self, db: Database, gateways: Mapping[str, Gateway]) -> None:
        self.db, self.gateways = db, gateways

    def gateway(self, name: str | None) -> Gateway:
        """The way to pay of this name, or the only one there is; GatewayUnknown."""
        if name is None and len(self.gateways) == 1:
            return next(iter(self.gateways.values()))
        if name is None or name not in self.gateways:
            raise GatewayUnknown(
                "Say how it is to be paid." if name is None else "Nobody can pay in that way here.",
                gateways=sorted(self.gateways),
            )
        return self.gateways[name]

    async def buy(self, caller: Caller, wish: Wish) -> tuple[Payment, bool]:
        """A payment and where to pay it; False when the key made it before. What was cut off
        between our row and the gateway's session is gone on with.
        """
        self.gateway(wish.gateway)
        async with self.db.tx(tenant=caller.tenant_id) as tx:
            payment, is_new = await service.begin(tx, caller, wish)
        if payment.status == "created" and payment.session_id is None:
            payment = await self._open(payment)
        return payment, is_new

    async def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> str:
        """Store a report that is believed, then apply it; its status. Once it is stored nothing
        loses it, so what prevents its being applied now is not told to the gateway.
        """
        if name not in self.gateways:
            raise NoSuchGateway("Reports of this gateway are not taken here.")
        gateway = self.gateways[name]
        told = gateway.verify(headers, body, self.db.now())
        async with self.db.view() as view:
            if await arrivals.is_done(view, name, told):
                return "known"  # most repeats end here, and wait for no writer
        async with self.db.tx() as tx:
            event_id = await arrivals.store(tx, name, told, body)
        if event_id is None:
            return "known"
        try:
            async with self.db.tx() as tx:
                return await arrivals.apply(tx, gateway, event_id)
        except DatabaseAway:
            log.warning("payment_event_postponed", event_id=told.event_id)
            return "stored"

    async def confirm(self, payment: Payment, operator: Caller, by: Actor) -> Payment:
        """Credit a payment whose money an operator has seen; a second call changes nothing."""
        gateway = self.gateways.get(payment.gateway)
        if gateway is None or not gateway.is_by_hand:
            raise NotByHand("The gateway itself says when this payment is paid.")
        notice = Notice(
            "paid", payment_id=payment.id, amount=payment.amount, currency=payment.currency
        )
        async with self.db.tx() as tx:
            before = await service.lock(tx, payment.id)
            was_settled = before.settled_by is not None
            await settle(tx, payment.gateway, notice, by=operator.user_id)
            settled = await service.lock(tx, payment.id)
            if not was_settled:
                about = {"amount": settled.amount, "currency": settled.currency}
                subject = public_id("payment", settled.id)
                await auditlog.note(tx, by, "payment.confirm", subject, about)
            return settled

    async def go_round(self) -> Round:
        """Apply what was stored and not applied, and ask gateways that have been silent."""
        reports = 0
        async with self.db.tx() as tx:
            due = await arrivals.claim(tx, room=_ROOM)
        for event_id, name in due:
            if name in self.gateways:
                async with self.db.tx() as tx:
                    await arrivals.apply(tx, self.gateways[name], event_id)
                reports += 1
        async with self.db.tx() as tx:
            silent = await _claim(tx, list(self.gateways))
        for payment in silent:
            await self._look(payment)
        return Round(reports, len(silent))

    async def _open(self, payment: Payment) -> Payment:
        order = Order(payment.id, payment.title, payment.amount, payment.currency)
        try:
            opened = await self.gateways[payment.gateway].open(order)
        except GatewayRefused as error:
            async with self.db.tx(tenant=payment.tenant_id) as tx:
                await service.give_up(tx, payment.id, "failed", error.message)
            raise
        async with self.db.tx(tenant=payment.tenant_id) as tx:
            return await service.note_opened(tx, payment.id, opened)

    async def _look(self, payment: Payment) -> None:
        """Ask how a payment stands. One without a session was cut off before we knew its name: it
        is asked for again under the same key, or given up while that is still safe.
        """
        now = self.db.now()
        try:
            if payment.session_id is None:
                await self._find_session(payment, now)
                return
            notice = await self.gateways[payment.gateway].look(payment.session_id)
        except (GatewayAway, GatewayRefused) as error:
            log.warning("payment_look_failed", payment_id=str(payment.id), reason=error.message)
            return
        async with self.db.tx() as tx:
            outcome = await settle(tx, payment.gateway, notice)
            if now - payment.created_at > _UNSETTLED:
                await _flag(tx, payment.id)
        log.info("payment_looked_at", payment_id=str(payment.id), verdict=outcome.verdict)

    async def _find_session(self, payment: Payment, now: datetime) -> None:
        if now - payment.created_at < _UNOPENED:
            await self._open(payment)
            return
        async with self.db.tx() as tx:
            await service.give_up(tx, payment.id, "expired", "no session was ever known")


async def _claim(tx: Tx, gateways: list[str]) -> list[Payment]:
    """Due payments, each put off before its gateway is asked: longer every time."""
    query = (
        select(Payment)
        .where(Payment.due_at <= moment(tx), Payment.gateway.in_(gateways))
        .order_by(Payment.due_at)
        .limit(_ROOM)
        .with_for_update(skip_locked=True)
    )
    found = (await tx.scalars(query.execution_options(populate_existing=True))).all()
    for payment in found:
        payment.looks += 1
        payment.due_at = moment(tx) + min(_LONGEST, _FIRST * 2 ** min(payment.looks, 10))
    await tx.flush()
    return list(found)


async def _flag(tx: Tx, payment_id: UUID) -> None:
    """Nothing ever came of it: it is not asked after any more, and an operator looks."""
    payment = await service.lock(tx, payment_id)
    payment.due_at = None
    if payment.status in OPEN:
        payment.flag = "unsettled"
    await tx.flush()
