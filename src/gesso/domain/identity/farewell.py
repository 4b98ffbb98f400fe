"""Farewell: what makes a user a person is taken out of their row; what money refers to stays."""

from uuid import UUID

from sqlalchemy import delete, or_, update

from gesso.domain.identity.tables import ApiKey, User, UserIdentity
from gesso.infra.db import Tx


def pseudonym(user_id: UUID) -> str:
    """What stands in place of the address: it can reach nobody, and is nobody's but this row's."""
    return f"erased-{user_id.hex}@erased.invalid"


async def shut_out(tx: Tx, user_id: UUID) -> int:
    """Close every door to the account and forget who it was: from the commit on the address is
    free for somebody new. How many keys, identities and rows of theirs went or changed; a second
    call changes nothing.
    """
    gone = 0
    for entity in (ApiKey, UserIdentity):
        rows = await tx.scalars(
            delete(entity).where(entity.user_id == user_id).returning(entity.id)
        )
        gone += len(rows.all())
    nobody = {"email": pseudonym(user_id), "status": "disabled", "role": "user"}
    is_somebody = or_(
        *(getattr(User, name) != value for name, value in nobody.items()),
        User.name.is_not(None),
        User.locale.is_not(None),
    )
    changed = await tx.scalars(
        update(User)
        .where(User.id == user_id, is_somebody)
        .values(**nobody, name=None, locale=None)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return gone + len(changed.all())
