"""Redaction: the words beside the figures go when their owner does; the ledger itself stays."""

from uuid import UUID

from sqlalchemy import Select, delete, select, update

from gesso.domain.wallet.code_tables import CodeGuess, Redemption
from gesso.domain.wallet.limit_tables import WalletMember
from gesso.domain.wallet.tables import LedgerTxn, Wallet
from gesso.infra.db import Tx, View, moment


async def forget_words(tx: Tx, owner_id: UUID) -> int:
    """Take the memos out of the owner's movements; how many there were. The database refuses it for
    anybody who is not being erased. With them go the keys under which they redeemed codes, what was
    counted of their guesses, and their place at the tenant's shared wallet.
    """
    await _forget_redeeming(tx, owner_id)
    await _leave_shared(tx, owner_id)
    write = (
        update(LedgerTxn)
        .where(LedgerTxn.wallet_id.in_(_wallets(owner_id)), LedgerTxn.memo.is_not(None))
        .values(memo=None)
        .returning(LedgerTxn.id)
        .execution_options(synchronize_session=False)
    )
    return len((await tx.scalars(write)).all())


async def has_words(view: View, owner_id: UUID) -> bool:
    """Whether a memo stands beside any of the owner's movements."""
    for query in (
        select(LedgerTxn.id).where(
            LedgerTxn.wallet_id.in_(_wallets(owner_id)), LedgerTxn.memo.is_not(None)
        ),
        select(Redemption.code_id).where(
            Redemption.user_id == owner_id, Redemption.key.is_not(None)
        ),
    ):
        if await view.scalar(query.limit(1)) is not None:
            return True
    return False


async def _forget_redeeming(tx: Tx, owner_id: UUID) -> None:
    for write in (
        update(Redemption)
        .where(Redemption.user_id == owner_id, Redemption.key.is_not(None))
        .values(key=None),
        delete(CodeGuess).where(CodeGuess.subject == f"user:{owner_id}"),
    ):
        await tx.execute(write.execution_options(synchronize_session=False))


async def _leave_shared(tx: Tx, owner_id: UUID) -> None:
    for write in (
        update(WalletMember)
        .where(WalletMember.user_id == owner_id, WalletMember.removed_at.is_(None))
        .values(removed_at=moment(tx)),
        update(Wallet)
        .where(Wallet.owner_id == owner_id, Wallet.pays_from.is_not(None))
        .values(pays_from=None),
    ):
        await tx.execute(write.execution_options(synchronize_session=False))


def _wallets(owner_id: UUID) -> Select[UUID]:
    return select(Wallet.id).where(Wallet.owner_id == owner_id)
