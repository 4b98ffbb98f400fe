"""Refunds and corrections by hand: never more than was charged, once each, never below zero."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import DBAPIError

from gesso.domain import wallet
from gesso.domain.events import Event
from gesso.domain.tasks.refunds import refund
from gesso.domain.wallet import LedgerEntry, LedgerTxn, Refund, Refunded
from gesso.domain.wallet.errors import BadAmount, NotCovered, NothingToRefund
from gesso.domain.wallet.references import check_same
from gesso.infra.db import Tx
from gesso.infra.errors import Invalid, NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.domain.shop import Shop, crowd, open_shop
from tests.domain.world import NOW


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def paid(shop: Shop, count: int = 2) -> UUID:
    """A task that was delivered and charged."""
    task_id = await shop.order(count=count)
    for job in await shop.begin():
        await shop.deliver(job)
    return task_id


def wish(shop: Shop, task_id: UUID, amount: int | None = None, key: str = "once") -> Refund:
    micro = amount and amount * CREDIT
    return Refund(task_id, shop.caller.tenant_id, key, micro, "came out wrong", None)


async def available(shop: Shop) -> int:
    async with shop.db.view() as view:
        purse = await wallet.of_owner(view, shop.caller.user_id)
    return (purse.posted - purse.held) // CREDIT


async def test_a_charge_goes_back_in_parts_and_the_task_tells_of_it(shop: Shop) -> None:
    task_id = await paid(shop, count=3)
    assert await available(shop) == 7
    for number, left in enumerate((8, 9)):
        await shop.write(refund, wish(shop, task_id, 1, key=f"part {number}"))
        assert await available(shop) == left
    with pytest.raises(NothingToRefund) as refused:
        await shop.write(refund, wish(shop, task_id, 2, key="too much"))
    assert refused.value.facts["refundable"] == "1"
    await shop.write(refund, wish(shop, task_id, key="rest"))
    assert await available(shop) == 10
    task = await shop.task(task_id)
    assert (task.charged, task.refunded) == (3 * CREDIT, 3 * CREDIT)
    query = select(Event.data).where(Event.type == "task.refunded").order_by(Event.seq)
    async with shop.db.view() as view:
        told = [(e["amount"], e["refunded"]) for e in (await view.scalars(query)).all()]
    assert told == [("1", "1"), ("1", "2"), ("1", "3")]


async def test_of_many_whole_refunds_at_once_one_wins(shop: Shop) -> None:
    task_id = await paid(shop)

    async def ask(number: int) -> Any:
        try:
            return (await shop.write(refund, wish(shop, task_id, key=f"k{number}")))[1]
        except NothingToRefund as refusal:
            return refusal

    answers = await crowd(ask(number) for number in range(20))
    assert Counter(type(answer) for answer in answers) == {Refunded: 1, NothingToRefund: 19}
    assert await available(shop) == 10


async def test_a_key_gives_back_once(shop: Shop) -> None:
    task_id, other = await paid(shop), await paid(shop)
    made = [(await shop.write(refund, wish(shop, task_id, 1)))[1] for _ in range(3)]
    assert [each.is_new for each in made] == [True, False, False]
    assert await available(shop) == 7
    for again in (wish(shop, task_id, 2), wish(shop, other, 1)):
        with pytest.raises(Invalid) as refused:
            await shop.write(refund, again)
        assert refused.value.kind == "idempotency_key_reused"


async def test_a_refund_finds_what_was_made_before_by_an_index(shop: Shop) -> None:
    task_id, plans = await paid(shop), list[str]()
    is_sqlite, sent = shop.db.is_sqlite, list[tuple[str, Any]]()
    engine = shop.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *a: sent.append((str(a[2]), a[3])))
    await shop.write(refund, wish(shop, task_id, 1))
    asked = [each for each in sent if ".reference" in each[0].partition("WHERE")[2]]
    async with shop.db.view() as view:
        connection = await view.connection()
        if not is_sqlite:
            await connection.exec_driver_sql("set local enable_seqscan = off")
        for statement, given in asked:
            how = "explain query plan" if is_sqlite else "explain"
            lines = await connection.exec_driver_sql(f"{how} {statement}", given)
            plans.append(" ".join(str(line) for line in lines))
    (plan,) = plans
    assert ("(reference=?)" if is_sqlite else "Index Cond: ((reference)::text = ") in plan


async def test_what_was_not_charged_or_is_not_here_is_not_given_back(shop: Shop) -> None:
    task_id = await shop.order()
    with pytest.raises(NothingToRefund):
        await shop.write(refund, wish(shop, task_id))
    with pytest.raises(BadAmount):
        await shop.write(refund, wish(shop, task_id, -1))
    stranger = Refund(task_id, new_id(), "k", None, "not mine", None)
    with pytest.raises(NotFound):
        await shop.write(refund, stranger)


async def test_the_database_itself_refuses_to_give_back_too_much(shop: Shop) -> None:
    task_id = await paid(shop)
    async with shop.db.view() as view:
        purse = await wallet.of_owner(view, shop.caller.user_id)
        charge = await view.scalar(
            select(LedgerTxn.id).where(LedgerTxn.task_id == task_id, LedgerTxn.kind == "capture")
        )
    txn = new_id()
    sides = [(f"wallet:{purse.id}", 3 * CREDIT), ("sys:revenue", -3 * CREDIT)]
    entries = [
        {"txn_id": txn, "account": account, "layer": "posted", "amount": amount}
        for account, amount in sides
    ]
    row = {"id": txn, "kind": "reversal", "wallet_id": purse.id, "seq": 99, "reverses": charge}

    async def forge(tx: Tx) -> None:
        await tx.execute(insert(LedgerEntry).values(entries))
        await tx.execute(insert(LedgerTxn).values(**row, at=NOW))

    with pytest.raises(DBAPIError, match="more given back than was charged"):
        await shop.write(forge)


async def test_a_key_of_a_movement_by_hand_stands_for_that_movement_only(shop: Shop) -> None:
    async with shop.db.tx() as tx:
        purse = (await wallet.of_owner(tx, shop.caller.user_id)).id
        await wallet.grant(tx, purse, 5, reference="g")
        await wallet.adjust(tx, purse, -3, reason="wrong", reference="a", actor_id=None)
        for kind, key, amount in (("grant", "g", 5), ("adjust", "a", -3)):
            await check_same(tx, key, kind=kind, wallet_id=purse, amount=amount)
        for kind, key, whose, amount in (
            ("grant", "g", purse, 6), ("grant", "g", new_id(), 5), ("adjust", "g", purse, 5),
            ("adjust", "a", purse, 3),
        ):  # fmt: skip
            with pytest.raises(Invalid) as refused:
                await check_same(tx, key, kind=kind, wallet_id=whose, amount=amount)
            assert refused.value.kind == "idempotency_key_reused"


async def test_a_wallet_is_put_right_up_and_down_and_never_below_what_is_free(shop: Shop) -> None:
    await shop.order(count=4)
    async with shop.db.view() as view:
        purse = (await wallet.of_owner(view, shop.caller.user_id)).id

    async def adjust(amount: int, key: str) -> bool:
        return await shop.write(
            wallet.adjust, purse, amount * CREDIT,
            reason="counted wrong", reference=key, actor_id=None,
        )  # fmt: skip

    with pytest.raises(NotCovered):
        await adjust(-7, "a")
    assert [await adjust(-6, "a"), await adjust(-6, "a"), await adjust(2, "b")] == [
        True, False, True,
    ]  # fmt: skip
    assert await available(shop) == 2
    with pytest.raises(BadAmount):
        await adjust(0, "c")
