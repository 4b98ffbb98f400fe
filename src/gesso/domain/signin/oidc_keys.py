"""Tokens that others have signed: which algorithms and keys are believed, and what a token says.

JSON Web Signature (RFC 7515) as RFC 8725 wants it read: the algorithm comes from a fixed list, the
key from where the issuer publishes it, and nothing in the token's header says otherwise.
"""

import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from jwt.exceptions import PyJWTError

from gesso.domain.signin.oidc_errors import TokenRefused

FAMILIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    **{f"{family}{bits}": ("RSA", ()) for family in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": ("EC", ("P-256",)),
    "ES384": ("EC", ("P-384",)),
    "ES512": ("EC", ("P-521",)),
    "EdDSA": ("OKP", ("Ed25519", "Ed448")),
}
"""Algorithm → type of key, and its curves."""
SHARED: Final = "HS256"
LEEWAY: Final = 60
"""Seconds by which the issuer's clock may differ from ours."""
_LONGEST: Final = 16_384
_SMALLEST_RSA: Final = 2048
_MOST_KEYS: Final = 100
_LATEST: Final = 1e11
"""Seconds; what is beyond is no date."""
Jwk = Mapping[str, Any]
_ODD_KEYS: Final = (
    PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError,
)  # fmt: skip
"""What the library raises over keys that are none; who publishes them may write anything."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a token says of its own signature."""

    algorithm: str
    key_id: str | None


class NoKey(TokenRefused):
    """None of the keys at hand is the one that is named; a newer set may have it."""


def head_of(token: str, allowed: Sequence[str]) -> Head:
    """The header of a token; TokenRefused for an algorithm that is not allowed, or an extension
    that would have to be understood.
    """
    if len(token) > _LONGEST or not token.isascii():
        raise TokenRefused("malformed")
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("malformed") from error
    if header.get("alg") not in allowed:
        raise TokenRefused("algorithm")
    if "crit" in header or "b64" in header:
        raise TokenRefused("critical")
    kind, key_id = header.get("typ"), header.get("kid")
    if kind is not None and str(kind).lower() != "jwt":
        raise TokenRefused("type")
    return Head(header["alg"], key_id if isinstance(key_id, str) else None)


def public_key(keys: Sequence[Jwk], head: Head) -> Any:
    """The key that has to have signed: of the algorithm's type, for signatures, and of this name; a
    token without a name is taken where one key alone could be meant. NoKey where there is none.
    """
    kind, curves = FAMILIES[head.algorithm]
    fit = [key for key in keys[:_MOST_KEYS] if _fits(key, head.algorithm, kind, curves)]
    if head.key_id is not None:
        fit = [key for key in fit if key.get("kid", head.key_id) == head.key_id]
    if len(fit) != 1:
        raise NoKey("key")
    try:
        made = jwt.PyJWK({**fit[0], "alg": head.algorithm}, algorithm=head.algorithm).key
    except _ODD_KEYS as error:
        raise TokenRefused("key") from error
    if kind == "RSA" and made.key_size < _SMALLEST_RSA:
        raise TokenRefused("key")
    return made


def opened(token: str, key: Any, algorithm: str) -> dict[str, Any]:
    """What the token says, if this key signed it by this algorithm; no more of it is checked."""
    try:
        signed = jwt.PyJWS().decode(token, key, algorithms=[algorithm])
        claims = json.loads(signed)
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("signature") from error
    if not isinstance(claims, dict):
        raise TokenRefused("malformed")
    return claims


def check_times(claims: Mapping[str, Any], now: datetime, *, oldest: float, longest: float) -> None:
    """TokenRefused unless it is good now, was made at most `oldest` seconds ago, and ends at most
    `longest` seconds from now. Both `exp` and `iat` have to be there.
    """
    at = now.timestamp()
    expires, made = _instant(claims, "exp"), _instant(claims, "iat")
    if not at < expires + LEEWAY:
        raise TokenRefused("expired")
    if expires > at + longest + LEEWAY:
        raise TokenRefused("lifetime")
    if not at - oldest - LEEWAY <= made <= at + LEEWAY:
        raise TokenRefused("issued_at")
    if "nbf" in claims and not _instant(claims, "nbf") <= at + LEEWAY:
        raise TokenRefused("not_before")


def subject_of(claims: Mapping[str, Any]) -> str:
    """Whom it is about: 1 to 255 letters (OpenID Connect Core 1.0, section 2)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
        raise TokenRefused("subject")
    return subject


def is_same(given: object, expected: str) -> bool:
    """Whether it is this very text, compared in constant time."""
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    )


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TokenRefused(name)
    if not math.isfinite(value) or abs(value) > _LATEST:
        raise TokenRefused(name)
    return float(value)


def _fits(key: Jwk, algorithm: str, kind: str, curves: Sequence[str]) -> bool:
    return (
        key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (not curves or key.get("crv") in curves)
        and "d" not in key
    )
