"""The inbox: what providers have reported, kept before anything follows from it.

A report is stored once, and only then answered for. Whoever is free applies it, so one whose
receiver died is not lost; what it means is known to the room whose work it is about.
"""

from gesso.domain.inbox.claim import (
    INBOX,
    Taken,
    begin,
    claim,
    close,
    is_anything_due,
    put_off,
    release,
    release_leases,
    renew,
    take_from_the_dead,
)
from gesso.domain.inbox.service import New, find, forget, forget_about, page, store
from gesso.domain.inbox.tables import STATUSES, TRUSTS, Arrival

__all__ = [
    "INBOX",
    "STATUSES",
    "TRUSTS",
    "Arrival",
    "New",
    "Taken",
    "begin",
    "claim",
    "close",
    "find",
    "forget",
    "forget_about",
    "is_anything_due",
    "page",
    "put_off",
    "release",
    "release_leases",
    "renew",
    "store",
    "take_from_the_dead",
]
