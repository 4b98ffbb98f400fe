"""JSON Web Tokens (RFC 7519) signed with a shared secret: HS256 of RFC 7518, section 3.2."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

_HEADER = {"alg": "HS256", "typ": "JWT"}


def sign_hs256(claims: Mapping[str, Any], secret: str) -> str:
    """A token that says `claims`, in the order in which they are given."""
    signed = f"{_part(_HEADER)}.{_part(claims)}"
    return f"{signed}.{_text(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def _part(content: Mapping[str, Any]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
