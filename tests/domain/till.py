"""A till: somebody with an empty wallet, a package, and Stripe's simulator, whose reports come in
over HTTP as they do in a house.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from aiohttp import web
from sqlalchemy import func, select

from gesso.app.accounts import open_account
from gesso.domain import audit, wallet
from gesso.domain.identity import Caller, Role
from gesso.domain.payments import (
    Account,
    Desk,
    Figures,
    Offer,
    Offline,
    Payment,
    PaymentEvent,
    Stripe,
    Wish,
    packages,
)
from gesso.domain.wallet import LedgerEntry, LedgerTxn
from gesso.infra.db import Database
from gesso.infra.errors import GessoError
from gesso.infra.http import Http
from gesso.kit.ids import new_id
from gesso.kit.money import CREDIT
from gesso.simulators.stripe import StripeSimulator

PRICE = 1000
FIGURES = Figures(100 * CREDIT, 10 * CREDIT, PRICE, "eur", None)
_keys = count()


@dataclass
class Till:
    """Everything that a payment goes through."""

    db: Database
    stripe: StripeSimulator
    desk: Desk
    caller: Caller
    offer: Offer

    def wish(self, gateway: str = "stripe", key: str | None = None) -> Wish:
        """To buy the package."""
        return Wish(self.offer.package.id, gateway, key or f"key-{next(_keys)}")

    async def buy(self, gateway: str = "stripe", key: str | None = None) -> Payment:
        """A payment that waits for its money."""
        return (await self.desk.buy(self.caller, self.wish(gateway, key)))[0]

    async def bought(self) -> tuple[Payment, str]:
        """One that was paid, and its session."""
        payment = await self.buy()
        assert payment.session_id is not None
        await self.stripe.pay(payment.session_id)
        return await self.payment(payment.id), payment.session_id

    async def payment(self, payment_id: UUID) -> Payment:
        """A payment as it stands."""
        async with self.db.view() as view:
            return (await view.scalars(select(Payment).where(Payment.id == payment_id))).one()

    async def events(self) -> list[PaymentEvent]:
        """What was reported, the oldest first."""
        async with self.db.view() as view:
            return list(await view.scalars(select(PaymentEvent).order_by(PaymentEvent.id)))

    async def credits(self) -> int:
        """What can be spent."""
        async with self.db.view() as view:
            purse = await wallet.of_owner(view, self.caller.user_id)
            return (purse.posted - purse.held) // CREDIT

    async def lost(self) -> int:
        """Credits that were spent and never paid for, by the ledger."""
        query = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
            LedgerEntry.account == "sys:payment_loss"
        )
        async with self.db.view() as view:
            return int(await view.scalar(query) or 0) // CREDIT

    async def grants(self) -> int:
        """How often somebody was given credits."""
        query = select(func.count()).select_from(LedgerTxn).where(LedgerTxn.kind == "grant")
        async with self.db.view() as view:
            return int(await view.scalar(query) or 0)


@asynccontextmanager
async def open_till(url: str) -> AsyncIterator[Till]:
    """Open it; when it closes, its books must be in order."""
    async with AsyncExitStack() as stack:
        db = Database(url)
        stack.push_async_callback(db.close)
        stripe = await stack.enter_async_context(StripeSimulator().open())
        http = await stack.enter_async_context(Http())
        account = Account(
            stripe.url, stripe.secrets["key"], stripe.signing, "https://x", "https://y"
        )
        desk = Desk(db, {"stripe": Stripe(http, account), "offline": Offline("To our bank.")})
        stripe.hook = await stack.enter_async_context(_hook(desk))
        async with db.tx() as tx:
            user = await open_account(tx, "anna@example.org")
            offer = await packages.add(tx, user.tenant_id, "A hundred", FIGURES)
        caller = Caller(user.id, user.tenant_id, Role.USER, frozenset(), new_id())
        yield Till(db, stripe, desk, caller, offer)
        async with db.view() as view:
            assert await audit.run(view) == []


@asynccontextmanager
async def _hook(desk: Desk) -> AsyncIterator[str]:
    """The address of a server that gives reports to the desk."""

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            await desk.receive("stripe", headers, await request.read())
        except GessoError as error:
            return web.Response(status=error.status, text=error.kind)
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/hook", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()
