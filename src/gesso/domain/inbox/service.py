"""Storing, looking and forgetting."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import defer

from gesso.domain.inbox.claim import INBOX
from gesso.domain.inbox.tables import Arrival
from gesso.infra.db import Tx, View, at_commit, moment, upsert
from gesso.infra.errors import NotFound
from gesso.kit.ids import new_id

HINTS_EVERY = 2
"""Seconds in which one address takes one hint, and keeps one more for later."""
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class New:
    """A push that has just arrived and is believed so far."""

    provider: str
    attempt_id: UUID
    task_id: UUID
    trust: Literal["signed", "hint"]
    headers: Mapping[str, str]
    body: bytes
    delivery_id: str | None = None
    """What its sender calls it, the same for every repeat; none: its bytes are its name."""


async def store(tx: Tx, arrivals: Sequence[New]) -> list[bool]:
    """Keep these, each once; False for one that is there already.

    Of hints an address gets one at once and one for the end of the same moment, however many come:
    the last is never lost, and nobody can make us ask a provider all the time.
    """
    now = moment(tx)
    rows = [_row(tx, each, _key(each, now), now) for each in arrivals]
    new = await _insert(tx, rows)
    later = now.timestamp() // HINTS_EVERY + 1
    due_at = datetime.fromtimestamp(later * HINTS_EVERY, UTC)
    held_back = [
        _row(tx, each, f"hint:{later:.0f}", due_at)
        for each, row in zip(arrivals, rows, strict=True)
        if each.trust == "hint" and row["id"] not in new
    ]
    new |= await _insert(tx, held_back)
    at_commit(tx, INBOX)
    return [row["id"] in new for row in rows]


def _key(arrival: New, now: datetime) -> str:
    if arrival.trust == "hint":
        return f"hint:{now.timestamp() // HINTS_EVERY:.0f}"
    if arrival.delivery_id is not None:
        return f"id:{arrival.delivery_id}"
    return f"sha256:{hashlib.sha256(arrival.body).hexdigest()}"


def _row(tx: Tx, arrival: New, key: str, due_at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "provider": arrival.provider,
        "attempt_id": arrival.attempt_id,
        "task_id": arrival.task_id,
        "key": key,
        "trust": arrival.trust,
        "status": "stored",
        "headers": dict(arrival.headers),
        "body": arrival.body,
        "received_at": moment(tx),
        "fence": 0,
        "lost": 0,
        "due_at": due_at,
    }


async def _insert(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    if not rows:
        return set()
    write = (
        upsert(tx, Arrival)
        .values(list(rows))
        .on_conflict_do_nothing(index_elements=["attempt_id", "key"])
        .returning(Arrival.id)
    )
    return set((await tx.scalars(write)).all())


async def page(
    view: View,
    *,
    task_id: UUID | None,
    providers: Collection[str],
    statuses: Collection[str],
    after: UUID | None,
    limit: int,
) -> Sequence[Arrival]:
    """Pushes without their bodies, the newest first."""
    query = (
        select(Arrival)
        .order_by(Arrival.id.desc())
        .limit(limit)
        .options(defer(Arrival.body, raiseload=True))
    )
    if task_id is not None:
        query = query.where(Arrival.task_id == task_id)
    if providers:
        query = query.where(Arrival.provider.in_(sorted(providers)))
    if statuses:
        query = query.where(Arrival.status.in_(sorted(statuses)))
    if after is not None:
        query = query.where(Arrival.id < after)
    return (await view.scalars(query)).all()


async def find(view: View, push_id: UUID) -> Arrival:
    """The push; NotFound when there is none."""
    found = await view.get(Arrival, push_id)
    if found is None:
        raise NotFound("There is no such push.")
    return found


async def forget(tx: Tx, *, room: int) -> int:
    """Forget at most `room` of those that were applied or put aside a week ago."""
    old = (
        select(Arrival.id)
        .where(Arrival.finished_at < moment(tx) - _KEPT)
        .order_by(Arrival.finished_at)
        .limit(room)
    )
    gone = await tx.scalars(delete(Arrival).where(Arrival.id.in_(old)).returning(Arrival.id))
    return len(gone.all())


async def forget_about(tx: Tx, task_ids: Sequence[UUID]) -> int:
    """Forget everything that was reported on these tasks, applied or not; how much there was."""
    about = delete(Arrival).where(Arrival.task_id.in_(task_ids)).returning(Arrival.id)
    return len((await tx.scalars(about)).all())
