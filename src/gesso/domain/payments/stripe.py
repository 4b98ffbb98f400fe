"""Stripe Checkout: a hosted page takes the money, and signed reports tell of it.

Sources: docs.stripe.com/api/checkout/sessions (create, retrieve), /api/idempotent_requests,
/api/errors, /api/events/types, /payments/checkout/fulfillment. Requests are form-encoded with
bracketed names; amounts are in the currency's smallest unit. A session that is `complete` may still
be `unpaid`: methods that take days report `async_payment_succeeded` or `…_failed` afterwards.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from gesso.domain.payments.errors import (
    EventNotVerified,
    EventUnreadable,
    GatewayAway,
    GatewayRefused,
    NoSuchGateway,
)
from gesso.domain.payments.gateway import Notice, Opened, Order, Told
from gesso.domain.payments.stripe_reports import notice_of, of_session
from gesso.domain.payments.stripe_signature import is_signed
from gesso.infra.http import Http, HttpError, Reply
from gesso.kit.ids import public_id

STRIPE: Final = "stripe"
_VERSION: Final = "2024-06-20"
"""The API's version that answers are read by; Stripe keeps old ones alive."""
_SECONDS: Final = 20.0
_MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Account:
    """What opens Stripe, and where a payer comes back to."""

    root: str
    key: str
    secrets: Sequence[str]
    success_url: str
    cancel_url: str


class Stripe:
    """Stripe Checkout, over the outbound client."""

    name = STRIPE
    is_by_hand = False
    words: str | None = None

    def __init__(self, http: Http, account: Account) -> None:
        self._http, self._account = http, account

    async def open(self, order: Order) -> Opened:
        """A Checkout Session; the payment's id is the idempotency key, so there is one at most."""
        name = public_id("payment", order.payment_id)
        form = {
            "mode": "payment",
            "client_reference_id": name,
            "success_url": self._account.success_url,
            "cancel_url": self._account.cancel_url,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": order.currency,
            "line_items[0][price_data][unit_amount]": str(order.amount),
            "line_items[0][price_data][product_data][name]": order.title,
            "metadata[payment_id]": name,
            # A charge inherits the metadata of its intent, so a refund names its payment itself.
            "payment_intent_data[metadata][payment_id]": name,
        }
        told = await self._ask("POST", "/v1/checkout/sessions", form=form, key=name)
        session_id, url = told.get("id"), told.get("url")
        if not (isinstance(session_id, str) and session_id):
            raise GatewayAway("Stripe's answer names no session.")
        return Opened(session_id, url if isinstance(url, str) else None)

    async def look(self, session_id: str) -> Notice:
        """The session, as it stands at Stripe."""
        path = f"/v1/checkout/sessions/{quote(session_id, safe='')}"
        return of_session(await self._ask("GET", path))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """A report by its signature; nothing of it is read before that holds."""
        if not self._account.secrets:
            # An empty secret would verify whatever anybody signs with an empty key.
            raise NoSuchGateway("There is no secret to verify Stripe's reports with.")
        header = headers.get("stripe-signature", "")
        if not is_signed(header, body, self._account.secrets, now):
            raise EventNotVerified("The report carries no signature of Stripe's that holds.")
        event = _object(body)
        name, kind = event.get("id"), event.get("type")
        if not (_is_name(name) and _is_name(kind)):
            raise EventUnreadable("The report has no id or no type.")
        return Told(str(name), str(kind))

    def read(self, body: bytes) -> Notice:
        """The report in our words."""
        return notice_of(_object(body))

    async def _ask(
        self, method: str, path: str, *, form: Mapping[str, str] | None = None, key: str = ""
    ) -> Mapping[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._account.key}",
            "Stripe-Version": _VERSION,
            **({"Content-Type": "application/x-www-form-urlencoded"} if form else {}),
            **({"Idempotency-Key": key} if key else {}),
        }
        try:
            reply = await self._http.request(
                method,
                self._account.root + path,
                headers=headers,
                body=urlencode(form).encode() if form else None,
                total=_SECONDS,
                limit=_MOST_BYTES,
                trusted=self._account.root,
            )
        except HttpError as error:
            raise GatewayAway("Stripe cannot be reached.") from error
        return _answer(reply)


def _answer(reply: Reply) -> Mapping[str, Any]:
    """The object in an answer. 409 and 429 pass, as does whatever went wrong on their side; a key
    of ours that is refused is ours to mend, and the payment need not die of it.
    """
    if reply.status in {401, 403, 409, 429} or reply.status >= 500:
        raise GatewayAway(f"Stripe is not at our service (status {reply.status}).")
    try:
        told = json.loads(reply.body)
    except ValueError as error:
        raise GatewayAway("Stripe's answer cannot be read.") from error
    if not isinstance(told, dict):
        raise GatewayAway("Stripe's answer cannot be read.")
    if reply.status != 200:
        refusal = told.get("error")
        words = refusal.get("message") if isinstance(refusal, dict) else None
        raise GatewayRefused(f"Stripe does not want this: {str(words or 'no reason given')[:300]}")
    return told


def _object(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EventUnreadable("The report is no JSON.") from error
    if not isinstance(event, dict):
        raise EventUnreadable("The report is no object.")
    return event


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()
