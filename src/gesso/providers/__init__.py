"""What the outside world speaks: a file a provider, written as flows without any I/O of their own.

A flow is a generator. It yields what it wants done (`Call` an HTTP address, `Render` in a worker
process, `Read` a file), receives the answer, and returns a verdict. So a provider's whole manner
can be read, and tested, without a network.
"""

from gesso.infra.http import File
from gesso.providers.access import Access, Credential
from gesso.providers.flow import (
    Absent,
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Piece,
    Read,
    Refused,
    Render,
    Source,
    Submission,
    Ticket,
    Unsure,
    Verdict,
    Working,
)
from gesso.providers.provider import Offers, Provider
from gesso.providers.push import Challenge, Forged, Hint, News, Push, Signed

__all__ = [
    "Absent",
    "Accepted",
    "Access",
    "Answer",
    "Call",
    "Cancelled",
    "Challenge",
    "Credential",
    "Delivered",
    "Failed",
    "File",
    "Flow",
    "Forged",
    "Hint",
    "News",
    "NotCancelled",
    "Offers",
    "Piece",
    "Provider",
    "Push",
    "Read",
    "Refused",
    "Render",
    "Signed",
    "Source",
    "Submission",
    "Ticket",
    "Unsure",
    "Verdict",
    "Working",
]
