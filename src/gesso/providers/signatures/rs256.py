"""RS256: a signed token (RFC 7519) beside the push, by a key of a JWKS document."""

from collections.abc import Iterable, Mapping
from typing import Any

from gesso.providers.signatures.age import TOLERANCE
from gesso.providers.signatures.jwks import Key


def claims_of(token: str, keys: Iterable[Key], received_at: float) -> Mapping[str, Any] | None:
    """What the token claims, where one of these keys signed it and now is within its time; else
    None. Whatever algorithm the token itself names, none but RS256 counts.
    """
    # late: only reports that are signed so need it, and it is slow to import
    import jwt
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        named = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        return None
    for key in keys:
        fits = named is None or key.id is None or named == key.id
        if not fits or not isinstance(key.public, RSAPublicKey):
            continue
        try:
            # Its times are compared with when it came, not with when it is looked at.
            claims = jwt.decode(token, key.public, ["RS256"], options=_SIGNATURE_ALONE)
        except jwt.PyJWTError:
            continue
        return claims if _is_timely(claims, received_at) else None
    return None


_SIGNATURE_ALONE: Any = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False,
    "verify_aud": False, "verify_iss": False,
}  # fmt: skip


def _is_timely(claims: Mapping[str, Any], received_at: float) -> bool:
    """`exp` or `iat` must be there, or a token that leaked once would be good for ever."""
    begins, ends = claims.get("nbf", claims.get("iat")), claims.get("exp")
    if begins is None and ends is None:
        return False
    try:
        if begins is not None and float(begins) > received_at + TOLERANCE:
            return False
        if ends is None:
            return received_at - float(begins) <= TOLERANCE
        return received_at <= float(ends) + TOLERANCE
    except (TypeError, ValueError):
        return False
