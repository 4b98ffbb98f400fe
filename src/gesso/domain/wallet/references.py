"""References: what a movement is called, so that a repetition moves nothing."""

from uuid import UUID

from sqlalchemy import select

from gesso.domain.wallet.ledger import wallet_account
from gesso.domain.wallet.tables import LedgerEntry, LedgerTxn
from gesso.infra.db import View
from gesso.infra.errors import Invalid


async def check_same(
    view: View, reference: str, *, kind: str, wallet_id: UUID, amount: int
) -> None:
    """Invalid where the movement that has this reference is another than this one."""
    query = (
        select(LedgerTxn.kind, LedgerTxn.wallet_id, LedgerEntry.amount)
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .where(LedgerTxn.reference == reference, LedgerEntry.account == wallet_account(wallet_id))
    )
    known = (await view.execute(query)).one_or_none()
    if known is None or tuple(known) != (kind, wallet_id, amount):
        raise Invalid(
            "This idempotency key was used for another movement.", code="idempotency_key_reused"
        )


async def is_known(view: View, reference: str) -> bool:
    """Whether a movement has this reference."""
    known = select(LedgerTxn.id).where(LedgerTxn.reference == reference)
    return await view.scalar(known) is not None
