"""Masks: enough of a secret to recognise it, too little to use it."""

import hashlib


def mask(secret: str) -> str:
    """The secret's head and last four characters, e.g. `sk-…1234`."""
    head = secret[:3] if len(secret) >= 16 else ""
    return f"{head}…{secret[-4:] if len(secret) >= 12 else ''}"


def fingerprint(secret: str) -> str:
    """A short hash by which two sightings of one secret can be matched."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
