"""Queues: settings that operators change while work goes on; in force at the next admission."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, select, update

from gesso.domain.catalog import Catalog
from gesso.domain.tasks.status import AT_PROVIDER_NOW, WAITING_NOW
from gesso.domain.tasks.tables import Job, Queue
from gesso.infra.db import Tx, View, at_commit, moment, upsert
from gesso.infra.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Load:
    """A queue with what is in it."""

    queue: Queue
    count: "Count"


@dataclass(frozen=True, slots=True)
class Count:
    """What is in a queue. Times are Unix seconds, money is micro-credits, so that it can be kept
    as JSON.
    """

    waiting: int = 0
    oldest_at: float | None = None
    """When the oldest that waits was asked for."""
    frozen: int = 0
    """What is held for those that wait."""
    at_provider: int = 0
    ended: int = 0
    """How many ended within the last minute, well or badly."""


Counts = Mapping[str, Count]


_LATELY = timedelta(minutes=1)


def queue_topic(name: str) -> str:
    """The topic that is signalled when a queue may have something to admit."""
    return f"queue:{name}"


async def ensure(tx: Tx, catalog: Catalog) -> None:
    """Make the queues that the catalogue names and the database lacks; the others stay as operators
    set them.
    """
    for name, defaults in catalog.queues.items():
        values = {
            "name": name,
            "active": True,
            "virtual_time": 0,
            "rev": 1,
            "updated_at": moment(tx),
        }
        write = upsert(tx, Queue).values(**values, **defaults.model_dump())
        await tx.execute(write.on_conflict_do_nothing(index_elements=["name"]))


async def settings(view: View, counts: Counts | None = None) -> list[Load]:
    """Every queue by name, and its load: as counted now, or as told by `counts`."""
    queues = (await view.scalars(select(Queue).order_by(Queue.name))).all()
    counts = await count(view) if counts is None else counts
    return [Load(queue, counts.get(queue.name, Count())) for queue in queues]


async def count(view: View) -> Counts:
    """What is in each queue that has anything.

    It reads every waiting job, which takes its time where a million wait.
    """
    line = (
        select(Job.queue, func.count(), func.min(Job.created_at), func.sum(Job.price))
        .where(WAITING_NOW)
        .group_by(Job.queue)
    )
    waiting = {row[0]: row[1:] for row in await view.execute(line)}
    busy = await _count(view, AT_PROVIDER_NOW)
    lately = Job.finished_at > moment(view) - _LATELY
    ended = await _count(view, and_(Job.finished_at.is_not(None), lately))
    found = {}
    for name in {*waiting, *busy, *ended}:
        many, oldest, frozen = waiting.get(name, (0, None, 0))
        found[name] = Count(
            many,
            oldest.timestamp() if oldest else None,
            int(frozen),
            busy.get(name, 0),
            ended.get(name, 0),
        )
    return found


async def change(tx: Tx, name: str, values: Mapping[str, Any]) -> None:
    """Set some of a queue's settings; whoever admits next obeys them.

    NotFound for an unknown queue, Invalid for settings that contradict each other.
    """
    queue = await tx.get(Queue, name, with_for_update={"key_share": True})
    if queue is None:
        raise NotFound(f"There is no queue {name!r}.")
    first = values.get("backoff_first", queue.backoff_first)
    if first > values.get("backoff_cap", queue.backoff_cap):
        raise Invalid("The first backoff cannot be longer than the cap.", code="bad_backoff")
    write = (
        update(Queue)
        .where(Queue.name == name)
        .values(rev=Queue.rev + 1, updated_at=moment(tx), **values)
    )
    await tx.execute(write.execution_options(synchronize_session=False))
    at_commit(tx, queue_topic(name))


async def _count(view: View, condition: Any) -> dict[str, int]:
    query = select(Job.queue, func.count()).where(condition).group_by(Job.queue)
    return dict(list(await view.execute(query)))
