"""Accounts: what there is of a person is handed to them, and erased when they want it."""

from gesso.domain.account.errors import ExportRunning, ProofNeeded
from gesso.domain.account.export import export
from gesso.domain.account.receipts import Receipts
from gesso.domain.account.service import ask_erasure, find_erasure
from gesso.domain.account.steps import STEPS, Ending
from gesso.domain.account.tables import Exporting, Preferences
from gesso.domain.account.treatment import WHAT_BECOMES
from gesso.domain.account.wire import ErasureOut, erasure_out
from gesso.domain.account.work import advance, work_off

__all__ = [
    "STEPS",
    "WHAT_BECOMES",
    "Ending",
    "ErasureOut",
    "ExportRunning",
    "Exporting",
    "Preferences",
    "ProofNeeded",
    "Receipts",
    "advance",
    "ask_erasure",
    "erasure_out",
    "export",
    "find_erasure",
    "work_off",
]
