"""What somebody may spend: counted when it is frozen, given back when it comes free."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from gesso.app.accounts import open_account
from gesso.domain import tasks, wallet
from gesso.domain.events import Event
from gesso.domain.identity import Caller
from gesso.domain.tasks.intake import prepare
from gesso.domain.wallet.balance import lock
from gesso.domain.wallet.limit_tables import SpendLimit
from gesso.domain.wallet.limits import next_day
from gesso.domain.wallet.setting import (
    alert_below,
    limit_tenant,
    limit_user,
    set_alert,
    set_limit,
)
from gesso.domain.wallet.sharing import add_member, of_tenant, open_shared, pay_from, remove_member
from gesso.infra.db import Database, moment
from gesso.infra.errors import GessoError, NotFound
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from tests.domain.shop import Shop, crowd, open_shop

Refusal = wallet.SpendLimitReached


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


async def limited(shop: Shop, kind: str, **bounds: int | None) -> None:
    """A limit of whoever is in the shop, of this kind, in credits."""
    caller = shop.caller
    of = {"own": caller.user_id, "user": caller.user_id, "key": caller.key_id}
    both = {"daily": None, "total": None, **bounds}
    micro = {name: most if most is None else most * CREDIT for name, most in both.items()}
    if kind == "tenant":
        await shop.write(limit_tenant, caller.tenant_id, **micro)
        return
    subject = of[kind]
    assert subject is not None
    await shop.write(limit_user, caller.user_id, (kind, subject), **micro)


async def spent(shop: Shop) -> list[tuple[str, int, int]]:
    """What counts against each limit, today and in all, in credits."""
    async with shop.db.view() as view:
        rows = (await view.scalars(select(SpendLimit).order_by(SpendLimit.kind))).all()
    return [(row.kind, row.spent_today // CREDIT, row.spent_total // CREDIT) for row in rows]


@pytest.mark.parametrize("kind", ["own", "tenant", "key"])
async def test_a_hundred_at_once_against_a_cap_of_ten_are_ten(shop: Shop, kind: str) -> None:
    await shop.write(give, shop.caller, 100)
    await limited(shop, kind, daily=10)
    answers = await crowd(shop.ask(prompt=f"owl {n}") for n in range(100))
    assert Counter(type(answer) for answer in answers) == {tasks.Submitted: 10, Refusal: 90}
    assert await spent(shop) == [(kind, 10, 10)]
    refused = next(answer for answer in answers if isinstance(answer, Refusal))
    async with shop.db.view() as view:
        midnight = moment(view).date() + timedelta(days=1)
    assert dict(refused.facts) == {
        "limit_of": kind, "per": "day", "required": "1", "limit": "10", "spent": "10",
        "resets_at": f"{midnight}T00:00:00Z",
        "money": {"held": "0", "released": "0", "charged": "0"},
    }  # fmt: skip


async def give(tx: Any, caller: Caller, credits: int) -> None:
    purse = await wallet.of_owner(tx, caller.user_id)
    await wallet.grant(tx, purse.id, credits * CREDIT)


async def test_a_tenants_limit_is_set_while_everybody_spends_and_comes(shop: Shop) -> None:
    await limited(shop, "tenant", total=100)

    async def act(number: int) -> None:
        if number % 6 == 0:
            await limited(shop, "tenant", total=100 + number)
        elif number % 6 == 1:
            async with shop.db.tx() as tx:
                await open_account(tx, f"c{number}@example.org")
        else:
            await shop.ask(prompt=f"owl {number}")

    await crowd(act(number) for number in range(36))
    assert await spent(shop) == [("tenant", 10, 10)]


async def test_what_comes_free_may_be_spent_again(shop: Shop) -> None:
    await limited(shop, "own", total=3)
    await shop.order(count=3)
    assert isinstance(await shop.ask(), Refusal)
    first, *rest = await shop.begin()
    await shop.deliver(first)
    for job in rest:
        await shop.refuse(job)
    assert await spent(shop) == [("own", 1, 1)]
    await shop.order(count=2)
    answer = await shop.ask()
    assert isinstance(answer, Refusal)
    assert (answer.facts["per"], answer.facts["resets_at"]) == ("total", None)


async def test_a_new_day_begins_with_nothing_spent_and_gives_back_to_its_own(shop: Shop) -> None:
    await limited(shop, "own", daily=2)
    await shop.order(count=2)
    old = await shop.begin()
    shop.db._epoch += 24 * 3600
    await shop.order()
    for job in [*old, *await shop.begin()]:
        await shop.refuse(job)
    assert await spent(shop) == [("own", 0, 0)]  # two of yesterday, which is over, and one
    await shop.order(count=2)
    assert isinstance(await shop.ask(), Refusal)


async def test_who_waited_since_before_midnight_spends_on_the_day_that_began(shop: Shop) -> None:
    await limited(shop, "own", daily=3)
    shop.db._epoch += (next_day(shop.db.now().date()) - shop.db.now()).total_seconds() + 20
    await shop.order(count=2)
    new = await shop.begin()  # what follows began yesterday, and had the row only now
    shop.db._epoch -= 40
    await shop.order()
    assert isinstance(await shop.ask(), Refusal)
    await limited(shop, "own", daily=3)
    assert await spent(shop) == [("own", 3, 3)]
    for job in [*new, *await shop.begin()]:
        await shop.refuse(job)
    assert await spent(shop) == [("own", 0, 0)]


async def test_a_key_is_bounded_and_its_user_is_not(shop: Shop) -> None:
    await limited(shop, "key", total=1)
    await shop.order()
    assert isinstance(await shop.ask(), Refusal)
    limited_key = shop.caller.keys
    shop.caller = replace(shop.caller, key_id=new_id(), lineage=limited_key)
    assert isinstance(await shop.ask(), Refusal)  # renewed, or made by it
    shop.caller = replace(shop.caller, key_id=new_id(), lineage=())
    await shop.order()
    shop.caller = replace(shop.caller, key_id=None)
    await shop.order()


async def test_somebody_who_comes_to_a_limited_tenant_is_limited(shop: Shop) -> None:
    await limited(shop, "tenant", total=0)
    async with shop.db.tx() as tx:
        user = await open_account(tx, "bert@example.org", amount=5 * CREDIT)
    shop.caller = replace(shop.caller, user_id=user.id, key_id=None)
    assert isinstance(await shop.ask(), Refusal)


async def test_who_has_no_limit_pays_no_query_for_it(shop: Shop) -> None:
    sent: list[str] = []
    engine = shop.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *a: sent.append(str(a[2])))
    await shop.order()
    for job in await shop.begin():
        await shop.deliver(job)
    asked = [text for text in sent if "spend_limit" in text or "lot" in text.split()]
    assert (asked, [text for text in sent if "limit_charge" in text]) == ([], [])


async def told(db: Database, caller: Caller, kind: str = "wallet.low") -> list[dict[str, Any]]:
    query = select(Event.data).where(Event.stream_id == caller.user_id, Event.type == kind)
    async with db.view() as view:
        return list((await view.scalars(query.order_by(Event.seq))).all())


async def test_an_owner_is_told_once_each_time_the_wallet_falls_low(shop: Shop) -> None:
    await shop.write(alert_below, shop.caller.user_id, 9 * CREDIT)
    await shop.order()
    assert await told(shop.db, shop.caller) == []
    await shop.order()
    await shop.order()
    low = {"wallet": "personal", "available": "8", "below": "9"}
    assert [{k: e[k] for k in low} for e in await told(shop.db, shop.caller)] == [low]
    for job in await shop.begin():
        await shop.refuse(job)
    await shop.order()
    await shop.order()
    assert len(await told(shop.db, shop.caller)) == 2


async def test_an_alert_above_what_there_is_is_told_at_once(shop: Shop) -> None:
    for _ in range(2):
        await shop.write(alert_below, shop.caller.user_id, 11 * CREDIT)
        await shop.order()
    assert len(await told(shop.db, shop.caller)) == 2
    await shop.write(alert_below, shop.caller.user_id, None)
    await shop.order()
    assert len(await told(shop.db, shop.caller)) == 2


async def share(shop: Shop, credits: int = 10, *, is_manager: bool = False) -> None:
    """A shared wallet that whoever is in the shop may pay from."""
    async with shop.db.tx() as tx:
        shared, is_new = await open_shared(tx, shop.caller.tenant_id)
        if is_new:
            await wallet.grant(tx, shared.id, credits * CREDIT)
        await add_member(tx, shared, shop.caller.user_id, is_manager=is_manager)


async def both(shop: Shop) -> tuple[int, int]:
    """What is in one's own wallet and in the shared one, to be spent, in credits."""
    async with shop.db.view() as view:
        own = await wallet.of_owner(view, shop.caller.user_id)
        shared = await of_tenant(view, shop.caller.tenant_id)
        return (own.posted - own.held) // CREDIT, (shared.posted - shared.held) // CREDIT


