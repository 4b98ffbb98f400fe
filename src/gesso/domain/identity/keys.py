"""The text of an API key: scanners know it, typos break it, and our tables do not hold it.

    gsk_, 8 letters that name the key, _, 32 letters of secret, 6 letters of CRC-32 over the rest

The letters are base 62. 32 of them are 190 bits from the system's random source, so that a plain
SHA-256 of the text is enough at rest.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

_LETTERS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(r"(gsk_[0-9A-Za-z]{8})_[0-9A-Za-z]{38}", re.ASCII)
_NAME_LENGTH, _SECRET_LENGTH, _SUM_LENGTH = 8, 32, 6


def new_key_text() -> str:
    """A fresh key; nobody can make it a second time."""
    text = f"gsk_{_random(_NAME_LENGTH)}_{_random(_SECRET_LENGTH)}"
    return text + _checksum(text)


def prefix_of(text: str) -> str | None:
    """The public part that names the key; None for what was never a key of ours."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or _checksum(text[:-_SUM_LENGTH]) != text[-_SUM_LENGTH:]:
        return None
    return shape[1]


def digest_of(text: str) -> str:
    """What stays of a key: SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _checksum(text: str) -> str:
    number, letters = zlib.crc32(text.encode()), ""
    for _ in range(_SUM_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters
