"""Stripe's signature under its reports.

`Stripe-Signature: t=<Unix time>,v1=<hex>[,v1=<hex>…]`: HMAC-SHA256 with the endpoint's secret, as
it stands (`whsec_…` included), over `<t>.<raw body>`. While a secret is being rolled there is a
signature for each of both. Older than five minutes is stale, as in Stripe's own libraries. Source:
docs.stripe.com/webhooks, "Verify webhook signatures manually", and stripe-python's `_webhook.py`.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=300)
_MOST: Final = 2048
"""Letters of a header that are read; Stripe's have about 150."""


def is_signed(header: str, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the signatures was made with one of the secrets, within the last minutes."""
    pairs = [part.partition("=") for part in header[:_MOST].split(",")]
    times = [value.strip() for name, _, value in pairs if name.strip() == "t"]
    given = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    if len(times) != 1 or not _is_timely(times[0], now):
        return False
    message = times[0].encode() + b"." + body
    wanted = [hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() for secret in secrets]
    # Every pair is compared, so that time does not tell which of the secrets is in force.
    matches = [
        hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
        for one in wanted
        for other in given
    ]
    return any(matches)


def _is_timely(told: str, now: datetime) -> bool:
    """Only plain digits: `int` would also take signs, spaces, and digits of other scripts."""
    if not (told.isascii() and told.isdigit() and len(told) <= 12):
        return False
    return abs(now.timestamp() - int(told)) <= TOLERANCE.total_seconds()
