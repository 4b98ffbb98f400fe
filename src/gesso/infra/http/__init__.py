"""The outbound HTTP client: pooled, bounded, guarded, and silent while a transaction is open."""

from gesso.infra.http.body import Body, File, Form
from gesso.infra.http.client import Http, Resolve
from gesso.infra.http.exchange import (
    AnswerTooLong,
    HttpError,
    InTransaction,
    MaySend,
    NoAnswer,
    NotAllowed,
    NotSent,
    NotThere,
    Reply,
    TimedOut,
    Unreachable,
)
from gesso.infra.http.guard import Guard

__all__ = [
    "AnswerTooLong",
    "Body",
    "File",
    "Form",
    "Guard",
    "Http",
    "HttpError",
    "InTransaction",
    "MaySend",
    "NoAnswer",
    "NotAllowed",
    "NotSent",
    "NotThere",
    "Reply",
    "Resolve",
    "TimedOut",
    "Unreachable",
]
