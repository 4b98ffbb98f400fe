"""Payments: packages of credits, and money for them by gateways that report with a signature.

A payment is written down before a gateway hears of it. What a gateway tells is stored before
anything follows from it, compared with the payment, and credited once by the ledger's own rule.
"""

from gesso.domain.payments.desk import Desk, Round
from gesso.domain.payments.gateway import Gateway, Notice, Opened, Order, Told
from gesso.domain.payments.offline import OFFLINE, Offline
from gesso.domain.payments.packages import Figures, Offer
from gesso.domain.payments.redaction import forget_words, has_words
from gesso.domain.payments.service import Wish, page
from gesso.domain.payments.stripe import STRIPE, Account, Stripe
from gesso.domain.payments.tables import Package, PackageVersion, Payment, PaymentEvent
from gesso.domain.payments.wire import payment_out

__all__ = [
    "OFFLINE",
    "STRIPE",
    "Account",
    "Desk",
    "Figures",
    "Gateway",
    "Notice",
    "Offer",
    "Offline",
    "Opened",
    "Order",
    "Package",
    "PackageVersion",
    "Payment",
    "PaymentEvent",
    "Round",
    "Stripe",
    "Told",
    "Wish",
    "forget_words",
    "has_words",
    "page",
    "payment_out",
]
