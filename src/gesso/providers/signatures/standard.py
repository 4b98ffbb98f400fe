"""Standard Webhooks, symmetric: HMAC-SHA256 over `{id}.{timestamp}.{body}`.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. Accepts and
refuses what the project's own library does, to the letter: the tests compare the two.
"""

import base64
import binascii
import hashlib
import hmac
import math

from gesso.providers.push import Forged, Push, Signed
from gesso.providers.signatures.age import TOLERANCE

_PREFIX = "whsec_"


def standard_webhook(push: Push, *secrets: str) -> Signed | Forged:
    """Whether one of these secrets (`whsec_` and base 64) signed it, lately; while secrets are
    changed there are two. ValueError for a secret that is none.
    """
    keys = [_key(secret) for secret in secrets]
    name = push.headers.get("webhook-id")
    timestamp = push.headers.get("webhook-timestamp")
    given = push.headers.get("webhook-signature")
    if not (name and timestamp and given):
        return Forged("a header is missing")
    try:
        push.body.decode()
        signed_at = float(timestamp)
    except ValueError:
        return Forged("no text, or no time")
    # Not the other way round: NaN is near nothing.
    if not abs(push.received_at - signed_at) <= TOLERANCE:
        return Forged("too old, or too new")
    message = f"{name}.{math.floor(signed_at)}.".encode() + push.body
    expected = [hmac.digest(key, message, hashlib.sha256) for key in keys]
    for entry in given.split(" "):
        version, comma, signature = entry.partition(",")
        if not comma or "," in signature:
            return Forged("the header makes no sense")
        if version != "v1":
            continue
        try:
            candidate = base64.b64decode(signature)
        except ValueError:
            return Forged("a signature is no base 64")
        if any(hmac.compare_digest(each, candidate) for each in expected):
            return Signed(name)
    return Forged("no signature fits")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX) + "==")
    except binascii.Error as error:
        raise ValueError("the secret is no base 64") from error
    if not key:
        # Whoever verifies with an empty key believes everybody.
        raise ValueError("the secret is empty")
    return key
