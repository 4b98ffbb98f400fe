"""Payments: credited once whatever Stripe repeats, loses, delays or sends too early."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor, Filters
from gesso.domain.payments import Payment, arrivals, packages, service
from gesso.domain.payments.errors import (
    GatewayAway,
    GatewayRefused,
    NoSuchPackage,
    NotByHand,
    PackageChanged,
    PackageNameTaken,
    PackageRetired,
    PaymentOver,
)
from gesso.infra.errors import Conflict
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from gesso.simulators import Fate
from tests.domain.history import pass_time
from tests.domain.till import FIGURES, Till, open_till

TITLE = "A hundred"
MINUTES = timedelta(minutes=1)


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url) as till:
        yield till


async def test_a_payment_is_credited_once_however_often_it_is_reported(till: Till) -> None:
    payment = await till.buy()
    assert (payment.status, payment.url) == (
        "pending",
        f"{till.stripe.url}/pay/{payment.session_id}",
    )
    assert await till.credits() == 0

    event = await till.stripe.pay(str(payment.session_id), copies=3)
    headers = {name.lower(): text for name, text in till.stripe.signed(event.body).items()}
    few = asyncio.Semaphore(10)  # a house has so many connections, and waits two seconds for one

    async def once_more() -> str:
        async with few:
            return await till.desk.receive("stripe", headers, event.body)

    answers = await asyncio.gather(*[once_more() for _ in range(1000)])
    assert set(answers) == {"known"}
    assert (await till.credits(), await till.grants()) == (110, 1)
    paid = await till.payment(payment.id)
    assert (paid.status, paid.intent_id is not None, paid.due_at) == ("paid", True, None)
    assert [each.status for each in await till.events()] == ["applied"]


async def test_a_thousand_copies_at_once_are_one(till: Till) -> None:
    payment = await till.buy()
    hook, till.stripe.hook = till.stripe.hook, None
    event = await till.stripe.pay(str(payment.session_id))
    till.stripe.hook = hook
    abreast = asyncio.Semaphore(50)

    async def deliver() -> int:
        async with abreast:
            return await till.stripe.deliver(event)

    answers = await asyncio.gather(*(deliver() for _ in range(1000)))
    assert set(answers) == {200}
    assert [each.status for each in await till.events()] == ["applied"]
    # The same news under other names, as a page that is looked at again may bring it.
    session = till.stripe.sessions[str(payment.session_id)]
    for kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        await till.stripe.report(kind, till.stripe.shown(session), copies=2)
    assert (await till.credits(), await till.grants()) == (110, 1)


async def test_one_key_makes_one_payment_and_one_session(till: Till) -> None:
    wish = till.wish(key="once")
    made = await asyncio.gather(*[till.desk.buy(till.caller, wish) for _ in range(8)])
    assert len({payment.id for payment, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1
    assert len(till.stripe.sessions) == 1
    with pytest.raises(Conflict) as refused:
        await till.desk.buy(till.caller, replace(wish, gateway="offline"))
    assert refused.value.kind == "idempotency_key_reused"


async def test_what_was_cut_off_goes_on_under_the_same_key(till: Till) -> None:
    lost, lied = Fate(loses_answer=True), Fate(status=500)
    away, busy = Fate(status=503, takes=False), Fate(status=429)
    for number, fate in enumerate((lost, lied, away, busy), 1):
        till.stripe.plan(TITLE, fate)
        with pytest.raises(GatewayAway):
            await till.buy(key=f"once {number}")
        payment = await till.buy(key=f"once {number}")
        assert payment.status == "pending"
        assert [*till.stripe.sessions][number - 1 :] == [payment.session_id]


async def test_what_stripe_does_not_want_has_failed(till: Till) -> None:
    till.stripe.plan(TITLE, Fate(status=400, error="Invalid currency: eur"))
    with pytest.raises(GatewayRefused, match="Invalid currency"):
        await till.buy(key="once")
    payment = await till.buy(key="once")
    assert (payment.status, till.stripe.sessions) == ("failed", {})


async def test_news_may_come_before_we_know_the_session(till: Till) -> None:
    till.stripe.plan(TITLE, Fate(pushes_early=True))
    payment = await till.buy()
    assert payment.status == "paid"
    assert payment.session_id in till.stripe.sessions
    assert (await till.credits(), await till.grants()) == (110, 1)


async def test_a_report_whose_receiver_died_is_taken_up_again(till: Till) -> None:
    payment = await till.buy()
    hook, till.stripe.hook = till.stripe.hook, None
    event = await till.stripe.pay(str(payment.session_id))
    headers = {name.lower(): text for name, text in till.stripe.signed(event.body).items()}
    told = till.desk.gateways["stripe"].verify(headers, event.body, till.db.now())
    async with till.db.tx() as tx:  # and here it dies
        await arrivals.store(tx, "stripe", told, event.body)
    assert await till.credits() == 0
    pass_time(till.db, MINUTES)
    assert (await till.desk.go_round()).reports == 1
    assert await till.credits() == 110
    till.stripe.hook = hook
    assert await till.stripe.deliver(event) == 200  # Stripe has heard nothing, and says it again
    assert await till.grants() == 1


async def test_a_payment_whose_reports_are_lost_is_asked_after(till: Till) -> None:
    payment = await till.buy()
    till.stripe.hook = None
    assert (await till.desk.go_round()).looks == 0
    pass_time(till.db, 3 * MINUTES)
    assert (await till.desk.go_round()).looks == 1
    assert (await till.payment(payment.id)).status == "pending"
    await till.stripe.pay(str(payment.session_id))
    assert (await till.desk.go_round()).looks == 0  # asked a moment ago
    pass_time(till.db, 10 * MINUTES)
    await till.desk.go_round()
    assert (await till.credits(), (await till.payment(payment.id)).status) == (110, "paid")


async def test_a_buyer_that_died_before_the_session_is_gone_on_with(till: Till) -> None:
    async with till.db.tx() as tx:
        payment, _ = await service.begin(tx, till.caller, till.wish())
    pass_time(till.db, 3 * MINUTES)
    await till.desk.go_round()
    known = await till.payment(payment.id)
    assert (known.status, [*till.stripe.sessions]) == ("pending", [known.session_id])

    async with till.db.tx() as tx:
        other, _ = await service.begin(tx, till.caller, till.wish())
    pass_time(till.db, timedelta(days=2))  # Stripe has forgotten our key
    await till.desk.go_round()
    assert (await till.payment(other.id)).status == "expired"
    assert len(till.stripe.sessions) == 1


async def test_what_takes_days_is_credited_when_it_ends(till: Till) -> None:
    well, badly = await till.buy(), await till.buy()
    for payment in (well, badly):
        await till.stripe.pay(str(payment.session_id), later=True)
    assert (await till.credits(), (await till.payment(well.id)).status) == (0, "pending")
    await till.stripe.end(str(well.session_id), well=True)
    await till.stripe.end(str(badly.session_id), well=False)
    assert await till.credits() == 110
    assert (await till.payment(badly.id)).status == "failed"


async def test_money_that_comes_late_is_credited(till: Till) -> None:
    expired, cancelled = await till.buy(), await till.buy()
    await till.stripe.expire(str(expired.session_id))
    async with till.db.tx() as tx:
        await service.cancel(tx, cancelled.id)
    for payment, status in ((expired, "expired"), (cancelled, "cancelled")):
        assert (await till.payment(payment.id)).status == status
        await till.stripe.pay(str(payment.session_id))
        assert (await till.payment(payment.id)).status == "paid"
    assert await till.credits() == 220
    with pytest.raises(PaymentOver):
        async with till.db.tx() as tx:
            await service.cancel(tx, cancelled.id)


async def test_an_operator_confirms_a_transfer_once(till: Till) -> None:
    payment = await till.buy("offline")
    assert (payment.status, payment.url, payment.due_at) == ("pending", None, None)
    operator = replace(till.caller, user_id=till.caller.user_id)
    by = Actor("somebody", "a test", till.caller.tenant_id)
    done = await asyncio.gather(*[till.desk.confirm(payment, operator, by) for _ in range(8)])
    assert {each.status for each in done} == {"paid"}
    assert (await till.credits(), await till.grants()) == (110, 1)
    assert done[0].settled_by == operator.user_id
    async with till.db.view() as view:
        logged = await auditlog.page(view, None, Filters(), after=None, limit=9)
    assert [(each.action, each.actor) for each in logged] == [("payment.confirm", "somebody")]
    by_stripe = await till.buy()
    with pytest.raises(NotByHand):
        await till.desk.confirm(by_stripe, operator, by)


async def test_what_was_bought_keeps_its_price(till: Till) -> None:
    before = await till.buy()
    tenant, package = till.caller.tenant_id, till.offer.package.id
    async with till.db.tx() as tx:
        changed = await packages.change(tx, tenant, package, {"price": 2000, "bonus": 0})
        renamed = await packages.change(tx, tenant, package, {"name": "Hundred"})
    assert (changed.figures.version, renamed.figures.version) == (2, 2)
    with pytest.raises(PackageChanged):
        await till.desk.buy(till.caller, replace(till.wish(), version=1))
    after = await till.buy()
    for payment in (before, after):
        await till.stripe.pay(str(payment.session_id))
    told = [await till.payment(each.id) for each in (before, after)]
    assert [(each.amount, each.credits, each.status) for each in told] == [
        (1000, 110 * CREDIT, "paid"),
        (2000, 100 * CREDIT, "paid"),
    ]
    async with till.db.tx() as tx:
        await packages.retire(tx, tenant, package)
    with pytest.raises(PackageRetired):
        await till.buy()


async def test_packages_are_a_tenants_own(till: Till) -> None:
    tenant, package = till.caller.tenant_id, till.offer.package.id
    refusals: list[tuple[type[Exception], Callable[..., Awaitable[object]]]] = [
        (PackageNameTaken, lambda tx: packages.add(tx, tenant, TITLE, FIGURES)),
        (NoSuchPackage, lambda tx: packages.get(tx, new_id(), package)),
        (NoSuchPackage, lambda tx: packages.change(tx, new_id(), package, {"price": 1})),
        (NoSuchPackage, lambda tx: packages.retire(tx, new_id(), package)),
    ]
    for refusal, act in refusals:
        with pytest.raises(refusal):
            async with till.db.tx() as tx:
                await act(tx)


async def test_the_database_keeps_a_payment_as_it_is(till: Till) -> None:
    await till.bought()
    for change in (
        "credits = credits + 1", "amount = 1", "currency = 'usd'", "status = 'pending'",
        "refunded = amount + 1", "taken_back = credits + 1", "paid_at = null", "flag = 'odd'",
    ):  # fmt: skip
        with pytest.raises(DBAPIError):
            async with till.db.tx() as tx:
                await tx.execute(text(f"update {Payment.__tablename__} set {change}"))
