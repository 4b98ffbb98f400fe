"""Recording: events gather while a transaction runs and are numbered and written as its last act.

Numbering under the stream's row lock makes the order of numbers the order of commits; a reader that
has seen number n will never meet a smaller one later. (A plain sequence loses events: a row may
commit after a larger one.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import literal_column, select, true

from gesso.domain.events.tables import Event, Stream
from gesso.domain.events.untold import TOPIC, is_told, owe
from gesso.infra.db import Over, Tx, at_commit, before_commit, insert_rows, is_marked, moment


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened, not yet numbered."""

    owner_id: UUID
    type: str
    task_id: UUID | None
    job_id: UUID | None
    data: Mapping[str, object]


def record(
    tx: Tx,
    owner_id: UUID,
    event: str,
    *,
    task_id: UUID | None = None,
    job_id: UUID | None = None,
    **data: object,
) -> None:
    """Write down that `event` happened; it becomes visible, in order, if and when the transaction
    commits.
    """
    _pending(tx)[object()] = Note(owner_id, event, task_id, job_id, data)


def record_latest(
    tx: Tx, owner_id: UUID, event: str, *, about: UUID | None = None, **data: object
) -> None:
    """Like `record`, but only the last such event of the owner in this transaction is written; one
    for each thing, where it says what it is about.
    """
    pending = _pending(tx)
    pending.pop((owner_id, event, about), None)
    pending[(owner_id, event, about)] = Note(owner_id, event, None, None, data)


def stream_topic(owner_id: UUID) -> str:
    """The topic that is signalled when this owner's stream has grown."""
    return f"stream:{owner_id}"


def _pending(tx: Tx) -> dict[object, Note]:
    before_commit(tx, _write)
    return cast(dict[object, Note], tx.info.setdefault("events", {}))


async def flush(tx: Tx) -> dict[UUID, int]:
    """Write what has gathered so far now;
    the numbers that the owners' streams have then reached.
    """
    notes = list(_pending(tx).values())
    _pending(tx).clear()
    if not notes:
        return {}
    counts: dict[UUID, int] = {}
    for note in notes:
        counts[note.owner_id] = counts.get(note.owner_id, 0) + 1
    last = await _advance(tx, counts)
    following = {owner: last[owner] - count for owner, count in counts.items()}
    rows = []
    for note in notes:
        following[note.owner_id] += 1
        rows.append(
            {
                "stream_id": note.owner_id,
                "seq": following[note.owner_id],
                "type": note.type,
                "task_id": note.task_id,
                "job_id": note.job_id,
                "data": dict(note.data),
                "at": moment(tx),
            }
        )
    await insert_rows(tx, Event, rows)
    at_commit(tx, *[stream_topic(owner) for owner in counts])
    if is_marked(tx, TOPIC):
        await owe(tx, {owner: last[owner] - counts[owner] for owner in _to_tell(notes)})
    return last


def _to_tell(notes: Sequence[Note]) -> list[UUID]:
    """Whose events are of a kind that is told to the topic."""
    return sorted({note.owner_id for note in notes if is_told(note.type)})


async def _write(tx: Tx) -> None:
    await flush(tx)


_ADVANCE = Over(
    lambda v, insert: (
        insert(Stream)
        .from_select(["id", "seq"], select(v.c.id, v.c.n).where(true()))
        .on_conflict_do_update(
            index_elements=["id"], set_={"seq": Stream.seq + literal_column("excluded.seq")}
        )
        .returning(Stream.id, Stream.seq)
    ),
    returning=(Stream.id, Stream.seq),
    id=Stream.id,
    n=Stream.seq,
)


async def _advance(tx: Tx, counts: Mapping[UUID, int]) -> dict[UUID, int]:
    """Move each owner's stream on by so many numbers and keep its row until the commit;
    locked in id order.
    """
    owners = sorted(counts)
    return dict(await _ADVANCE(tx, id=owners, n=[counts[owner] for owner in owners]))