async def test_an_order_says_which_wallet_pays_or_its_owner_does(shop: Shop) -> None:
    await share(shop)
    await shop.order(wallet="shared")
    assert await both(shop) == (10, 9)
    await shop.order()
    assert await both(shop) == (9, 9)
    await shop.write(pay_from, shop.caller.user_id, "shared")
    await shop.order()
    assert await both(shop) == (9, 8)
    task = await shop.task(await shop.order(wallet="personal"))
    assert await both(shop) == (8, 8)
    for job in await shop.begin():
        await (shop.deliver if job.task_id == task.id else shop.refuse)(job)
    assert await both(shop) == (9, 10)
    changed = await told(shop.db, shop.caller, "wallet.changed")
    assert [e["available"] for e in changed if e.get("wallet") == "shared"][:2] == ["9", "8"]


async def test_who_is_no_member_pays_nothing_from_it(shop: Shop) -> None:
    assert isinstance(await shop.ask(wallet="shared"), NotFound)
    await share(shop)
    await shop.write(pay_from, shop.caller.user_id, "shared")
    async with shop.db.tx() as tx:
        await remove_member(tx, await of_tenant(tx, shop.caller.tenant_id), shop.caller.user_id)
    assert isinstance(await shop.ask(wallet="shared"), NotFound)
    await shop.order()
    assert await both(shop) == (9, 10)


