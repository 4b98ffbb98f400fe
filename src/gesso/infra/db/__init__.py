"""The database kernel: reading and writing units of work, and the one commit point.

A function that reads takes a `View`; one that writes takes a `Tx`. Only `Database` opens and ends
them, so nothing else can commit, and the type checker says which functions write.
"""

from gesso.infra.db.rows import Over, insert_rows, rowset, upsert
from gesso.infra.db.schema import (
    QUARTER,
    Analytics,
    Elapsed,
    Main,
    QuarterOf,
    UtcTime,
    partial_index,
)
from gesso.infra.db.session import (
    Database,
    DatabaseAway,
    Tx,
    View,
    at_commit,
    before_commit,
    in_transaction,
    is_marked,
    moment,
)
from gesso.infra.db.tenancy import AcrossTenants, belongs, beyond_tenant
from gesso.infra.db.turns import sole, turn

__all__ = [
    "QUARTER",
    "AcrossTenants",
    "Analytics",
    "Database",
    "DatabaseAway",
    "Elapsed",
    "Main",
    "Over",
    "QuarterOf",
    "Tx",
    "UtcTime",
    "View",
    "at_commit",
    "before_commit",
    "belongs",
    "beyond_tenant",
    "in_transaction",
    "insert_rows",
    "is_marked",
    "moment",
    "partial_index",
    "rowset",
    "sole",
    "turn",
    "upsert",
]
