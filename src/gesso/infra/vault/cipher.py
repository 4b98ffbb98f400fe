"""The cipher: AES-256 in Galois/Counter Mode (NIST SP 800-38D), bound to where a text belongs."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE: Final = 12
_TAG: Final = 16


class Tampered(Exception):
    """What was sealed is not what stands there: altered, cut off, or from another row."""


def encrypt(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Nonce, ciphertext and tag. A key of ours encrypts few texts, so nonces that are drawn at
    random do not come twice (SP 800-38D, 8.3).
    """
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plain text; Tampered unless it is what was encrypted under this key in this context."""
    if len(sealed) < _NONCE + _TAG:
        raise Tampered("it was cut off")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
    except InvalidTag as error:
        raise Tampered("it does not open: altered, or from another place") from error
