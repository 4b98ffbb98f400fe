"""Counting lots forward: what is left of them is written down now and then, so that nobody has to
read a year's movements under a wallet's lock when one of them expires.
"""

from typing import Final

from sqlalchemy import func, select

from gesso.domain.wallet.balance import lock
from gesso.domain.wallet.lot_tables import Lot
from gesso.domain.wallet.lots import open_lots, remaining
from gesso.domain.wallet.tables import Wallet
from gesso.infra.db import Tx

FAR: Final = 50_000
"""Movements behind which an open lot was last counted, from which on it is counted anew."""


async def carry(tx: Tx, *, behind: int = FAR) -> bool:
    """Count the open lots of one wallet that is more than `behind` movements ahead of one of them;
    False where there is none. Nothing expires by it, and what is left stays the same.
    """
    late = (
        select(Lot.wallet_id)
        .join(Wallet, Wallet.id == Lot.wallet_id)
        .where(Lot.status == "open")
        .group_by(Lot.wallet_id, Wallet.seq)
        .having(Wallet.seq - func.min(Lot.counted) > behind)
        .limit(1)
    )
    wallet_id = await tx.scalar(late)
    if wallet_id is None:
        return False
    balance = (await lock(tx, [wallet_id]))[wallet_id]
    lots = await open_lots(tx, wallet_id)
    left = await remaining(tx, wallet_id, lots)
    for lot in lots:
        lot.remaining, lot.counted = left[lot.id], balance.seq
    await tx.flush()
    return True
