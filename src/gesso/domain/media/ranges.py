"""Byte ranges of a request (RFC 9110, section 14): one range, which is all that players ask for."""

import re

_RANGE = re.compile(r"bytes=(?P<first>\d{0,15})-(?P<last>\d{0,15})")


class BadRange(ValueError):
    """No byte of the file lies in the range."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open range of bytes asked for; None means all, which also answers what is not
    understood.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        start, end = max(0, size - int(found["last"])), size
    else:
        start = int(found["first"])
        end = min(size, int(found["last"]) + 1) if found["last"] else size
        if found["last"] and int(found["last"]) < start:
            return None
    if start >= end:
        raise BadRange(header)
    return start, end
