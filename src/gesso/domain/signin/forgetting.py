"""Forgetting: what was only kept to be counted goes when it counts no more."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from gesso.domain.signin.tables import Challenge, PasswordTry
from gesso.infra.db import Tx, moment

_KEPT: Final = timedelta(days=2)
"""Longer than any window in which something is counted."""


async def forget(tx: Tx, *, room: int) -> int:
    """Forget at most `room` challenges and tries of passwords that are two days old."""
    before = moment(tx) - _KEPT
    gone = await _forget(tx, Challenge, Challenge.created_at < before, room)
    return gone + await _forget(tx, PasswordTry, PasswordTry.at < before, room - gone)


async def _forget(tx: Tx, entity: Any, is_old: Any, room: int) -> int:
    old = select(entity.id).where(is_old).limit(room)
    gone = await tx.scalars(delete(entity).where(entity.id.in_(old)).returning(entity.id))
    return len(gone.all())
