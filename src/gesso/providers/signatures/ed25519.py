"""Ed25519 (RFC 8032) over a message that the provider defines."""

from collections.abc import Iterable

from gesso.providers.signatures.jwks import Key


def is_ed25519(message: bytes, signature: bytes, keys: Iterable[Key]) -> bool:
    """Whether one of these keys signed the message; keys of other kinds sign nothing here."""
    # late: only reports that are signed so need it, and it is slow to import
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        if not isinstance(key.public, Ed25519PublicKey):
            continue
        try:
            key.public.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
