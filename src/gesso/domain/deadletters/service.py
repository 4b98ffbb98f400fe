"""Parking, looking, requeuing, discarding. Every letter is settled once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete, func, select, update

from gesso.domain.deadletters.tables import DeadLetter
from gesso.infra.db import Tx, View, beyond_tenant, moment, upsert
from gesso.infra.errors import Conflict, NotFound
from gesso.kit.ids import new_id


class NoSuchLetter(NotFound):
    """There is no dead letter with this id."""

    code = "no_such_letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to be parked."""

    kind: str
    subject: UUID | str
    lane: str
    deliveries: int
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Keeper(Protocol):
    """Knows what requeuing and discarding mean for one kind of letter."""

    async def requeue(self, tx: Tx, subject: str) -> None:
        """Have it done once more; Conflict when it is not parked any more."""
        ...

    async def discard(self, tx: Tx, subject: str) -> None:
        """End it, as far as it has not ended; Conflict when it is not parked any more."""
        ...


Keepers = Mapping[str, Keeper]


async def park(tx: Tx, letters: Sequence[Letter]) -> None:
    """Write these down; what is parked already stays as it was parked first."""
    for letter in letters:
        write = upsert(tx, DeadLetter).values(
            id=new_id(),
            kind=letter.kind,
            subject=str(letter.subject),
            lane=letter.lane,
            reason=letter.reason,
            deliveries=letter.deliveries,
            facts=dict(letter.facts),
            parked_at=moment(tx),
        )
        await tx.execute(
            write.on_conflict_do_nothing(
                index_elements=["kind", "subject"],
                index_where=DeadLetter.settled_at.is_(None),
            )
        )


async def page(
    view: View, *, after: UUID | None, limit: int, settled: bool
) -> Sequence[DeadLetter]:
    """Letters, the newest first; those that are open, or those that are settled."""
    query = select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit)
    query = query.where(
        DeadLetter.settled_at.is_not(None) if settled else DeadLetter.settled_at.is_(None)
    )
    if after is not None:
        query = query.where(DeadLetter.id < after)
    return (await view.scalars(query)).all()


async def find(view: View, letter_id: UUID) -> DeadLetter:
    """The letter; NoSuchLetter when there is none."""
    letter = await view.get(DeadLetter, letter_id)
    if letter is None:
        raise NoSuchLetter("There is no such dead letter.")
    return letter


async def requeue(tx: Tx, keepers: Keepers, letter_id: UUID) -> DeadLetter:
    """Have what is parked done once more, as if it had never failed."""
    letter = await _open(tx, letter_id)
    await _keeper(keepers, letter).requeue(tx, letter.subject)
    return await _settled(tx, letter, "requeued")


async def discard(tx: Tx, keepers: Keepers, letter_id: UUID) -> DeadLetter:
    """End what is parked; whatever was frozen for it goes back."""
    letter = await _open(tx, letter_id)
    await _keeper(keepers, letter).discard(tx, letter.subject)
    return await _settled(tx, letter, "discarded")


async def settle(tx: Tx, kind: str, subjects: Collection[UUID]) -> None:
    """Close the letters of work that has ended by itself meanwhile. They are the house's, also
    where a tenant's unit of work ended what they are about; nobody is told what is in them.
    """
    async with beyond_tenant(tx):
        await tx.execute(
            update(DeadLetter)
            .where(
                DeadLetter.kind == kind,
                DeadLetter.subject.in_(sorted(str(subject) for subject in subjects)),
                DeadLetter.settled_at.is_(None),
            )
            .values(settled_at=moment(tx), settlement="ended")
            .execution_options(synchronize_session=False)
        )


async def forget(tx: Tx, kind: str, subjects: Collection[UUID]) -> None:
    """Forget every letter about these, open or settled."""
    names = sorted(str(subject) for subject in subjects)
    await tx.execute(
        delete(DeadLetter).where(DeadLetter.kind == kind, DeadLetter.subject.in_(names))
    )


def _keeper(keepers: Keepers, letter: DeadLetter) -> Keeper:
    keeper = keepers.get(letter.kind)
    if keeper is None:
        raise Conflict(f"Nobody here knows letters of the kind {letter.kind!r}.", code="no_keeper")
    return keeper


async def _open(tx: Tx, letter_id: UUID) -> DeadLetter:
    # Not locked: the subject is locked by its keeper, always before its letter.
    letter = await find(tx, letter_id)
    if letter.settled_at is not None:
        raise Conflict(f"The letter was {letter.settlement} already.", code="letter_settled")
    return letter


async def _settled(tx: Tx, letter: DeadLetter, settlement: str) -> DeadLetter:
    await tx.execute(
        update(DeadLetter)
        .where(DeadLetter.id == letter.id)
        .values(settled_at=moment(tx), settlement=settlement)
        .execution_options(synchronize_session=False)
    )
    await tx.refresh(letter)
    return letter


async def unsettled(view: View) -> tuple[int, datetime | None]:
    """How many are parked, and since when the oldest of them."""
    query = select(func.count(), func.min(DeadLetter.parked_at))
    count, oldest = (await view.execute(query.where(DeadLetter.settled_at.is_(None)))).one()
    return count, oldest
