"""Reconciliation: the ledger against the attempts against what providers bill, by day.

Charged, provider's cost and loss always stand side by side. The rows are derived, and can be thrown
away and counted anew; what a provider's bill says is kept as it was imported.
"""

from gesso.domain.reconciliation.bill import Columns, Line, read_bill
from gesso.domain.reconciliation.counting import Unexplained, count_day, unexplained
from gesso.domain.reconciliation.errors import BadBill, BadSpan, NoSuchDay
from gesso.domain.reconciliation.service import import_bill, of_day, reconcile, report
from gesso.domain.reconciliation.tables import BillLine, ReconciledDay
from gesso.domain.reconciliation.wire import ReconciledDayOut

__all__ = [
    "BadBill",
    "BadSpan",
    "BillLine",
    "Columns",
    "Line",
    "NoSuchDay",
    "ReconciledDay",
    "ReconciledDayOut",
    "Unexplained",
    "count_day",
    "import_bill",
    "of_day",
    "read_bill",
    "reconcile",
    "report",
    "unexplained",
]
