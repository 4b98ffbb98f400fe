"""Expiring credits: a registered function that takes out of wallets what was not spent in time."""

from pydantic import BaseModel

from gesso.domain import wallet
from gesso.domain.registry import Context, register_task


class Expired(BaseModel):
    """Out of how many wallets something went."""

    wallets: int


@register_task(name="gesso.expire_credits", timeout=1800, parallel=False)
async def expire_credits(context: Context) -> Expired:
    """Take out what has expired. Who freezes credits does so before, for their own wallet: nothing
    that has expired can be spent, however late this runs. Lots that were last counted long ago are
    counted forward. Each transaction holds one wallet, so that nobody waits for another's.
    """
    wallets, found, is_behind = 0, True, True
    while found:
        async with context.house.db.tx() as tx:
            found = await wallet.expire(tx, room=1) > 0
        wallets += found
    while is_behind:
        async with context.house.db.tx() as tx:
            is_behind = await wallet.carry(tx)
    return Expired(wallets=wallets)
