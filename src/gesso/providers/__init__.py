"""What the outside world speaks: a file a provider, written as flows without any I/O of their own.

A flow is a generator. It yields what it wants done (`Call` an HTTP address, `Render` in a worker
process), receives the answer, and returns a verdict. So a provider's whole manner can be read, and
tested, without a network.
"""

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
    Offers,
    Piece,
    Provider,
    Refused,
    Render,
    Source,
    Submission,
    Ticket,
    Unsure,
    Verdict,
    Working,
)

__all__ = [
    "Absent",
    "Accepted",
    "Answer",
    "Call",
    "Cancelled",
    "Delivered",
    "Failed",
    "Flow",
    "NotCancelled",
    "Offers",
    "Piece",
    "Provider",
    "Refused",
    "Render",
    "Source",
    "Submission",
    "Ticket",
    "Unsure",
    "Verdict",
    "Working",
]
