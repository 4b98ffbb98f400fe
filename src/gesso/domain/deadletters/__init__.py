"""Dead letters: work that took down whoever took it up, parked until an operator decides.

They stand in the database, so that a broker that is wiped forgets none of them, and so that there
are some without a broker, too.
"""

from gesso.domain.deadletters.service import (
    Keeper,
    Keepers,
    Letter,
    NoSuchLetter,
    discard,
    find,
    forget,
    page,
    park,
    requeue,
    settle,
    unsettled,
)
from gesso.domain.deadletters.tables import DeadLetter

__all__ = [
    "DeadLetter",
    "Keeper",
    "Keepers",
    "Letter",
    "NoSuchLetter",
    "discard",
    "find",
    "forget",
    "page",
    "park",
    "requeue",
    "settle",
    "unsettled",
]
