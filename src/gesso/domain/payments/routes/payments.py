"""Payments over HTTP: to buy, to see what became of it, and what operators do about it."""

from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.responses import Response

from gesso.domain import auditlog
from gesso.domain.identity import Caller, OperatorDep, Scope, require
from gesso.domain.payments import arrivals, service
from gesso.domain.payments.desk import Desk
from gesso.domain.payments.errors import (
    GatewayAway,
    GatewayRefused,
    GatewayUnknown,
    KeyMissing,
    NoSuchEvent,
    NoSuchPackage,
    NoSuchPayment,
    NotByHand,
    PackageChanged,
    PackageRetired,
    PaymentOver,
)
from gesso.domain.payments.service import Wish
from gesso.domain.payments.wire import (
    EventStatus,
    GatewayOut,
    PaymentEventOut,
    PaymentForOperators,
    PaymentIn,
    PaymentOut,
    Status,
    event_out,
    payment_out,
)
from gesso.infra.errors import Unavailable
from gesso.infra.web import (
    REPLAYED,
    House,
    KeyHeader,
    Page,
    PageDep,
    TxDep,
    ViewDep,
    answer,
    check_key,
    house_of,
    new_router,
    problems,
)
from gesso.kit.ids import parse_id

router = new_router("payments")

ReaderDep = Annotated[Caller, require(Scope.WALLET_READ)]
BuyerDep = Annotated[Caller, require(Scope.WALLET_WRITE)]
PaymentPath = Annotated[str, Path(max_length=64, description="A payment's id.")]
EventPath = Annotated[str, Path(max_length=64, description="A report's id.")]


class PayingHouse(House, Protocol):
    """What these routes need of the house beside what every room needs."""

    @property
    def payments(self) -> Desk | None:
        """Who takes payments, in a process that serves."""


@router.post(
    "/payments",
    status_code=201,
    response_model=PaymentOut,
    responses=problems(
        KeyMissing, NoSuchPackage, PackageRetired, PackageChanged, GatewayUnknown, GatewayRefused,
        GatewayAway,
    ),
)  # fmt: skip
async def buy(
    request: Request, caller: BuyerDep, body: PaymentIn, idempotency_key: KeyHeader = None
) -> Response:
    """Buy a package: the answer says where it is paid. Credits come when the gateway says that the
    money is there.
    """
    key = check_key(idempotency_key)
    if key is None:
        raise KeyMissing("A payment needs an `Idempotency-Key`.")
    desk = desk_of(request)
    gateway = desk.gateway(body.gateway)
    package_id = parse_id("package", body.package)
    if package_id is None:
        raise NoSuchPackage("There is no such package.")
    payment, is_new = await desk.buy(caller, Wish(package_id, gateway.name, key, body.version))
    made = payment_out(payment, gateway.words)
    return answer(made, status=201, headers=None if is_new else REPLAYED)