async def test_a_member_spends_at_most_their_share(shop: Shop) -> None:
    await share(shop)
    async with shop.db.tx() as tx:
        shared = await of_tenant(tx, shop.caller.tenant_id)
        member = await add_member(tx, shared, shop.caller.user_id, is_manager=False)
        subject = ("member", member.id)
        await set_limit(tx, shared.tenant_id, subject, daily=2 * CREDIT, total=None)
    await shop.order(wallet="shared", count=2)
    refused = await shop.ask(wallet="shared")
    assert isinstance(refused, Refusal)
    assert refused.facts["limit_of"] == "member"
    await shop.order()


async def test_members_at_once_share_the_last_credits_and_nobody_deadlocks(shop: Shop) -> None:
    await share(shop)
    callers = [shop.caller]
    for n in range(4):
        async with shop.db.tx() as tx:
            user = await open_account(tx, f"m{n}@example.org", amount=5 * CREDIT)
            shared = await of_tenant(tx, user.tenant_id)
            await add_member(tx, shared, user.id, is_manager=False)
        callers.append(replace(shop.caller, user_id=user.id, key_id=None))

    async def ask(caller: Caller, n: int) -> tasks.Answer:
        which = "shared" if n % 3 else "personal"
        order = shop.menu.operation("text_to_image").params.model_validate(
            {"type": "text_to_image", "prompt": f"owl {n}", "wallet": which}
        )
        wish = await prepare(shop.db, shop.menu, caller, order, key=None)
        return (await shop.write(tasks.submit, [wish]))[0]

    answers = await crowd(ask(callers[n % 5], n) for n in range(45))
    of_all = [answer for n, answer in enumerate(answers) if n % 3]
    assert sum(isinstance(answer, tasks.Submitted) for answer in of_all) == 10
    assert all(isinstance(a, tasks.Submitted | GessoError) for a in answers)
    # Ends of all of them in one transaction lock every wallet at once.
    await crowd(shop.refuse(job) for job in await shop.begin())


async def test_managers_are_told_when_the_shared_wallet_is_low(shop: Shop) -> None:
    await share(shop, is_manager=True)
    async with shop.db.tx() as tx:
        shared = await of_tenant(tx, shop.caller.tenant_id)
        await set_alert(tx, (await lock(tx, [shared.id]))[shared.id], 10 * CREDIT)
    await shop.order(wallet="shared")
    assert [event["wallet"] for event in await told(shop.db, shop.caller)] == ["shared"]
