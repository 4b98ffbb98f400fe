"""Rotation: another master key is put in force, and every row is wrapped by it, one after another.

It may be broken off at any moment and begun again by anybody: what was wrapped stays wrapped, the
database knows which master key is in force, and the old one is forgotten only when the foreign key
says that no row needs it. Jobs go on meanwhile, for both keys open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor
from gesso.domain.keyring.safe import Safe
from gesso.domain.keyring.sealed import SealedRows, master_in_force
from gesso.domain.keyring.tables import MasterKey
from gesso.infra.db import Database, Tx, View, moment, upsert
from gesso.infra.vault import Envelope, Tampered, UnknownMaster

log = structlog.get_logger()

BATCH = 25
"""Rows that one step wraps anew."""


_Fresh = tuple[SealedRows, Any, Envelope]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a rotation is."""

    master: str
    rewrapped: int
    remaining: int
    unreadable: int
    """Rows among the remaining that this machine cannot open."""


async def put_in_force(db: Database, safe: Safe) -> str:
    """Have the master key that this machine's settings prefer wrap whatever is new; its id."""
    master = safe.masters.preferred()
    async with db.tx() as tx:
        if await master_in_force(tx) != master.id:
            await tx.execute(
                update(MasterKey)
                .where(MasterKey.in_force, MasterKey.id != master.id)
                .values(in_force=False)
            )
            new = upsert(tx, MasterKey).values(id=master.id, in_force=True, created_at=moment(tx))
            await tx.execute(
                new.on_conflict_do_update(index_elements=["id"], set_={"in_force": True})
            )
    return master.id


async def step(db: Database, safe: Safe, *, actor: Actor, room: int = BATCH) -> Step:
    """Wrap at most `room` rows by the master key in force; call it until nothing remains.

    The old key is asked and the new one wraps outside of any transaction; a row that was changed
    meanwhile is left for the next step.
    """
    master = await safe.in_force(db)
    fresh: list[_Fresh] = []
    unreadable = 0
    for table in safe.tables:
        async with db.view() as view:
            stale = await _stale(view, table, master.id, room - len(fresh) - unreadable)
        for row in sorted(stale, key=lambda each: each.id):  # as lending locks them
            try:
                fresh.append((table, row, await safe.rewrap(table, row, master)))
            except (Tampered, UnknownMaster) as error:
                unreadable += 1
                name = table.entity.__tablename__
                log.warning("secret_unreadable", table=name, row=str(row.id), reason=str(error))
    async with db.tx() as tx:
        rewrapped = [await _rewrap(tx, *each, actor.name) for each in fresh]
        remaining = await count_stale(tx, safe, master.id)
        facts = {"rewrapped": sum(rewrapped), "remaining": remaining, "unreadable": unreadable}
        await auditlog.note(tx, actor, "keyring.rotate_master", master.id, facts)
    return Step(master.id, sum(rewrapped), remaining, unreadable)


async def forget_unused(db: Database, safe: Safe) -> Sequence[str]:
    """Forget the master keys that wrap nothing any more and are not in force; which those were."""
    unused = [
        ~exists(select(1).where(_column(table, "master_id") == MasterKey.id))
        for table in safe.tables
    ]
    try:
        async with db.tx() as tx:
            gone = delete(MasterKey).where(~MasterKey.in_force, *unused).returning(MasterKey.id)
            return (await tx.scalars(gone)).all()
    except IntegrityError:
        # Somebody wrapped a key by one of them this very moment; it is wrapped anew next time.
        log.info("master_key_still_used")
        return ()


async def count_stale(view: View, safe: Safe, master_id: str) -> int:
    """How many rows are wrapped by another master key."""
    found = 0
    for table in safe.tables:
        query = select(func.count()).select_from(table.entity)
        found += await view.scalar(query.where(_column(table, "master_id") != master_id)) or 0
    return found


async def masters_in_use(view: View, safe: Safe) -> Sequence[str]:
    """The master keys that somebody needs."""
    found: set[str] = set()
    for table in safe.tables:
        found |= set(await view.scalars(select(_column(table, "master_id")).distinct()))
    return sorted(found)


def _column(table: SealedRows, name: str) -> Any:
    return getattr(table.entity, name)


async def _stale(view: View, table: SealedRows, master_id: str, room: int) -> Sequence[Any]:
    query = select(table.entity).where(_column(table, "master_id") != master_id)
    # At random, so that rows which this machine cannot open do not fill every step.
    return (await view.scalars(query.order_by(func.random()).limit(max(0, room)))).all()


async def _rewrap(tx: Tx, table: SealedRows, row: Any, envelope: Envelope, actor: str) -> bool:
    revised = {"rev": table.entity.rev + 1} if hasattr(table.entity, "rev") else {}
    write = (
        update(table.entity)
        .where(
            _column(table, "id") == row.id,
            _column(table, "master_id") == row.master_id,
            _column(table, "wrapped") == row.wrapped,
        )
        .values(wrapped=envelope.wrapped, master_id=envelope.master, **revised)
        .returning(_column(table, "id"))
        .execution_options(synchronize_session=False)
    )
    done = await tx.scalar(write) is not None
    if done and table.note is not None:
        table.note(tx, row, actor, envelope.master)
    return done