@router.get("/payments")
async def list_payments(view: ViewDep, caller: ReaderDep, page: PageDep) -> Page[PaymentOut]:
    """List the caller's own payments, the newest first."""
    after = page.after(UUID)
    found = await service.page(
        view, owner_id=caller.user_id, after=after[0] if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(found, lambda payment: (payment.id,))
    return Page(items=[payment_out(payment) for payment in kept], next_cursor=cursor)


@router.get("/payments/gateways")
async def list_gateways(request: Request, _caller: ReaderDep) -> list[GatewayOut]:
    """List the ways to pay here."""
    gateways = desk_of(request).gateways.values()
    return [
        GatewayOut(name=each.name, by_hand=each.is_by_hand, instructions=each.words)
        for each in gateways
    ]


@router.get("/payments/all")
async def list_everybodys_payments(
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    *,
    flagged: Annotated[bool, Query(description="Those that somebody should look at.")] = False,
    status: Annotated[Status | None, Query(description="How they stand.")] = None,
) -> Page[PaymentForOperators]:
    """List everybody's payments, the newest first."""
    after = page.after(UUID)
    having = {} if status is None else {"status": status}
    found = await service.page(
        view, flagged=flagged,
        after=after[0] if after else None, limit=page.limit + 1, **having,
    )  # fmt: skip
    kept, cursor = page.cut(found, lambda payment: (payment.id,))
    return Page(items=[PaymentForOperators.told(each) for each in kept], next_cursor=cursor)


@router.get("/payments/events")
async def list_payment_events(
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    *,
    status: Annotated[tuple[EventStatus, ...], Query(max_length=4)] = (),
) -> Page[PaymentEventOut]:
    """List what gateways have reported to the house, the newest first: of everybody's payments, and
    of those that nobody knows.
    """
    after = page.after(UUID)
    found = await arrivals.page(
        view, statuses=status, after=after[0] if after else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(found, lambda event: (event.id,))
    return Page(items=[event_out(event) for event in kept], next_cursor=cursor)


@router.post("/payments/events/{event_id}/retry", responses=problems(NoSuchEvent))
async def retry_payment_event(
    request: Request, tx: TxDep, _operator: OperatorDep, event_id: EventPath
) -> PaymentEventOut:
    """Have a report that was put aside applied once more, within a minute."""
    known = parse_id("event", event_id)
    if known is None:
        raise NoSuchEvent("There is no such report.")
    event = event_out(await arrivals.again(tx, known))
    about = {"gateway": event.gateway, "type": event.type}
    await auditlog.note(tx, auditlog.actor(request), "payment_event.retry", event_id, about)
    return event


@router.get("/payments/{payment_id}", responses=problems(NoSuchPayment))
async def get_payment(
    request: Request, view: ViewDep, caller: ReaderDep, payment_id: PaymentPath
) -> PaymentOut:
    """Look at a payment of one's own."""
    payment = await service.get(view, _known(payment_id), owner_id=caller.user_id)
    gateway = desk_of(request).gateways.get(payment.gateway)
    return payment_out(payment, gateway.words if gateway else None)


@router.post("/payments/{payment_id}/cancel", responses=problems(NoSuchPayment, PaymentOver))
async def cancel_payment(tx: TxDep, caller: BuyerDep, payment_id: PaymentPath) -> PaymentOut:
    """Call an open payment of one's own off. Money that comes all the same is credited."""
    payment = await service.get(tx, _known(payment_id), owner_id=caller.user_id)
    return payment_out(await service.cancel(tx, payment.id))


@router.post("/payments/{payment_id}/confirm", responses=problems(NoSuchPayment, NotByHand))
async def confirm_payment(
    request: Request, operator: OperatorDep, payment_id: PaymentPath
) -> PaymentForOperators:
    """Say that the money of a bank transfer is there: the credits come, once."""
    house = house_of(request)
    async with house.db.view() as view:
        payment = await service.get(view, _known(payment_id))
    by = auditlog.actor(request)
    return PaymentForOperators.told(await desk_of(request).confirm(payment, operator, by))


@router.post("/payments/{payment_id}/resolve", responses=problems(NoSuchPayment))
async def resolve_payment(
    request: Request, tx: TxDep, _operator: OperatorDep, payment_id: PaymentPath
) -> PaymentForOperators:
    """Take the flag of a payment down: it was looked into."""
    payment = await service.get(tx, _known(payment_id))
    about = {"flag": payment.flag}
    await auditlog.note(tx, auditlog.actor(request), "payment.resolve", payment_id, about)
    return PaymentForOperators.told(await service.resolve(tx, payment.id))


def desk_of(request: Request) -> Desk:
    """Who takes payments here; Unavailable where nobody does."""
    desk = cast(PayingHouse, house_of(request)).payments
    if desk is None:
        raise Unavailable("Nobody takes payments in here.")
    return desk


def _known(payment_id: str) -> UUID:
    known = parse_id("payment", payment_id)
    if known is None:
        raise NoSuchPayment("There is no such payment.")
    return known
