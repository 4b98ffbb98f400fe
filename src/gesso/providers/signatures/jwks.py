"""JWKS: the public keys that a provider publishes (RFC 7517, RFC 8037)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """One of them."""

    id: str | None
    public: Any
    """As `cryptography` knows it; its class says which kind of key it is."""


def keys_of(published: Any) -> list[Key]:
    """The keys of a JWKS document that can be used; what is no key of a known kind is passed over.
    ValueError for a document that is none.
    """
    # late: only reports that are signed so need it, and it is slow to import
    from jwt import PyJWK, PyJWTError

    listed = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is no list of keys")
    found = []
    for each in listed:
        try:
            key = PyJWK.from_dict(each)
        except (PyJWTError, ValueError, TypeError, AttributeError):
            continue
        found.append(Key(key.key_id, key.key))
    return found
