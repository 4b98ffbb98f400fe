"""Signatures for links and callbacks that outsiders carry and must not be able to alter."""

import base64
import hashlib
import hmac

_SHORTEST_SECRET = 32


class Signer:
    """Signs texts together with their expiry; without the secret nobody can make or alter one."""

    def __init__(self, secret: bytes) -> None:
        """A secret under 32 bytes is refused with ValueError."""
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"a signing secret has at least {_SHORTEST_SECRET} bytes")
        self._secret = bytes(secret)

    def sign(self, *parts: str, expires_at: int) -> str:
        """HMAC-SHA256 (RFC 2104) in base64url without padding; `expires_at` is in Unix seconds."""
        digest = hmac.digest(self._secret, _encode(parts, expires_at), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def verify(self, signature: str, *parts: str, expires_at: int, now: float) -> bool:
        """False for a forged, altered or expired signature; the instant of expiry is too late."""
        expected = self.sign(*parts, expires_at=expires_at).encode("ascii")
        given = signature.encode("utf-8", "surrogatepass")
        genuine = hmac.compare_digest(expected, given)
        return genuine and now < expires_at


def _encode(parts: tuple[str, ...], expires_at: int) -> bytes:
    """Every part behind its length, so that ("ab", "c") and ("a", "bc") never look alike."""
    fields = [str(expires_at), *parts]
    encoded = [field.encode("utf-8", "surrogatepass") for field in fields]
    return b"".join(len(field).to_bytes(8, "big") + field for field in encoded)
