"""Seeds: every piece has one of its own, so that it can be made again exactly."""

import secrets

_LARGEST = 2**31 - 1


def seed_of(wished: int | None, index: int = 0) -> int:
    """The seed of piece `index`: counted up from the wished one, or a random one."""
    if wished is None:
        return secrets.randbelow(_LARGEST)
    return (wished + index) % (_LARGEST + 1)
