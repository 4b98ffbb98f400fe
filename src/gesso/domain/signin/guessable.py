"""Passwords that everybody tries first: refused here, without asking anybody else.

The list is the hundred thousand most used passwords of eight letters and more, in lower case: the
first 100,000 of the "10 million passwords" of SecLists, Django's list and zxcvbn's, filled up from
the first million of the former. All are free to pass on (MIT, BSD-3-Clause, MIT); they are named in
`data/LICENSES.txt`.
"""

import gzip
from functools import cache
from importlib.resources import files
from typing import Final

_SHORTEST_NAME: Final = 4


def is_common(password: str) -> bool:
    """Whether it is one of those, in whatever case it is written."""
    plain = password.casefold()
    return "\n" not in plain and f"\n{plain}\n".encode() in _list()


def is_about(password: str, *names: str) -> bool:
    """Whether it is one of these names, or little more than one: whoever knows the address tries
    that.
    """
    plain = password.casefold()
    return any(
        len(name) >= _SHORTEST_NAME and name in plain and len(plain) - len(name) <= _SHORTEST_NAME
        for name in (each.casefold() for each in names)
    )


def is_monotone(password: str) -> bool:
    """Whether it is made of three letters or fewer, however often."""
    return len(set(password.casefold())) <= 3


@cache
def _list() -> bytes:
    """A line each, between line ends: one search through a megabyte takes less than a millisecond,
    and a set of them would fill fifteen.
    """
    packed = files("gesso.domain.signin").joinpath("data/common.txt.gz").read_bytes()
    return gzip.decompress(packed)
