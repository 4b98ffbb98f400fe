"""Writing a deed down beside the deed, and reading what was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import select

from gesso.domain.auditlog.actor import Actor
from gesso.domain.auditlog.tables import Line
from gesso.domain.identity import DEFAULT_TENANT, tenant_named
from gesso.infra.db import Tx, View, insert_rows, moment
from gesso.infra.logs import redact
from gesso.kit.ids import new_id, parse_id

_MOST_DETAILS: Final = 20
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """Which lines are wanted; `since` is counted in and `until` is not."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def note(
    tx: Tx,
    by: Actor,
    action: str,
    subject: str,
    details: Mapping[str, object] | None = None,
    *,
    about: UUID | None = None,
) -> None:
    """Write down that somebody did this; it stands in the log if and when the transaction commits.

    `action` is `noun.verb`, `subject` the id or name of what it was done to. Details are few and
    small, and no secret is among them. `about`: the user whom the details tell of, where `subject`
    is not their id; an erasure takes the details out.
    """
    # What is called like a secret, or looks like one, is masked here as it is in logs.
    plain = redact(None, action, to_jsonable_python(dict(details or {})))
    row = {
        "id": new_id(),
        "tenant_id": by.tenant_id or await tenant_named(tx, DEFAULT_TENANT),
        "actor": by.name,
        "means": by.means,
        "address": by.address,
        "action": action,
        "subject": subject,
        "details": {n: _small(plain[n]) for n in list(plain)[:_MOST_DETAILS]},
        "at": moment(tx),
        "by_id": parse_id("user", by.name),
        "about_id": about or parse_id("user", subject),
    }
    await insert_rows(tx, Line, [row])


async def page(
    view: View, tenant_id: UUID | None, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[Line]:
    """The lines of a tenant, or of all where none is named, the newest first."""
    query = select(Line).order_by(Line.id.desc()).limit(limit)
    if tenant_id is not None:
        query = query.where(Line.tenant_id == tenant_id)
    same = {"actor": filters.actor, "action": filters.action, "subject": filters.subject}
    for name, wanted in same.items():
        if wanted is not None:
            query = query.where(getattr(Line, name) == wanted)
    if filters.since is not None:
        query = query.where(Line.at >= filters.since)
    if filters.until is not None:
        query = query.where(Line.at < filters.until)
    if after is not None:
        query = query.where(Line.id < after)
    return (await view.scalars(query)).all()


def _small(value: object) -> object:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value
