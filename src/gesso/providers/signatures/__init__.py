"""Signatures under providers' pushes: one verifier for each way of signing that is in use.

All of them look at the bytes as they came, compare in constant time, and believe nothing that is
more than five minutes old or ahead.
"""

from gesso.providers.signatures.age import TOLERANCE, is_timely
from gesso.providers.signatures.ed25519 import is_ed25519
from gesso.providers.signatures.jwks import Key, keys_of
from gesso.providers.signatures.rs256 import claims_of
from gesso.providers.signatures.standard import standard_webhook

__all__ = [
    "TOLERANCE",
    "Key",
    "claims_of",
    "is_ed25519",
    "is_timely",
    "keys_of",
    "standard_webhook",
]
