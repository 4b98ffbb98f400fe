"""Scrubbing: what comes back from outside must not carry a secret of ours into a row or a log.

A provider may echo a key in its error message: whole, in part, or in the dress in which it was sent
(a query string, a Basic header). Each is put out; what is not a secret stays readable.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[secret]"
SHORTEST: Final = 8
"""Letters below which a secret is not looked for: it would be found in every other word."""
_PART = 12
"""Letters in a row of one secret that no text has by chance."""


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """The text with every form of these secrets, and every longer part of one, put out."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            for form in _forms(secret):
                text = text.replace(form, HIDDEN)
            text = _without_parts(text, secret)
    return text


def deeply_scrubbed(value: Any, secrets: Iterable[str]) -> Any:
    """The same for every text in plain data, names included."""
    secrets = tuple(secrets)
    if isinstance(value, str):
        return scrubbed(value, secrets)
    if isinstance(value, Mapping):
        return {
            scrubbed(str(name), secrets): deeply_scrubbed(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [deeply_scrubbed(inner, secrets) for inner in value]
    return value


@lru_cache(maxsize=256)
def _forms(secret: str) -> tuple[str, ...]:
    """How a secret may look in a text, the longest first."""
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    texts |= {raw.hex(), raw.hex().upper()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        texts |= {_core(encode(b"\0" * lead + raw).decode(), lead) for lead in range(3)}
    return tuple(sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True))


def _core(encoded: str, lead: int) -> str:
    """What stands in base 64 wherever the secret stands, behind `lead` bytes of something else: the
    letters at its edges, which its neighbours have a share in, are left out.
    """
    end = encoded.find("=")
    return encoded[-(-lead * 4 // 3) : len(encoded) if end < 0 else end - 1]


def _without_parts(text: str, secret: str) -> str:
    """The text without any twelve letters in a row of the secret."""
    start = 0
    while start + _PART <= len(secret):
        end = start + _PART
        if secret[start:end] not in text:
            start += 1
            continue
        while end < len(secret) and secret[start : end + 1] in text:
            end += 1
        text = text.replace(secret[start:end], HIDDEN)
    return text
