"""Redaction: what lines say of somebody goes when they do; that something was done stays."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, cast, select, update
from sqlalchemy.types import String

from gesso.domain.auditlog.tables import Line
from gesso.infra.db import Tx, View


async def forget_words(tx: Tx, user_id: UUID) -> int:
    """Take out from where somebody did things, and the details of what was done to them; how many
    lines it was. The database refuses it for anybody who is not being erased.
    """
    count = 0
    for which, emptied in (
        (_came_from(user_id), {"address": None}),
        (_tells_of(user_id), {"details": {}}),
    ):
        count += await _empty(tx, which, emptied)
    return count


async def has_words(view: View, user_id: UUID) -> bool:
    """Whether a line still says anything of them."""
    query = select(Line.id).where(_came_from(user_id) | _tells_of(user_id))
    return await view.scalar(query.limit(1)) is not None


async def _empty(tx: Tx, which: ColumnElement[bool], emptied: dict[str, Any]) -> int:
    write = update(Line).where(which).values(**emptied).returning(Line.id)
    done = await tx.scalars(write.execution_options(synchronize_session=False))
    return len(done.all())


def _came_from(user_id: UUID) -> ColumnElement[bool]:
    return (Line.by_id == user_id) & Line.address.is_not(None)


def _tells_of(user_id: UUID) -> ColumnElement[bool]:
    return (Line.about_id == user_id) & (cast(Line.details, String) != "{}")
