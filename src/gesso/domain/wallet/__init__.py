"""Wallet: credits granted, frozen, charged and given back, proven by a double-entry ledger."""

from gesso.domain.wallet.balance import Balance, lock_owners
from gesso.domain.wallet.service import (
    Freeze,
    Settled,
    Settlement,
    book_loss,
    freeze,
    grant,
    of_owner,
    open_wallet,
    settle,
    statement,
)
from gesso.domain.wallet.tables import Hold, LedgerEntry, LedgerTxn, Wallet

__all__ = [
    "Balance",
    "Freeze",
    "Hold",
    "LedgerEntry",
    "LedgerTxn",
    "Settled",
    "Settlement",
    "Wallet",
    "book_loss",
    "freeze",
    "grant",
    "lock_owners",
    "of_owner",
    "open_wallet",
    "settle",
    "statement",
]
