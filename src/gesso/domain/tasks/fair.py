"""Fair turns: start-time fair queueing,
so that one owner's thousand jobs do not delay another's one.

Each queue has a virtual time, the turn served last, and each owner a clock in it. A job's turn is
the later of the two, and the owner's clock then stands one further on: a newcomer joins at the turn
now being served, while somebody with a backlog lines up behind himself. (Goyal, Vin and Cheng:
"Start-time Fair Queuing", SIGCOMM 1996.)
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import and_, func, select, true

from gesso.domain.tasks.tables import FairClock, Queue
from gesso.infra.db import Tx, rowset, upsert


async def take(tx: Tx, places: Sequence[tuple[str, UUID]]) -> Iterator[int]:
    """A turn for each (queue, owner), in their order; the caller holds the owners' wallets, hence
    their clocks.
    """
    wanted = Counter(places)
    line = sorted(wanted)
    clocks = await _clocks(tx, line)
    following = dict(clocks)
    turns = []
    for place in places:
        turns.append(following[place])
        following[place] += 1
    v = rowset(
        tx,
        queue=(FairClock.queue, [queue for queue, _ in line]),
        owner_id=(FairClock.owner_id, [owner for _, owner in line]),
        turn=(FairClock.turn, [following[place] for place in line]),
    )
    names = ["queue", "owner_id", "turn"]
    write = upsert(tx, FairClock).from_select(
        names, select(v.c.queue, v.c.owner_id, v.c.turn).where(true())
    )
    await tx.execute(
        write.on_conflict_do_update(
            index_elements=["queue", "owner_id"], set_={"turn": write.excluded.turn}
        )
    )
    return iter(turns)


async def _clocks(tx: Tx, line: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], int]:
    v = rowset(
        tx,
        queue=(FairClock.queue, [queue for queue, _ in line]),
        owner_id=(FairClock.owner_id, [owner for _, owner in line]),
    )
    query = (
        select(v.c.queue, v.c.owner_id, Queue.virtual_time, func.coalesce(FairClock.turn, 0))
        .select_from(v)
        .join(Queue, Queue.name == v.c.queue)
        .outerjoin(
            FairClock, and_(FairClock.queue == v.c.queue, FairClock.owner_id == v.c.owner_id)
        )
    )
    rows = await tx.execute(query)
    return {(queue, owner): max(virtual, clock) for queue, owner, virtual, clock in rows}
