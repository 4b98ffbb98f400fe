"""Identifiers: UUIDv7 inside (they sort by time), `kind_base32` at the API.

UUIDv7 is RFC 9562 section 5.7; the text form is Crockford's base 32, lower case, 26 characters.
"""

import os
import threading
import time
from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26
_lock = threading.Lock()
_last = 0
_drawn = b""
"""Randomness drawn ahead: asking the kernel for every id costs more than making it."""


def new_id() -> UUID:
    """A fresh UUIDv7; within one process each is greater than the one before."""
    global _last, _drawn  # noqa: PLW0603
    with _lock:
        if len(_drawn) < 8:
            _drawn = os.urandom(1024)
        drawn, _drawn = _drawn[-8:], _drawn[:-8]
        # 48 bits of milliseconds and 12 bits below them make one rising number (RFC 9562, method
        # 3).
        ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = ticks
    tail = int.from_bytes(drawn) & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(
        int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | tail,
    )


def _forget_drawn() -> None:
    """A forked child must not hand out its parent's ids."""
    global _drawn  # noqa: PLW0603
    _drawn = b""


os.register_at_fork(after_in_child=_forget_drawn)


def public_id(kind: str, value: UUID) -> str:
    """The identifier as the API shows it, e.g. `task_01jd3v…`."""
    number = value.int
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{kind}_{''.join(letters)}"


def parse_id(kind: str, text: str) -> UUID | None:
    """The identifier behind `text`; None when it is not one of this kind."""
    prefix, _, letters = text.rpartition("_")
    if prefix != kind or len(letters) != _LENGTH:
        return None
    number = 0
    for letter in letters:
        value = _VALUE.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return UUID(int=number) if number < 1 << 128 else None
