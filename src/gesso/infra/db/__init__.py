"""The database kernel: reading and writing units of work, and the one commit point.

A function that reads takes a `View`; one that writes takes a `Tx`. Only `Database` opens and ends
them, so nothing else can commit, and the type checker says which functions write.
"""

from gesso.infra.db.rows import Over, insert_rows, rowset, upsert
from gesso.infra.db.schema import Main, UtcTime, partial_index
from gesso.infra.db.session import (
    Database,
    DatabaseAway,
    Tx,
    View,
    at_commit,
    before_commit,
    in_transaction,
    moment,
)

__all__ = [
    "Database",
    "DatabaseAway",
    "Main",
    "Over",
    "Tx",
    "UtcTime",
    "View",
    "at_commit",
    "before_commit",
    "in_transaction",
    "insert_rows",
    "moment",
    "partial_index",
    "rowset",
    "upsert",
]
