"""The gate of a process that serves: by which door each comes in, and who counts together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from sqlalchemy import select

from gesso.app.house import House
from gesso.domain.gate import Door, Doors, Gate, door_of
from gesso.domain.identity import Channel
from gesso.infra.db import Database

_MOST = 1000


@asynccontextmanager
async def gated(house: House) -> AsyncIterator[House]:
    """The house with its gate, which counts together with the others' while the block runs."""
    opened = Gate(house.settings.limits, house.limiter, Doors(partial(_look, house.db)))
    roll = asyncio.create_task(house.limiter.call_roll())
    try:
        yield replace(house, gate=opened)
    finally:
        roll.cancel()
        with suppress(asyncio.CancelledError):
            await roll


async def _look(db: Database) -> Sequence[Door]:
    """Every open channel; beyond a thousand only the oldest are seen."""
    columns = (Channel.id, Channel.slug, Channel.tenant_id, Channel.hosts, Channel.limits)
    query = select(*columns).where(Channel.is_active).order_by(Channel.id).limit(_MOST)
    async with db.view() as view:
        rows = (await view.execute(query)).all()
    return [door_of(row.id, row.slug, row.tenant_id, row.hosts, row.limits) for row in rows]
