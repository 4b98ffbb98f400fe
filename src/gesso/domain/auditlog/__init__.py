"""The audit log: who changed what of the house's or of an organisation's, and from where."""

from gesso.domain.auditlog.actor import Actor, actor, by_hand
from gesso.domain.auditlog.redaction import forget_words, has_words
from gesso.domain.auditlog.service import Filters, note, page
from gesso.domain.auditlog.tables import Line
from gesso.domain.auditlog.wire import csv_head, csv_lines

__all__ = [
    "Actor",
    "Filters",
    "Line",
    "actor",
    "by_hand",
    "csv_head",
    "csv_lines",
    "forget_words",
    "has_words",
    "note",
    "page",
]
