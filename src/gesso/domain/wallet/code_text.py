"""The text of a redeem code: people can read it out, typos break it, and our tables do not hold it.

    GSC, then six groups of 4 letters; the last group is a checksum of the others

The letters are Crockford's base 32, which reads O as 0 and I and L as 1. Twenty of them are secret:
100 bits from the system's random source, so that a plain SHA-256 of the text is enough at rest. The
checksum is the first 20 bits of the SHA-256 of the secret.
"""

import hashlib
import re
import secrets
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SECRET, _GROUP, _MOST = 20, 4, 64
_MISREAD = str.maketrans("OIL", "011")
_SHAPE = re.compile(rf"GSC([{_LETTERS}]{{{_SECRET}}})([{_LETTERS}]{{{_GROUP}}})", re.ASCII)


def new_code() -> str:
    """A fresh code; nobody can make it a second time."""
    secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET))
    letters = secret + _checksum(secret)
    groups = [letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP)]
    return "-".join(["GSC", *groups])


def digest_of(text: str) -> str | None:
    """What stays of a code: SHA-256 in hexadecimal of its letters; None for what was never a code
    of ours. Case, dashes and spaces do not matter.
    """
    if len(text) > _MOST:
        return None
    plain = re.sub(r"[\s-]", "", text).upper()
    shape = _SHAPE.fullmatch(plain[:3] + plain[3:].translate(_MISREAD))
    if shape is None or _checksum(shape[1]) != shape[2]:
        return None
    return hashlib.sha256(shape[1].encode()).hexdigest()


def _checksum(secret: str) -> str:
    number = (
        int.from_bytes(hashlib.sha256(b"gesso redeem code:" + secret.encode()).digest()[:3]) >> 4
    )
    return "".join(_LETTERS[(number >> shift) & 31] for shift in (15, 10, 5, 0))
