"""Stripe, simulated: Checkout Sessions, a page on which they are paid, and signed reports.

Sources: those of `gesso.domain.payments.stripe`. What is reported is said by whoever uses it:
`pay`, `expire`, `refund` and `dispute` change its truth and report once; `deliver` reports once
more, late, or with another signature.
"""

import hashlib
import hmac
import html
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Simulator
from gesso.simulators.stripe_objects import Checkout, Event, error, missing, wrong

HOOK = "http://127.0.0.1:8000/hooks/payments/stripe"


class StripeSimulator(Simulator):
    """Takes payments for one account, in test mode."""

    name = "stripe"
    secrets: ClassVar[Mapping[str, str]] = {"key": "sk_test_simulated"}

    def __init__(self) -> None:
        super().__init__()
        self.hook: str | None = HOOK
        """Where reports go; none: all of them are lost."""
        self.signing = ["whsec_simulated_0123456789abcdef"]
        """Secrets of the endpoint; two of them while one is rolled."""
        self.sessions: dict[str, Checkout] = {}
        self.events: list[Event] = []
        self._answers: dict[str, tuple[Mapping[str, str], dict[str, Any]]] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Sessions, the endpoint, and the page where one pays."""
        return [
            web.post("/v1/checkout/sessions", self._create),
            web.get("/v1/checkout/sessions/{id}", self._show),
            web.post("/v1/checkout/sessions/{id}/expire", self._expire),
            web.post("/v1/webhook_endpoints", self._set_hook),
            web.get("/pay/{id}", self._page),
            web.post("/pay/{id}", self._paid),
        ]

    def allows(self, request: web.Request) -> bool:
        """The page needs no key."""
        return request.path.startswith("/pay/") or super().allows(request)

    def denied(self) -> web.Response:
        """In Stripe's words."""
        return error(401, "invalid_request_error", "Invalid API Key provided: sk_test_****")

    def refusal(self, fate: Fate) -> web.Response:
        """An error object, as all of its refusals are."""
        kind = "api_error" if fate.status >= 500 else "invalid_request_error"
        return error(fate.status, kind, fate.error or "Refused.")

    def settings(self) -> Mapping[str, str]:
        """Those of payments."""
        return {
            "GESSO_PAYMENTS__STRIPE__ROOT": self.url,
            "GESSO_PAYMENTS__STRIPE__KEY": self.secrets["key"],
            "GESSO_PAYMENTS__STRIPE__WEBHOOK_SECRETS": json.dumps(self.signing),
        }

    def taken(self) -> int:
        """What it has taken and not given back, in smallest units."""
        paid = [each for each in self.sessions.values() if each.payment_status == "paid"]
        return sum(each.amount - each.refunded for each in paid)

    async def pay(self, session_id: str, *, later: bool = False, copies: int = 1) -> Event:
        """The payer pays; with `later`, by a method that takes days."""
        session = self.sessions[session_id]
        session.status = "complete"
        session.payment_status = "unpaid" if later else "paid"
        return await self.report("checkout.session.completed", self.shown(session), copies=copies)

    async def end(self, session_id: str, *, well: bool) -> Event:
        """What took days comes to an end."""
        session = self.sessions[session_id]
        session.payment_status = "paid" if well else "unpaid"
        kind = "async_payment_succeeded" if well else "async_payment_failed"
        return await self.report(f"checkout.session.{kind}", self.shown(session))

    async def expire(self, session_id: str) -> Event:
        """Nobody has paid in time."""
        session = self.sessions[session_id]
        session.status = "expired"
        return await self.report("checkout.session.expired", self.shown(session))

    async def refund(self, session_id: str, amount: int) -> Event:
        """Give so much back, on top of what was given back before."""
        session = self.sessions[session_id]
        session.refunded += amount
        return await self.report("charge.refunded", session.charge())

    async def dispute(
        self, session_id: str, step: str = "created", status: str = "needs_response"
    ) -> Event:
        """The payer's bank takes the money back, or takes another step about it."""
        about = self.sessions[session_id].dispute() | {"status": status}
        return await self.report(f"charge.dispute.{step}", about)

    async def report(self, kind: str, about: Mapping[str, Any], *, copies: int = 1) -> Event:
        """Report something to the endpoint, so many times."""
        name = f"evt_{len(self.events) + 1:024d}"
        event = {
            "id": name,
            "object": "event",
            "api_version": "2024-06-20",
            "created": int(time.time()),
            "data": {"object": about},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        made = Event(name, json.dumps(event, indent=2).encode())
        self.events.append(made)
        for _ in range(copies):
            await self.deliver(made)
        return made

    async def deliver(
        self, event: Event, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> int:
        """Send a report; what the endpoint answered, 0 where nobody did. `body` and `headers` stand
        in for its own.
        """
        if self.hook is None or self._client is None:
            return 0
        sent = {"Content-Type": "application/json; charset=utf-8", **self.signed(event.body)}
        sent = sent if headers is None else dict(headers)
        try:
            async with self._client.post(
                self.hook, data=event.body if body is None else body, headers=sent
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def signed(
        self, body: bytes, *, at: float | None = None, secrets: Sequence[str] | None = None
    ) -> dict[str, str]:
        """The header of a report: a signature for each of the endpoint's secrets."""
        moment = int(time.time() if at is None else at)
        message = f"{moment}.".encode() + body
        found = [
            hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
            for secret in (self.signing if secrets is None else secrets)
        ]
        return {"Stripe-Signature": ",".join([f"t={moment}", *[f"v1={each}" for each in found]])}

    def shown(self, session: Checkout) -> dict[str, Any]:
        """A session as the API shows it."""
        return session.shown(self.url)

    async def _create(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        key = request.headers.get("Idempotency-Key", "")
        known = self._answers.get(key) if key else None
        if known is not None:
            if known[0] != form:
                words = "Keys for idempotent requests can only be used with the same parameters."
                return error(400, "idempotency_error", words)
            return web.json_response(known[1], headers={"Idempotent-Replayed": "true"})
        refused = wrong(form)
        if refused is not None:
            return error(400, "invalid_request_error", refused)
        session = Checkout(f"cs_test_a{len(self.sessions) + 1:032d}", form)
        session.amount = int(form["line_items[0][price_data][unit_amount]"])
        session.currency = form["line_items[0][price_data][currency]"]
        fate = await self.fate_of(session.title)
        if fate.status >= 400 and not (fate.status >= 500 and fate.takes):
            self.refuse(fate)
        self.sessions[session.id] = session
        told = self.shown(session)
        if key:
            self._answers[key] = (form, told)
        if fate.pushes_early:
            await self.pay(session.id)
        if fate.loses_answer and request.transport is not None:
            request.transport.abort()
        if fate.status >= 400:
            self.refuse(fate)
        return web.json_response(told)

    async def _show(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        return missing() if session is None else web.json_response(self.shown(session))

    async def _expire(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            return missing()
        if session.status != "open":
            words = 'Only Checkout Sessions with a status in ["open"] can be expired.'
            return error(400, "invalid_request_error", words)
        await self.expire(session.id)
        return web.json_response(self.shown(session))

    async def _set_hook(self, request: web.Request) -> web.Response:
        self.hook = str((await request.post())["url"])
        told = {"id": "we_1", "object": "webhook_endpoint", "url": self.hook}
        return web.json_response({**told, "secret": self.signing[0], "status": "enabled"})

    async def _page(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            return web.Response(status=404, text="No such session.")
        sum_ = f"{session.amount / 100:.2f} {session.currency.upper()}"
        page = (
            f"<!doctype html><title>Pay</title><h1>{html.escape(session.title)}</h1><p>{sum_}"
            '<form method="post"><button>Pay</button></form>'
        )
        return web.Response(text=page, content_type="text/html")

    async def _paid(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            return web.Response(status=404, text="No such session.")
        if session.status == "open":
            await self.pay(session.id)
        raise web.HTTPSeeOther(session.form["success_url"])
