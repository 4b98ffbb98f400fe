"""Access tokens as text: compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), nothing else.

Whoever reads a token knows the few headers that our keys write, letter by letter, and looks the
first part up among them. So no word of a stranger's header is ever read: no `alg`, no `jwk`, `jku`
or `x5u`, and no `kid` that leads anywhere (RFC 8725, section 3).
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Unreadable(Exception):
    """The text is no token of this key's."""


def header_of(kid: str) -> str:
    """The first part of every token that the key of this name signs (RFC 9068, section 2.1)."""
    return _text(_json({"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}))


def sign(header: str, claims: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """The token that says `claims`."""
    signed = f"{header}.{_text(_json(claims))}"
    return f"{signed}.{_text(key.sign(signed.encode()))}"


def read(token: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """What the token says; Unreadable unless this key signed exactly that, each claim once."""
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(_bytes(signature), signed.encode())
        claims = json.loads(_bytes(signed.rpartition(".")[2]), object_pairs_hook=_once)
    except (InvalidSignature, ValueError, RecursionError) as error:
        raise Unreadable("not signed by this key") from error
    if not isinstance(claims, dict):
        raise Unreadable("no claims")
    return claims


def jwk_of(kid: str, public: bytes) -> dict[str, str]:
    """A public key as others read it (RFC 8037, section 2)."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": kid,
        "x": _text(public),
    }


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a claim stands there twice")
    return found


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """The bytes behind the one text that stands for them; ValueError for every other."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
    if _text(content) != text:
        raise ValueError("not the text that stands for these bytes")
    return content
