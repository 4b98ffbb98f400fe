"""Traces that somebody leaves outside their own rooms: codes, payments, and the audit log."""

from sqlalchemy import update

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor, by_hand
from gesso.domain.identity import Caller, Role, User
from gesso.domain.payments import (
    Figures,
    Opened,
    PaymentEvent,
    Told,
    Wish,
    arrivals,
    packages,
    service,
)
from gesso.domain.wallet import codes
from gesso.domain.wallet.sharing import SHARED, add_member, open_shared, pay_from
from gesso.infra.db import Tx, moment
from gesso.kit.ids import new_id, public_id
from gesso.kit.money import CREDIT

_FIGURES = Figures(CREDIT, 0, 100, "eur", None)


async def leave_traces(tx: Tx, user: User, word: str) -> None:
    """Have them redeem, buy, share and do things, with this word wherever there is room for one."""
    caller = Caller(user.id, user.tenant_id, Role.USER, frozenset())
    await _redeem(tx, caller, word)
    await _buy(tx, caller, word)
    shared, _ = await open_shared(tx, user.tenant_id)
    await add_member(tx, shared, user.id, is_manager=False)
    await pay_from(tx, user.id, SHARED)
    await pay_from(tx, user.id, "personal")
    name = public_id("user", user.id)
    themselves = Actor(name, "token", user.tenant_id, f"{word}::1")
    await auditlog.note(tx, themselves, "queue.change", "default", {"concurrency": 2})
    await auditlog.note(tx, by_hand(user.tenant_id), "user.create", name, {"email": word})
    await auditlog.note(tx, by_hand(), "key.create", "key_x", {"for": word}, about=user.id)


async def _redeem(tx: Tx, caller: Caller, word: str) -> None:
    new = codes.NewBatch(name="spring", amount=CREDIT, count=1)
    [code] = (await codes.make_batch(tx, caller.tenant_id, new, created_by=None))[1]
    await codes.redeem(tx, caller, code, key=f"{word}{new_id()}", address=None)


async def _buy(tx: Tx, caller: Caller, word: str) -> None:
    offer = await packages.add(tx, caller.tenant_id, f"A hundred {new_id()}", _FIGURES)
    wish = Wish(offer.package.id, "offline", f"{word}{new_id()}")
    payment, _ = await service.begin(tx, caller, wish)
    await service.note_opened(tx, payment.id, Opened(None, f"https://pay.test/{word}"))
    told = Told(f"evt_{new_id().hex}", "charge.refunded")
    event_id = await arrivals.store(tx, "offline", told, word.encode())
    await tx.execute(
        update(PaymentEvent)
        .where(PaymentEvent.id == event_id)
        .values(payment_id=payment.id, status="applied", due_at=None, ended_at=moment(tx))
    )
