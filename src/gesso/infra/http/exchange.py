"""An exchange with the outside: what comes back, and the ways in which nothing does.

HttpError
├── NotSent             no byte of the request has left
│   ├── Unreachable     nobody could be connected to
│   └── NotAllowed      the address is none that may be reached
├── NoAnswer            it may have arrived; what became of it is not known
│   └── TimedOut        the answer did not come, or did not end, in its time
├── AnswerTooLong       the answer is longer than was allowed
└── NotThere            the answer to a download was not the file
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class HttpError(Exception):
    """An exchange that did not come to an answer."""


class NotSent(HttpError):
    """No byte of the request has left."""


class Unreachable(NotSent):
    """The peer could not be connected to."""


class NotAllowed(NotSent):
    """The address is none that may be reached at the word of somebody outside."""


class NoAnswer(HttpError):
    """The request may have arrived; what became of it is not known."""


class TimedOut(NoAnswer):
    """The answer did not come in its time, or did not end in it."""


class AnswerTooLong(HttpError):
    """The answer is longer than was allowed."""


class NotThere(HttpError):
    """A download's answer was not the file; `status` is what it was."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class InTransaction(RuntimeError):
    """Somebody tried to use the network while holding a database transaction:
    a fault in our code.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


MaySend = Callable[[], bool]
"""Asked once a connection is at hand, just before the first byte leaves; False ends in NotSent."""
