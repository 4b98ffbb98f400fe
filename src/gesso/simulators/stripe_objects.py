"""What the simulated Stripe knows: sessions, and the objects that are told of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Checkout:
    """A Checkout Session, as Stripe knows it."""

    id: str
    form: Mapping[str, str]
    status: str = "open"
    payment_status: str = "unpaid"
    refunded: int = 0
    amount: int = 0
    currency: str = ""
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def title(self) -> str:
        """What is sold."""
        return self.form["line_items[0][price_data][product_data][name]"]

    @property
    def intent(self) -> str:
        """The payment intent that belongs to it."""
        return self.id.replace("cs_test_", "pi_")

    def shown(self, root: str) -> dict[str, Any]:
        """The session as the API shows it."""
        is_open = self.status == "open"
        return {
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "cancel_url": self.form.get("cancel_url"),
            "client_reference_id": self.form.get("client_reference_id"),
            "created": self.created,
            "currency": self.currency,
            "expires_at": self.created + 86_400,
            "livemode": False,
            "metadata": under("metadata", self.form),
            "mode": "payment",
            "payment_intent": None if is_open else self.intent,
            "payment_status": self.payment_status,
            "status": self.status,
            "success_url": self.form["success_url"],
            "url": f"{root}/pay/{self.id}" if is_open else None,
        }

    def charge(self) -> dict[str, Any]:
        """The charge, as it stands."""
        return {
            "id": self.id.replace("cs_test_", "ch_"),
            "object": "charge",
            "amount": self.amount,
            "amount_refunded": self.refunded,
            "refunded": self.refunded == self.amount,
            "currency": self.currency,
            "payment_intent": self.intent,
            "metadata": under("payment_intent_data[metadata]", self.form),
        }

    def dispute(self) -> dict[str, Any]:
        """A dispute about the whole of it."""
        return {
            "id": self.id.replace("cs_test_", "dp_"),
            "object": "dispute",
            "amount": self.amount,
            "charge": self.id.replace("cs_test_", "ch_"),
            "currency": self.currency,
            "payment_intent": self.intent,
            "reason": "fraudulent",
            "status": "needs_response",
            "metadata": {},
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened there: its bytes are the same for every repeat."""

    id: str
    body: bytes


def wrong(form: Mapping[str, str]) -> str | None:
    """What Stripe would not take of a session."""
    for name in ("mode", "success_url", "line_items[0][quantity]"):
        if name not in form:
            return f"Missing required param: {name}."
    item = "line_items[0][price_data]"
    if not form.get(f"{item}[unit_amount]", "").isdecimal():
        return f"Invalid integer: {form.get(f'{item}[unit_amount]')}"
    if len(form.get(f"{item}[currency]", "")) != 3 or not form[f"{item}[currency]"].islower():
        return f"Invalid currency: {form.get(f'{item}[currency]')}"
    return None if form.get(f"{item}[product_data][name]") else f"Missing required param: {item}"


def under(name: str, form: Mapping[str, str]) -> dict[str, str]:
    """The members of an object in a form."""
    start = f"{name}["
    return {each[len(start) : -1]: form[each] for each in form if each.startswith(start)}


def missing() -> web.Response:
    """The answer about a session that is not there."""
    return error(404, "invalid_request_error", "No such checkout.session")


def error(status: int, kind: str, message: str) -> web.Response:
    """An error object."""
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)
