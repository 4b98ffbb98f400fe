"""What happened to keys, and who did it: written in the transaction that does it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from gesso.domain import auditlog
from gesso.domain.auditlog import Actor
from gesso.domain.keyring.tables import KeyEvent, ProviderKey
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import new_id, public_id

HOUSE = "house"
"""The actor of what gesso finds out by itself."""


def note(
    tx: Tx, key: ProviderKey, event: str, actor: str, *, code: str | None = None, **facts: object
) -> None:
    """Write down that this happened to a key."""
    tx.add(
        KeyEvent(
            id=new_id(), key_id=key.id, provider=key.provider, event=event, actor=actor,
            code=code, facts={"label": key.label, **facts}, at=moment(tx),
        )
    )  # fmt: skip


async def done(tx: Tx, key: ProviderKey, event: str, actor: Actor, /, **facts: object) -> None:
    """Write down that an operator did this to a key: in its history and in the audit log."""
    note(tx, key, event, actor.name, **facts)  # type: ignore[arg-type]  # `code` is a text
    about = {"provider": key.provider, "label": key.label, **facts}
    await auditlog.note(tx, actor, f"keyring.{event}", public_id("pkey", key.id), about)


async def history(
    view: View, key_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[KeyEvent]:
    """What happened to a key, the newest first; also to one that is gone."""
    query = select(KeyEvent).where(KeyEvent.key_id == key_id).order_by(KeyEvent.id.desc())
    if after is not None:
        query = query.where(KeyEvent.id < after)
    return (await view.scalars(query.limit(limit))).all()
