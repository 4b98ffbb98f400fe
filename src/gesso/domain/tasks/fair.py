"""Fair turns: start-time fair queueing,
so that one owner's thousand jobs do not delay another's one.

Each queue has a virtual time, the turn served last, and each owner a clock in it. A job's turn is
the later of the two, and the owner's clock then stands one further on: a newcomer joins at the turn
now being served, while somebody with a backlog lines up behind himself. (Goyal, Vin and Cheng:
"Start-time Fair Queuing", SIGCOMM 1996.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, literal_column, select, true

from gesso.domain.tasks.tables import FairClock, Queue
from gesso.infra.db import Over, Tx
from gesso.infra.errors import Invalid


@dataclass(frozen=True, slots=True)
class Place:
    """A job's place in a queue: its turn, and the settings under which it will be worked off."""

    queue: str
    turn: int
    timeout: timedelta
    max_attempts: int


@dataclass(frozen=True, slots=True)
class _Clock:
    """Where an owner's next job in a queue would stand."""

    turn: int
    timeout: timedelta
    max_attempts: int


_SETTINGS = (Queue.virtual_time, FairClock.turn, Queue.timeout_seconds, Queue.max_attempts)

_CLOCKS = Over(
    lambda v, _: select(v.c.queue, v.c.owner_id, *_SETTINGS).select_from(
        v.join(Queue, Queue.name == v.c.queue).outerjoin(
            FairClock,
            and_(FairClock.queue == v.c.queue, FairClock.owner_id == v.c.owner_id),
        )
    ),
    returning=(FairClock.queue, FairClock.owner_id, *_SETTINGS),
    queue=FairClock.queue,
    owner_id=FairClock.owner_id,
)
_MOVE_ON = Over(
    lambda v, insert: (
        insert(FairClock)
        .from_select(
            ["queue", "owner_id", "turn"],
            select(v.c.queue, v.c.owner_id, v.c.turn).where(true()),
        )
        .on_conflict_do_update(
            index_elements=["queue", "owner_id"], set_={"turn": literal_column("excluded.turn")}
        )
    ),
    queue=FairClock.queue,
    owner_id=FairClock.owner_id,
    turn=FairClock.turn,
)


async def take(tx: Tx, wanted: Sequence[tuple[str, UUID]]) -> Iterator[Place]:
    """A place for each (queue, owner), in their order; Invalid for a queue that is not there.

    The caller holds the owners' wallets, and hence their clocks.
    """
    line = sorted(set(wanted))
    clocks = await _clocks(tx, line)
    following = {place: clock.turn for place, clock in clocks.items()}
    places = []
    for queue, owner in wanted:
        clock = clocks[queue, owner]
        turn = following[queue, owner]
        following[queue, owner] = turn + 1
        places.append(Place(queue, turn, clock.timeout, clock.max_attempts))
    await _MOVE_ON(
        tx,
        queue=[queue for queue, _ in line],
        owner_id=[owner for _, owner in line],
        turn=[following[place] for place in line],
    )
    return iter(places)


async def _clocks(tx: Tx, line: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], _Clock]:
    rows = await _CLOCKS(
        tx, queue=[queue for queue, _ in line], owner_id=[owner for _, owner in line]
    )
    found = {
        (queue, owner): _Clock(max(virtual, own or 0), timedelta(seconds=seconds), attempts)
        for queue, owner, virtual, own, seconds, attempts in rows
    }
    lost = {queue for queue, owner in line if (queue, owner) not in found}
    if lost:
        raise Invalid(f"These queues are not set up: {', '.join(sorted(lost))}.", code="no_queue")
    return found
