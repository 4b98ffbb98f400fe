"""An exchange with the outside: what comes back, and the ways in which nothing does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class HttpError(Exception):
    """An exchange that did not come to an answer."""


class NotSent(HttpError):
    """The peer was never reached: no byte of the request has left."""


class NoAnswer(HttpError):
    """The request may have arrived; what became of it is not known."""


class AnswerTooLong(HttpError):
    """The answer is longer than was allowed."""


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
