"""The outbound HTTP client: pooled, bounded, and silent while a transaction is open."""

from gesso.infra.http.client import Http
from gesso.infra.http.exchange import (
    AnswerTooLong,
    HttpError,
    InTransaction,
    MaySend,
    NoAnswer,
    NotSent,
    Reply,
)

__all__ = [
    "AnswerTooLong",
    "Http",
    "HttpError",
    "InTransaction",
    "MaySend",
    "NoAnswer",
    "NotSent",
    "Reply",
]
