"""Wallet: credits granted, frozen, charged and given back, proven by a double-entry ledger."""

from gesso.domain.wallet.acting import ActingDep
from gesso.domain.wallet.balance import (
    Balance,
    lock,
    lock_owners,
)
from gesso.domain.wallet.carrying import (
    carry,
)
from gesso.domain.wallet.codes import (
    NewBatch,
    forget_guesses,
    make_batch,
)
from gesso.domain.wallet.errors import (
    KeyRequired,
    NoSharedWallet,
    NothingToRefund,
    SpendLimitReached,
)
from gesso.domain.wallet.holds import Frozen, frozen
from gesso.domain.wallet.limits import Freeze
from gesso.domain.wallet.lots import (
    expire,
)
from gesso.domain.wallet.redaction import (
    forget_words,
    has_words,
)
from gesso.domain.wallet.refunding import (
    Refund,
    Refunded,
    reverse,
)
from gesso.domain.wallet.revoking import (
    TakenBack,
    take_back,
)
from gesso.domain.wallet.service import (
    Settled,
    Settlement,
    adjust,
    book_loss,
    freeze,
    grant,
    of_owner,
    open_wallet,
    settle,
    statement,
)
from gesso.domain.wallet.sharing import (
    Payer,
    payer_of_task,
    payers,
    paying,
)
from gesso.domain.wallet.tables import (
    Hold,
    LedgerEntry,
    LedgerTxn,
    Wallet,
)

__all__ = [
    "ActingDep",
    "Balance",
    "Freeze",
    "Frozen",
    "Hold",
    "KeyRequired",
    "LedgerEntry",
    "LedgerTxn",
    "NewBatch",
    "NoSharedWallet",
    "NothingToRefund",
    "Payer",
    "Refund",
    "Refunded",
    "Settled",
    "Settlement",
    "SpendLimitReached",
    "TakenBack",
    "Wallet",
    "adjust",
    "book_loss",
    "carry",
    "expire",
    "forget_guesses",
    "forget_words",
    "freeze",
    "frozen",
    "grant",
    "has_words",
    "lock",
    "lock_owners",
    "make_batch",
    "of_owner",
    "open_wallet",
    "payer_of_task",
    "payers",
    "paying",
    "reverse",
    "settle",
    "statement",
    "take_back",
]
