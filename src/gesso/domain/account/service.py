"""What people ask of their account: to remember what they prefer, and to be forgotten."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import delete, select, update

from gesso.domain import identity, sessions, signin
from gesso.domain.account.errors import ExportRunning, PreferencesTooLarge, RevMismatch
from gesso.domain.account.tables import Exporting, Preferences
from gesso.domain.identity import Erasure
from gesso.infra.db import Tx, View, moment, upsert
from gesso.kit.ids import new_id

LARGEST: Final = 16 << 10
"""Bytes of somebody's preferences as JSON."""
_LEASE: Final = timedelta(seconds=60)
FIRST_STEP: Final = "settle"


async def ask_erasure(tx: Tx, user_id: UUID, *, by: str) -> Erasure:
    """Have an account ended; NoSuchUser for nobody's. From the commit on nobody comes in with it,
    and its address is free for somebody new; the rest follows step by step. A second call answers
    with the first one's.
    """
    user = await identity.get_user(tx, user_id)
    values = {
        "id": new_id(),
        "tenant_id": user.tenant_id,
        "user_id": user_id,
        "state": "asked",
        "step": FIRST_STEP,
        "asked_by": by,
        "asked_at": moment(tx),
        "counts": {},
    }
    if await identity.insert_once(tx, Erasure, values):
        await sessions.erase(tx, user_id)
        await signin.erase(tx, user)
        await identity.shut_out(tx, user_id)
    query = select(Erasure).where(Erasure.user_id == user_id)
    return cast(Erasure, await tx.scalar(query.execution_options(populate_existing=True)))


async def find_erasure(view: View, erasure_id: UUID) -> Erasure | None:
    """The erasure with this id."""
    return await view.get(Erasure, erasure_id, populate_existing=True)


async def preferences(view: View, user_id: UUID) -> Preferences | None:
    """What somebody prefers; None before they said anything."""
    return await view.get(Preferences, user_id, populate_existing=True)


async def prefer(
    tx: Tx, user_id: UUID, tenant_id: UUID, data: Mapping[str, Any], *, rev: int | None
) -> Preferences:
    """Put these in the place of what somebody preferred; RevMismatch where `rev` is not what they
    are at, 0 being that there are none.
    """
    if len(to_json(data)) > LARGEST:
        raise PreferencesTooLarge(f"Preferences are at most {LARGEST} bytes.", max_bytes=LARGEST)
    row = {"user_id": user_id, "tenant_id": tenant_id, "data": dict(data), "rev": 1}
    write = upsert(tx, Preferences).values(**row, updated_at=moment(tx))
    matches = Preferences.rev == rev if rev is not None else None
    if rev == 0:
        done = write.on_conflict_do_nothing()
    else:
        done = write.on_conflict_do_update(
            index_elements=["user_id"],
            set_={"data": dict(data), "rev": Preferences.rev + 1, "updated_at": moment(tx)},
            where=matches,
        )
    if rev and await preferences(tx, user_id) is None:
        raise RevMismatch("There are no preferences yet.", rev=0)
    if await tx.scalar(done.returning(Preferences.rev)) is None:
        known = await preferences(tx, user_id)
        raise RevMismatch("Somebody changed them meanwhile.", rev=known.rev if known else 0)
    return cast(Preferences, await preferences(tx, user_id))


async def begin_export(tx: Tx, user_id: UUID, tenant_id: UUID) -> UUID:
    """Take the one place that a person has for an export; whose it is from now on. ExportRunning
    while somebody else holds it.
    """
    holder, now = new_id(), moment(tx)
    write = (
        upsert(tx, Exporting)
        .values(user_id=user_id, tenant_id=tenant_id, holder=holder, until=now + _LEASE)
        .on_conflict_do_update(
            index_elements=["user_id"],
            set_={"holder": holder, "until": now + _LEASE},
            where=Exporting.until < now,
        )
        .returning(Exporting.user_id)
    )
    if await tx.scalar(write) is None:
        raise ExportRunning("An export of this account is under way.")
    return holder


async def keep_export(tx: Tx, holder: UUID) -> bool:
    """Hold the place a minute longer; False where it was lost."""
    write = update(Exporting).where(Exporting.holder == holder)
    kept = write.values(until=moment(tx) + _LEASE).returning(Exporting.user_id)
    return await tx.scalar(kept.execution_options(synchronize_session=False)) is not None


async def end_export(tx: Tx, holder: UUID) -> None:
    """Give the place back."""
    await tx.execute(delete(Exporting).where(Exporting.holder == holder))


async def forget_account(tx: Tx, user_id: UUID) -> int:
    """Forget what somebody preferred, and shut them out once more, with whatever lets anybody in
    that came after the doors were closed; how many rows it was, none when nothing was left.
    """
    user = await identity.get_user(tx, user_id)
    count = 0
    for entity in (Preferences, Exporting):
        gone = delete(entity).where(entity.user_id == user_id).returning(entity.user_id)
        count += len((await tx.scalars(gone)).all())
    count += await sessions.erase(tx, user_id)
    count += await signin.erase(tx, user)
    return count + await identity.shut_out(tx, user_id)
