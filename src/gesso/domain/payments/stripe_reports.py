"""Stripe's reports in our words, read by shape: what is not as documented is nothing.

Sources: docs.stripe.com/api/events/types, /api/checkout/sessions/object, /api/charges/object,
/api/disputes/object.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from gesso.domain.payments.gateway import Fate, Notice
from gesso.kit.ids import parse_id

_LARGEST: Final = 2**53
_WITHDREW: Final = frozenset({"needs_response", "under_review", "lost"})
"""How a dispute stands whose money was taken from us."""
_SESSIONS: Final[Mapping[str, Fate]] = {
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}


def notice_of(event: Mapping[str, Any]) -> Notice:
    """What a report says; `other` for a kind that does not concern us."""
    inside = event.get("data")
    about = inside.get("object") if isinstance(inside, dict) else None
    if not isinstance(about, dict):
        return Notice("other")
    kind = str(event.get("type"))
    if kind in _SESSIONS:
        return replace(of_session(about), fate=_SESSIONS[kind])
    read = _READERS.get(kind)
    return read(about) if read else Notice("other")


def of_session(session: Mapping[str, Any]) -> Notice:
    """A Checkout Session: its `status` is about the page, its `payment_status` about the money."""
    fate: Fate = "pending"
    if session.get("payment_status") in {"paid", "no_payment_required"}:
        fate = "paid"
    elif session.get("status") == "expired":
        fate = "expired"
    metadata = _object(session.get("metadata"))
    named = session.get("client_reference_id") or metadata.get("payment_id")
    return Notice(
        fate,
        payment_id=parse_id("payment", _text(named) or ""),
        session_id=_text(session.get("id")),
        intent_id=_text(session.get("payment_intent")),
        amount=_amount(session.get("amount_total")),
        currency=_text(session.get("currency")),
    )


def _of_charge(charge: Mapping[str, Any]) -> Notice:
    """A charge of which something was given back; `amount_refunded` is all that ever was."""
    named = _text(_object(charge.get("metadata")).get("payment_id"))
    return Notice(
        "refunded",
        payment_id=parse_id("payment", named or ""),
        intent_id=_text(charge.get("payment_intent")),
        amount=_amount(charge.get("amount_refunded")),
        currency=_text(charge.get("currency")),
    )


def _of_new_dispute(dispute: Mapping[str, Any]) -> Notice:
    """A dispute that begins: one that only warns (`warning_…`) has taken nothing, nor has one that
    was prevented or won.
    """
    is_about_money = dispute.get("status") in _WITHDREW
    return _of_dispute(dispute) if is_about_money else Notice("other")


def _of_reinstated(dispute: Mapping[str, Any]) -> Notice:
    """A dispute whose money has come again: what becomes of the credits, an operator says."""
    return replace(_of_dispute(dispute), fate="reinstated")


def _of_dispute(dispute: Mapping[str, Any]) -> Notice:
    """A dispute: the payer's bank has taken the money back; it names the intent alone."""
    return Notice(
        "disputed",
        intent_id=_text(dispute.get("payment_intent")),
        amount=_amount(dispute.get("amount")),
        currency=_text(dispute.get("currency")),
        words=_text(dispute.get("reason")),
    )


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Notice]]] = {
    "checkout.session.completed": of_session,
    "checkout.session.async_payment_succeeded": of_session,
    "charge.refunded": _of_charge,
    "charge.dispute.created": _of_new_dispute,
    "charge.dispute.funds_withdrawn": _of_dispute,
    "charge.dispute.funds_reinstated": _of_reinstated,
}


def _text(value: object) -> str | None:
    """A text that a database takes; an object that was expanded in place of its id is its id."""
    if isinstance(value, dict):
        value = value.get("id")
    is_one = isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()
    return str(value) if is_one else None


def _amount(value: object) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return int(value) if is_one else None  # type: ignore[call-overload]  # is_one says so


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
