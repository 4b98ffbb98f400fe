"""What gateways report: believed by signature alone, compared, and undone by sums."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gesso.domain import account, wallet
from gesso.domain.payments import (
    Opened,
    PaymentEvent,
    arrivals,
    forget_words,
    packages,
    service,
)
from gesso.infra.errors import GessoError
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.domain.history import pass_time
from tests.domain.till import PRICE, Till, open_till

MINUTES = timedelta(minutes=1)


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url) as till:
        yield till


@pytest.fixture
async def one_till(sqlite_url: str) -> AsyncIterator[Till]:
    """For what no database decides."""
    async with open_till(sqlite_url) as till:
        yield till


async def spend(till: Till, credits: int) -> None:
    """Have credits go, as by work that was done."""
    async with till.db.tx() as tx:
        purse = await wallet.of_owner(tx, till.caller.user_id)
        await wallet.take_back(tx, purse.id, credits * CREDIT, reference=f"spent:{new_id()}")


async def test_what_differs_from_the_payment_credits_nothing(till: Till) -> None:
    less, none = {"amount_total": PRICE - 1}, {"amount_total": None}
    for wrong in (less, none, {"currency": "usd"}, {"id": "cs_other"}):
        payment = await till.buy()
        session = till.stripe.sessions[str(payment.session_id)]
        session.status, session.payment_status = "complete", "paid"
        about = {**till.stripe.shown(session), **wrong}
        await till.stripe.report("checkout.session.completed", about)
        event = (await till.events())[-1]
        assert (event.status, event.payment_id) == ("parked", payment.id)
        flag = f"other_{'session' if 'id' in wrong else 'amount'}"
        assert (await till.payment(payment.id)).flag == flag
    assert await till.credits() == 0


async def test_a_report_of_an_unknown_payment_waits_for_an_hour(till: Till) -> None:
    payment = await till.buy()
    session = till.stripe.sessions[str(payment.session_id)]
    about = {
        **till.stripe.shown(session),
        "id": "cs_x",
        "client_reference_id": None,
        "metadata": {},
    }
    await till.stripe.report("checkout.session.completed", about)
    await till.stripe.report("invoice.paid", {"id": "in_1"})
    assert [each.status for each in await till.events()] == ["stored", "ignored"]
    for _ in range(20):
        pass_time(till.db, 5 * MINUTES)
        await till.desk.go_round()
    [unknown, _] = await till.events()
    assert (unknown.status, unknown.payment_id) == ("parked", None)
    async with till.db.tx() as tx:
        again = await arrivals.again(tx, unknown.id)
    assert again.status == "stored"


async def test_what_is_given_back_takes_its_share_of_the_credits(till: Till) -> None:
    payment, session = await till.bought()
    event = await till.stripe.refund(session, PRICE // 4)
    await till.stripe.deliver(event)
    partly = await till.payment(payment.id)
    assert (partly.status, partly.flag, partly.refunded) == ("paid", "refunded", PRICE // 4)
    assert (await till.credits(), partly.taken_back) == (82, 27_500_000)
    await spend(till, 60)
    await till.stripe.refund(session, PRICE // 2)
    await till.stripe.refund(session, PRICE // 4)
    await till.stripe.deliver(event)  # the first once more, after the last
    whole = await till.payment(payment.id)
    assert (whole.status, whole.refunded, await till.credits()) == ("refunded", PRICE, 0)
    assert (whole.taken_back, whole.lost) == (50 * CREDIT, 60 * CREDIT)
    assert await till.lost() == 60


async def test_a_dispute_takes_back_what_is_left_and_books_the_rest(till: Till) -> None:
    payment, session = await till.bought()
    await spend(till, 100)
    for _ in range(2):
        await till.stripe.dispute(session)
    disputed = await till.payment(payment.id)
    assert (disputed.status, disputed.flag) == ("disputed", "disputed")
    assert (await till.credits(), await till.lost()) == (0, 100)
    async with till.db.tx() as tx:
        assert (await service.resolve(tx, payment.id)).flag is None


async def test_a_dispute_that_only_warns_takes_nothing(till: Till) -> None:
    payment, session = await till.bought()
    for status in ("warning_needs_response", "warning_under_review", "warning_closed", "prevented"):
        await till.stripe.dispute(session, status=status)
    assert {each.status for each in (await till.events())[1:]} == {"ignored"}
    assert (await till.credits(), (await till.payment(payment.id)).flag) == (110, None)
    await till.stripe.dispute(session, "funds_withdrawn")
    assert (await till.credits(), (await till.payment(payment.id)).status) == (0, "disputed")


async def test_money_that_comes_again_is_for_an_operator_to_see(till: Till) -> None:
    steps = ("created", "funds_withdrawn", "funds_reinstated")
    for order in (steps, steps[::-1]):
        payment, session = await till.bought()
        for step in order:
            await till.stripe.dispute(session, step)
        again = await till.payment(payment.id)
        assert (again.status, again.flag) == ("disputed", "reinstated")
        assert (again.taken_back, await till.credits()) == (110 * CREDIT, 0)
        async with till.db.tx() as tx:
            assert (await service.resolve(tx, payment.id)).flag is None


async def test_of_who_left_nothing_is_kept_that_a_gateway_says(till: Till) -> None:
    payment, session = await till.bought()
    waiting = await till.buy()
    assert (await till.events())[0].body != b""
    async with till.db.tx() as tx:
        await account.ask_erasure(tx, till.caller.user_id, by="self")
        assert await forget_words(tx, till.caller.user_id, room=9) == 2
    await till.stripe.refund(session, PRICE // 4)
    await till.stripe.dispute(session)
    async with till.db.tx() as tx:
        late = await service.note_opened(tx, waiting.id, Opened("cs_late", "https://pay.test/x"))
    assert (late.status, late.url, late.error) == ("cancelled", None, None)
    now = await till.payment(payment.id)
    assert (now.status, now.url, now.error) == ("disputed", None, None)
    assert [each.body for each in await till.events()] == [b"", b"", b""]


async def test_a_report_that_is_given_up_is_not_kept_of_who_left(till: Till) -> None:
    payment = await till.buy()
    await till.stripe.refund(str(payment.session_id), PRICE)  # which waits for its payment
    async with till.db.tx() as tx:
        await account.ask_erasure(tx, till.caller.user_id, by="self")
        await tx.execute(update(PaymentEvent).values(tries=10))
    pass_time(till.db, 61 * MINUTES)
    async with till.db.tx() as tx:
        assert await arrivals.claim(tx, room=9) == []
    [given_up] = await till.events()
    assert (given_up.status, given_up.body) == ("parked", b"")


async def test_bought_credits_expire_and_only_the_others_are_taken_back(till: Till) -> None:
    async with till.db.tx() as tx:
        purse = await wallet.of_owner(tx, till.caller.user_id)
        await wallet.grant(tx, purse.id, 15 * CREDIT)
        week = {"expires_days": 7}
        await packages.change(tx, till.caller.tenant_id, till.offer.package.id, week)
    payment, session = await till.bought()
    await till.stripe.refund(session, PRICE // 2)
    assert (await till.credits(), await till.lost()) == (70, 0)
    pass_time(till.db, timedelta(days=7))
    event = await till.stripe.refund(session, PRICE // 2)  # too old a signature, by that clock
    now = till.db.now().timestamp()
    headers = till.stripe.signed(event.body, at=now)
    assert await till.stripe.deliver(event, headers=headers) == 200  # before anybody has swept
    whole = await till.payment(payment.id)
    assert (whole.taken_back, whole.lost) == (70 * CREDIT, 40 * CREDIT)
    assert (await till.credits(), await till.lost()) == (0, 40)
    async with till.db.view() as view:
        told = await wallet.statement(view, purse.id, before=None, limit=9)
    kinds = ["adjust", "expire", "adjust", "grant", "grant"]
    assert [each.kind for each in told] == kinds


async def test_a_refund_that_is_told_before_its_payment_waits_for_it(till: Till) -> None:
    payment = await till.buy()
    session = str(payment.session_id)
    hook, till.stripe.hook = till.stripe.hook, None
    paid = await till.stripe.pay(session)
    till.stripe.hook = hook
    await till.stripe.refund(session, PRICE)
    assert (await till.events())[0].status == "stored"
    await till.stripe.deliver(paid)
    assert await till.credits() == 110
    pass_time(till.db, MINUTES)
    await till.desk.go_round()
    assert (await till.credits(), (await till.payment(payment.id)).status) == (0, "refunded")


async def test_while_a_secret_is_rolled_both_are_believed(one_till: Till) -> None:
    old, new = one_till.stripe.signing[0], "whsec_the_new_one_0123456789"
    sent: list[list[str]] = [[old], [old, new], [new]]
    for known in ([old], [old, new], [new]):
        one_till.stripe.signing[:] = known
        payment = await one_till.buy()
        hook, one_till.stripe.hook = one_till.stripe.hook, None
        event = await one_till.stripe.pay(str(payment.session_id))
        one_till.stripe.hook = hook
        answers = [
            await one_till.stripe.deliver(
                event, headers=one_till.stripe.signed(event.body, secrets=each)
            )
            for each in sent
        ]
        assert answers == [200 if set(each) & set(known) else 400 for each in sent]
    assert await one_till.credits() == 330


async def test_nothing_that_stripe_has_not_signed_is_believed(one_till: Till) -> None:
    payment = await one_till.buy()
    hook, one_till.stripe.hook = one_till.stripe.hook, None
    event = await one_till.stripe.pay(str(payment.session_id))
    one_till.stripe.hook = hook
    body, now = event.body, one_till.db.now().timestamp()
    good = one_till.stripe.signed(body)["Stripe-Signature"]
    stamp, signature = good.split(",")
    raised = body.replace(b'"amount_total": 1000', b'"amount_total": 9000')
    assert raised != body
    signs: list[str] = [
        "", "t=", "t=1", stamp, signature, f"{stamp},v1=", f"{stamp},v0={signature[3:]}",
        f"{stamp},v1={signature[3:-1]}", f"{stamp},v1={signature[3:].upper()}é",
        f"t=99999999999999999999,{signature}", f"t=-1,{signature}", f"t=1e9,{signature}",
        f"{stamp},{stamp},{signature}", f"t={int(now) + 1},{signature}", ",".join(["v1=" * 900]),
        f"t=\u0661\u0662,{signature}", "v1=\x7f,t==,=,",
    ]  # fmt: skip
    tries = [(body, {"Stripe-Signature": sign}) for sign in signs]
    tries += [
        (body, {}),
        (body, one_till.stripe.signed(body, secrets=["whsec_somebody_elses"])),
        (body, one_till.stripe.signed(body, secrets=[""])),
        (body, one_till.stripe.signed(body, at=now - 301)),
        (body, one_till.stripe.signed(body, at=now + 302)),
        (raised, {"Stripe-Signature": good}),
        (body.replace(b"\n", b""), {"Stripe-Signature": good}),  # written anew
        (body + b" ", {"Stripe-Signature": good}),
        (b"", {"Stripe-Signature": good}),
        *[
            (odd, one_till.stripe.signed(odd))
            for odd in (b"", b"[]", b"\xff", b'{"id":1}', b"[" * 9999)
        ],
    ]
    for sent, headers in tries:
        answer = await _received(one_till, sent, headers)
        assert answer in {"event_not_verified", "event_unreadable"}, (sent[:40], headers)
    assert (await one_till.events(), await one_till.credits()) == ([], 0)
    assert await one_till.stripe.deliver(event) == 200
    assert await one_till.credits() == 110


async def _received(till: Till, body: bytes, headers: dict[str, str]) -> str:
    named = {name.lower(): value for name, value in headers.items()}
    try:
        return await till.desk.receive("stripe", named, body)
    except GessoError as error:
        return error.kind


ODD: list[Any] = [
    None, [], "x", {}, {"id": 5, "amount_total": "1000", "currency": []},
    {"id": "x" * 9999, "client_reference_id": "payment_\ud800", "metadata": 7},
    {"payment_status": "paid", "amount_total": True, "payment_intent": {"id": {}}},
    {"amount_total": 10**40, "metadata": {"payment_id": {"a": 1}}, "client_reference_id": 1.5},
]  # fmt: skip


async def test_a_signed_report_of_an_odd_shape_credits_nothing(one_till: Till) -> None:
    for about in ODD:
        for kind in ("checkout.session.completed", "charge.refunded", "charge.dispute.created"):
            await one_till.stripe.report(kind, about)
    events = await one_till.events()
    assert {each.status for each in events} == {"stored", "ignored"}
    assert (len(events), await one_till.credits()) == (3 * len(ODD), 0)
