"""Credits are bought, statements are told, and bills are compared: over HTTP, in a whole house."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

import pytest
import pytest_asyncio

from gesso.domain import reconciliation
from gesso.domain.reconciliation import read_bill
from gesso.simulators import Fate
from gesso.simulators.stripe import StripeSimulator
from tests.house.person import Person, Reply
from tests.house.world import CATALOG, PLUGIN, Home, NewGround, open_home
from tests.simulators.acme import Plan

pytestmark = pytest.mark.asyncio(loop_scope="session")
PACKAGE = {"name": "Hundred", "credits": "100", "bonus": "10", "price": 1000, "currency": "EUR"}


@dataclass
class Market:
    """A house that takes money, Stripe, and somebody who runs the house."""

    home: Home
    stripe: StripeSimulator
    operator: Person
    package: dict[str, Any]

    async def buy(self, person: Person, key: str, **wish: Any) -> Reply:
        """The answer to a wish to buy."""
        asked = {"package": self.package["id"], "gateway": "stripe", **wish}
        return await person.ask("POST", "/payments", asked, headers={"Idempotency-Key": key})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(
    new_ground: NewGround, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Market]:
    stripe, folder = StripeSimulator(), tmp_path_factory.mktemp("market")
    with new_ground() as ground:
        async with stripe.open():
            payments = {
                "stripe": {
                    "key": stripe.secrets["key"], "webhook_secrets": stripe.signing,
                    "root": stripe.url,
                },
                "offline": {"enabled": True, "instructions": "To our bank."},
            }  # fmt: skip
            async with open_home(
                ground, folder, plugins=(PLUGIN,), catalog=CATALOG, payments=payments
            ) as home:
                stripe.hook = f"{home.url}/hooks/payments/stripe"
                operator = await home.person(0, "operator")
                made = await operator.ask("POST", "/packages", PACKAGE)
                assert made.status == 201, made
                yield Market(home, stripe, operator, made.body)
                await home.inspect()


async def test_somebody_buys_credits_and_sees_them_in_the_statement(market: Market) -> None:
    anna = await market.home.person(0)
    [offer] = (await anna.ask("GET", "/packages")).body["items"]
    assert (offer["total"], offer["price"], offer["currency"]) == ("110", 1000, "eur")
    bought = await market.buy(anna, "first")
    assert (bought.status, bought.body["status"]) == (201, "pending"), bought
    again = await market.buy(anna, "first")
    assert (again.headers["Idempotency-Replayed"], again.body["id"]) == ("true", bought.body["id"])
    async with anna.web.get(bought.body["url"]) as page:
        assert "Hundred" in await page.text()
    hook, market.stripe.hook = market.stripe.hook, None
    async with anna.web.post(bought.body["url"], allow_redirects=False) as page:
        assert page.status == 303
    market.stripe.hook = hook
    session = bought.body["url"].rpartition("/")[2]
    assert await anna.money() == ("0", "0")
    # None was seen before, and all of them come together.
    event, abreast = market.stripe.events[-1], asyncio.Semaphore(50)

    async def deliver() -> int:
        async with abreast:
            return await market.stripe.deliver(event)

    answers = await asyncio.gather(*(deliver() for _ in range(1000)))
    assert set(answers) == {200}
    assert await anna.money() == ("110", "0")
    paid = (await anna.ask("GET", f"/payments/{bought.body['id']}")).body
    assert (paid["status"], paid["credits"]) == ("paid", "110")
    [entry] = (await anna.ask("GET", "/wallet/entries?kind=grant")).body["items"]
    assert (entry["available"], entry["memo"]) == ("110", "Hundred")

    await market.stripe.refund(session, 500)
    assert await anna.money() == ("55", "0")
    flagged = (await market.operator.ask("GET", "/payments/all?flagged=true")).body["items"]
    assert [each["id"] for each in flagged] == [bought.body["id"]]
    resolved = await market.operator.ask("POST", f"/payments/{bought.body['id']}/resolve")
    assert resolved.body["flag"] is None

    mine = await anna.ask("GET", "/me/export")
    with ZipFile(io.BytesIO(mine.content)) as book:
        [told] = [json.loads(line) for line in book.read("payments.ndjson").splitlines()]
    assert (told["id"], told["refunded"]) == (bought.body["id"], 500)


async def test_nothing_forged_is_taken_and_nothing_breaks(market: Market) -> None:
    anna = await market.home.person(0)
    bought = (await market.buy(anna, "forged")).body
    session = market.stripe.sessions[bought["url"].rpartition("/")[2]]
    session.status, session.payment_status = "complete", "paid"
    hook, market.stripe.hook = market.stripe.hook, None
    event = await market.stripe.report("checkout.session.completed", market.stripe.shown(session))
    market.stripe.hook = hook
    body = event.body
    for headers, sent in (
        ({}, body),
        (market.stripe.signed(body, secrets=["whsec_of_somebody_else"]), body),
        (market.stripe.signed(body, at=1_700_000_000), body),
        (market.stripe.signed(body), json.dumps(json.loads(body)).encode()),
        (market.stripe.signed(b"{}"), b"{}"),
        ({"Stripe-Signature": "\xff" * 4000}, body),
        (market.stripe.signed(body), b"x" * 600_000),
    ):
        answer = await market.stripe.deliver(event, body=sent, headers=headers)
        assert answer in {400, 413}, (headers, answer)
    for path in ("/hooks/payments/offline", "/hooks/payments/x", "/hooks/payments/%01"):
        async with anna.web.post(f"{market.home.url}{path}", data=body) as reply:
            assert reply.status == 404, path
    assert await anna.money() == ("0", "0")


async def test_what_is_refused_says_why(market: Market) -> None:
    anna, ben = await market.home.person(0), await market.home.person(0)
    bought = (await market.buy(anna, "refusals")).body
    operator, package = market.operator, market.package["id"]
    market.stripe.plan("Hundred", Fate(status=503, takes=False), Fate(status=400))
    refused: list[tuple[Reply, int, str]] = [
        (await market.buy(ben, "away"), 503, "gateway_away"),
        (await market.buy(ben, "refused"), 502, "gateway_refused"),
        (await market.buy(anna, "refusals", gateway="offline"), 409, "idempotency_key_reused"),
        (await market.buy(anna, "k", gateway="cash"), 422, "gateway_unknown"),
        (await market.buy(anna, "k", package="package_x"), 404, "no_such_package"),
        (await market.buy(anna, "k", version=7), 409, "package_changed"),
        (
            await anna.ask("POST", "/payments", {"package": package}),
            400, "idempotency_key_missing",
        ),
        (await ben.ask("GET", f"/payments/{bought['id']}"), 404, "no_such_payment"),
        (await ben.ask("POST", f"/payments/{bought['id']}/cancel"), 404, "no_such_payment"),
        (await ben.ask("POST", f"/payments/{bought['id']}/confirm"), 403, "missing_scope"),
        (await operator.ask("POST", f"/payments/{bought['id']}/confirm"), 409, "not_by_hand"),
        (await ben.ask("POST", "/packages", PACKAGE), 403, "missing_scope"),
        (await operator.ask("POST", "/packages", PACKAGE), 409, "package_name_taken"),
        (
            await operator.ask("POST", "/packages", {**PACKAGE, "name": "No", "credits": "1e9"}),
            422, "bad_package",
        ),
        (
            await operator.ask("POST", "/payments/events/event_x/retry"),
            404, "no_such_payment_event",
        ),
        (await ben.ask("GET", "/reconciliation"), 403, "missing_scope"),
        (await operator.ask("GET", "/reconciliation/2001-01-01"), 404, "no_such_day"),
        (
            await operator.ask("GET", "/reconciliation?from=2026-02-01&to=2026-01-01"),
            422, "bad_span",
        ),
    ]  # fmt: skip
    for number, (reply, status, code) in enumerate(refused):
        assert (reply.status, reply.code) == (status, code), number
    over = await anna.ask("POST", f"/payments/{bought['id']}/cancel")
    assert over.body["status"] == "cancelled"
    again = await anna.ask("POST", f"/payments/{bought['id']}/cancel")
    assert (again.status, again.code, again.body["status"]) == (409, "payment_over", 409)


async def test_a_transfer_is_confirmed_by_an_operator(market: Market) -> None:
    anna = await market.home.person(0)
    bought = (await market.buy(anna, "transfer", gateway="offline")).body
    assert (bought["url"], bought["instructions"]) == (None, "To our bank.")
    for _ in range(2):
        done = await market.operator.ask("POST", f"/payments/{bought['id']}/confirm")
        assert (done.status, done.body["status"]) == (200, "paid"), done
    assert await anna.money() == ("110", "0")
    assert len((await anna.ask("GET", "/payments")).body["items"]) == 1


async def test_a_statement_is_told_in_every_form(market: Market) -> None:
    anna = await market.home.person(20)
    task = await anna.make("text_to_image", prompt="an owl", tier="fast")
    market.home.acme.plan("held", Plan(seconds=None))
    held = await anna.submit("text_to_image", prompt="held", tier="fast")
    whole = (await anna.ask("GET", "/wallet/statement")).body
    purse = (await anna.ask("GET", "/wallet")).body
    assert {name: whole["closing"][name] for name in ("available", "frozen", "total")} == {
        name: purse[name] for name in ("available", "frozen", "total")
    }
    [hold] = (await anna.ask("GET", "/wallet/holds")).body["items"]
    assert (hold["task_id"], hold["amount"]) == (held["id"], purse["frozen"])
    entries = (await anna.ask("GET", f"/wallet/entries?task_id={task['id']}")).body["items"]
    assert [entry["kind"] for entry in entries] == ["capture", "freeze"]
    since = entries[0]["at"].replace("+", "%2B")
    before = (await anna.ask("GET", f"/wallet/statement?to={since}")).body
    after = (await anna.ask("GET", f"/wallet/statement?from={since}")).body
    assert before["closing"] == after["opening"] != whole["closing"] == after["closing"]

    exported = await anna.ask("GET", "/wallet/statement.csv")
    rows = list(csv.DictReader(io.StringIO(exported.content.decode())))
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert [row["kind"] for row in rows] == ["grant", "freeze", "capture", "freeze"]
    exported = await anna.ask("GET", "/wallet/statement.json?kind=freeze")
    assert [entry["kind"] for entry in exported.body["entries"]] == ["freeze", "freeze"]
    days = (await anna.ask("GET", "/wallet/series?days=3")).body["days"]
    assert (days[0]["opening"]["seq"], days[-1]["closing"]) == (0, whole["closing"])
    for wrong in ("?kind=x", "?from=yesterday", "?from=2026-01-01T00:00:00", "?to=9999-12-31Z"):
        assert (await anna.ask("GET", f"/wallet/entries{wrong}")).status == 422, wrong
    assert (await anna.ask("GET", "/wallet/entries?task_id=x")).body["items"] == []
    await anna.ask("POST", f"/tasks/{held['id']}/cancel")
    await anna.wait(held)


async def test_the_providers_own_bill_is_what_the_attempts_say(market: Market) -> None:
    home, anna = market.home, await market.home.person(200)
    moods = {
        "lost": Plan(loses_answer=True), "lied": Plan(status=500), "fails": Plan(fails="broken"),
        "gone": Plan(file="gone"), "busy": Plan(status=429, takes=False, retry_after=0),
        "refused": Plan(status=400, takes=False), "late": Plan(seconds=1.0),
    }  # fmt: skip
    for prompt, plan in moods.items():
        home.acme.plan(prompt, plan)
    tasks = [
        await anna.submit("text_to_image", prompt=prompt, tier="fast", count=2)
        for prompt in (*moods, "well")
    ]
    for task in tasks:
        await anna.wait(task, seconds=90)
    lines = [
        {"id": render.id, "cost": render.cost / 1e6, "at": home.db.now().isoformat()}
        for render in home.acme.renders.values()
    ]
    await reconciliation.reconcile(home.db)
    await reconciliation.import_bill(home.db, "acme", read_bill(json.dumps(lines)), source="x")
    days = (await market.operator.ask("GET", "/reconciliation?limit=5")).body["items"]
    today = next(day for day in days if day["provider"] == "acme")
    told = (await market.operator.ask("GET", f"/reconciliation/{today['day']}")).body
    assert told["unexplained"] == []
    assert (today["difference"], today["billed"]) == ("0", today["provider_cost"])
    assert float(today["billed"]) > float(today["loss"]) > 0
    assert float(today["charged"]) > 0
